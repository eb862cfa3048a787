"""noop: items/s from the request to the end of the batch with stages that do nothing, durable, three actors an item:
what the server itself costs."""

import time

import peers
from harness import processes, tools
from harness.measures import Measure
from harness.server import Server

ITEMS = 100_000
"""Stages that do nothing are no host to be polite to."""
SETTINGS = ["fetch.robots=false", "fetch.max_per_host=1000"]


def run(with_peers=False):
    with Server(SETTINGS, noop="fetch,parse") as server, processes.Watch(server.pid) as memory:
        # A server that has just begun fills its caches first.
        server.wait_for(server.submit([f"http://127.0.0.1:1/first/{i}" for i in range(ITEMS // 10)]))
        urls = [f"http://127.0.0.1:1/{i}" for i in range(ITEMS)]
        before = server.costs()
        start = time.monotonic()
        server.wait_for(server.submit(urls))
        seconds = time.monotonic() - start
        cpu, written, syncs = (after - b for after, b in zip(server.costs(), before))
    rate = ITEMS / seconds
    actors = tools.ceiling("actors", ITEMS, 256)
    own = tools.ceiling("actors", ITEMS, 256, "own")
    store = tools.ceiling("store", "noop", ITEMS, max(1, round(ITEMS / syncs)))
    others = peers.noop() if with_peers else {}
    return [
        Measure(
            "items/s end to end", rate, "1/s", 1 / (1 / actors + 1 / store), {name: r for name, (r, _) in others.items()}
        ),
        Measure("CAF alone, three actors an item", actors, "1/s"),
        Measure("the same with the server's scheduler", own, "1/s"),
        Measure("share of the ceiling with that", rate * (1 / own + 1 / store), ""),
        Measure("the store alone, the same commits", store, "1/s"),
        Measure("CPU an item", 1e6 * cpu / ITEMS, "us", None, {name: 1e6 * c for name, (_, c) in others.items()}),
        Measure("written to disk an item", written / ITEMS, "bytes"),
        Measure("syncs for 1,000 items", 1000 * syncs / ITEMS, ""),
        Measure("most memory", memory.most_mib, "MiB"),
    ]
