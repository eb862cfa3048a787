"""status: requests/s of a batch's status and of a page of a hundred of its items while the batch is worked on, beside
the same server and nginx with as many constant bytes."""

import threading

from harness import tools
from harness.measures import Measure
from harness.server import Server
from workloads.noop import SETTINGS

"""Slow enough that it does not end meanwhile, quick enough that it changes with every commit."""
SLOWLY = [*SETTINGS, "fetch.host_delay_ms=20"]
ITEMS = 40_000
TURNS = 4
BUSY_ITEMS = 400_000


def in_turn(*urls):
    """Loads of these in turn, their medians: the machine changes its speed from second to second."""
    loads = [[tools.wrk(url, 64, seconds=2) for url in urls] for _ in range(TURNS)]
    return [tools.median_of([turn[n] for turn in loads]) for n in range(len(urls))]


def run():
    measures = []
    with Server(SLOWLY, noop="fetch,parse") as server:
        batch = server.submit([f"http://127.0.0.1:1/{i}" for i in range(ITEMS)])
        status = server.request("GET", f"/v1/batches/{batch}")[1]
        at = f"http://127.0.0.1:{server.port}"
        with tools.Site(constant=status.decode().replace("'", "")) as site:
            nginx = tools.wrk(site.url + "/constant", 64)
            constant, answered = in_turn(at + "/version", f"{at}/v1/batches/{batch}")
        page = tools.wrk(f"{at}/v1/batches/{batch}/items?limit=100", 64)
        crowd = tools.wrk(f"{at}/v1/batches/{batch}", 1000)
        measures += [
            Measure("requests/s, 64 connections", answered.rate, "1/s", constant.rate, {"nginx": nginx.rate}),
            Measure("p99, 64 connections", answered.p99, "ms"),
            Measure("a page of 100 items: requests/s", page.rate, "1/s"),
            Measure("requests/s, 1,000 connections", crowd.rate, "1/s"),
            Measure("p99, 1,000 connections", crowd.p99, "ms"),
            Measure("requests that failed", answered.failed + page.failed + crowd.failed, ""),
        ]
    return measures + beside_work()


def beside_work():
    with Server(SETTINGS, noop="fetch,parse") as server:
        batch = server.submit([f"http://127.0.0.1:1/{i}" for i in range(BUSY_ITEMS)])
        rest = threading.Thread(target=server.wait_for, args=(batch,))
        rest.start()
        load = tools.wrk(f"http://127.0.0.1:{server.port}/v1/batches/{batch}", 64)
        rest.join()
    if load.failed:
        raise RuntimeError(f"{load.failed} requests failed")
    return [Measure("p99 while noop runs, 64 connections", load.p99, "ms")]
