"""latency: one item, from the request that submits it to its end as an event stream tells it: on an idle server, and
beside a batch that keeps the server busy. The origin answers at once."""

import http.client
import json
import os
import statistics
import tempfile
import time

from harness import tools
from harness.measures import Measure
from harness.server import Server

IDLE_ITEMS = 300
BUSY_ITEMS = 100
BACKGROUND = 400_000
SETTINGS = ["fetch.robots=false", "fetch.max_per_host=1000"]


def one(server, url):
    """Seconds until the item has ended: POST /v1/parse waits for its end."""
    c = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    start = time.monotonic()
    c.request("POST", "/v1/parse", json.dumps({"url": url, "notebook": 1}), {"Prefer": "wait=30"})
    answer = c.getresponse()
    answer.read()
    seconds = time.monotonic() - start
    c.close()
    if answer.status != 200:
        raise RuntimeError(f"{url}: {answer.status}")
    return seconds


def sync_ms():
    """One appended block made durable, as the store's log is: the median of some hundred."""
    times = []
    with tempfile.NamedTemporaryFile(prefix="troupe-bench-") as f:
        for _ in range(300):
            start = time.monotonic()
            f.write(b"x" * 512)
            f.flush()
            os.fdatasync(f.fileno())
            times.append(time.monotonic() - start)
    return 1000 * statistics.median(times)


def origin_ms(site):
    times = []
    for n in range(100):
        c = http.client.HTTPConnection("127.0.0.1", int(site.url.rsplit(":", 1)[1]))
        start = time.monotonic()
        c.request("GET", f"/constant?{n}")
        c.getresponse().read()
        times.append(time.monotonic() - start)
        c.close()
    return 1000 * statistics.median(times)


def percentiles(name, seconds):
    ms = sorted(1000 * s for s in seconds)

    def at(share):
        return ms[min(len(ms) - 1, int(share * len(ms)))]

    return [Measure(f"{name}: p{p}", at(s), "ms") for p, s in (("50", 0.5), ("99", 0.99), ("99.9", 0.999))]


def run():
    with tools.Site(constant="a page of one line") as site:
        with Server(SETTINGS) as server:
            for n in range(20):
                one(server, f"{site.url}/constant?first{n}")
            idle = [one(server, f"{site.url}/constant?{n}") for n in range(IDLE_ITEMS)]
        with Server(SETTINGS) as server:
            server.submit([f"{site.url}/constant?background{n}" for n in range(BACKGROUND)], notebook=2)
            busy = [one(server, f"{site.url}/constant?{n}") for n in range(BUSY_ITEMS)]
        origin = origin_ms(site)
    sync = sync_ms()
    idle_measures = percentiles("idle", idle)
    return [
        *idle_measures,
        Measure("what the origin takes", origin, "ms"),
        Measure("a sync of the disk", sync, "ms"),
        Measure("idle: p50 less the origin and two syncs", idle_measures[0].value - origin - 2 * sync, "ms"),
        *percentiles("busy", busy),
    ]
