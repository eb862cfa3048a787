"""accept: items/s accepted durably, in one request of 100,000 URLs and in many of ten from 64 connections. Nothing is
worked on meanwhile."""

import json
import time
from pathlib import Path

from harness import processes, tools
from harness.measures import Measure
from harness.server import Server

ITEMS = 100_000
CONNECTIONS = 64
"""One transfer at a time, to a port where nobody is."""
SETTINGS = ["fetch.robots=false", "fetch.max_transfers=1", "work.backoff_ms=60000"]
SCRIPT = Path(__file__).with_name("accept_ten.lua")


def one_request():
    body = json.dumps({"notebook": 1, "items": [f"http://127.0.0.1:1/{i}" for i in range(ITEMS)]})
    with Server(SETTINGS) as server, processes.Watch(server.pid) as memory:
        before = server.costs()
        start = time.monotonic()
        status, answer = server.request("POST", "/v1/batches", body)
        seconds = time.monotonic() - start
        cpu, written, _ = (after - b for after, b in zip(server.costs(), before))
    if status != 202:
        raise RuntimeError(answer)
    raw = tools.ceiling("store", "accept", ITEMS, 1)
    return [
        Measure("one request of 100,000: items/s", ITEMS / seconds, "1/s", raw),
        Measure("one request: CPU an item", 1e6 * cpu / ITEMS, "us"),
        Measure("one request: written to disk an item", written / ITEMS, "bytes"),
        Measure("one request: most memory", memory.most_mib, "MiB"),
    ]


def many_requests():
    with Server(SETTINGS) as server, processes.Watch(server.pid) as memory:
        before = server.costs()
        load = tools.wrk(f"http://127.0.0.1:{server.port}/v1/batches", CONNECTIONS, script=SCRIPT)
        _, _, syncs = (after - b for after, b in zip(server.costs(), before))
    if load.failed:
        raise RuntimeError(f"{load.failed} requests were refused")
    return [
        Measure("requests/s of ten items, 64 connections", load.rate, "1/s"),
        Measure("requests of ten: p99", load.p99, "ms"),
        Measure("requests of ten: requests a sync", load.rate * tools.WRK_SECONDS / syncs, ""),
        Measure("requests of ten: most memory", memory.most_mib, "MiB"),
    ]


def run():
    return one_request() + many_requests()
