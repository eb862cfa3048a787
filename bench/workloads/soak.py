"""soak: an hour of pages, fetched anew, parsed and stored again, batch after batch, while clients look at them and old
batches are removed: memory has to stay flat. TROUPE_BENCH_SOAK_MINUTES sets another time."""

import os
import statistics
import time
from collections import deque

from harness import pages, processes, tools
from harness.measures import Measure
from harness.server import Server

"""Five at least: memory is looked at every ten seconds."""
MINUTES = float(os.environ.get("TROUPE_BENCH_SOAK_MINUTES", "60"))
PAGES = 500
"""Batches that stay; older ones are removed."""
KEPT = 50
LOOK_SECONDS = 10
SETTINGS = ["fetch.max_per_host=64"]


def slope(points):
    """By how much y grows while x grows by one, least squares."""
    mean_x = statistics.fmean(x for x, _ in points)
    mean_y = statistics.fmean(y for _, y in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)


def run():
    folder = pages.folder(PAGES)
    seen = []
    kept = deque()
    with tools.Site(pages=folder, fresh=True) as site, Server(SETTINGS) as server:
        addresses = [f"{site.url}/pages/{n}.html" for n in range(PAGES)]
        start = time.monotonic()
        done = 0
        while time.monotonic() - start < 60 * MINUTES:
            kept.append(server.submit(addresses))
            server.wait_for(kept[-1], every=0.05)
            server.request("GET", f"/v1/batches/{kept[-1]}/items?limit=100")
            done += PAGES
            if len(kept) > KEPT:
                server.request("DELETE", f"/v1/batches/{kept.popleft()}")
            at = time.monotonic() - start
            if not seen or at - seen[-1][0] >= LOOK_SECONDS:
                seen.append((at, processes.memory_mib(server.pids())))
    took = time.monotonic() - start
    # The first sixth fills caches and memtables.
    settled = [(at / 3600, mib) for at, mib in seen if at > 10 * MINUTES]
    return [
        Measure("pages/s", done / took, "1/s"),
        Measure("memory after a sixth of the time", settled[0][1], "MiB"),
        Measure("memory at the end", settled[-1][1], "MiB"),
        Measure("most memory", max(mib for _, mib in seen), "MiB"),
        Measure("memory grows in an hour by", slope(settled), "MiB"),
    ]
