"""soak: an hour of pages, fetched anew, parsed and stored again, batch after batch, while clients look at them and old
batches are removed: memory has to stay flat. The hour begins when the store's cache of blocks is full.
TROUPE_BENCH_SOAK_MINUTES sets another time."""

import os
import statistics
import time
from collections import deque

from harness import pages, processes, tools
from harness.measures import Measure
from harness.server import Server

"""Five at least: memory is looked at every ten seconds."""
MINUTES = float(os.environ.get("TROUPE_BENCH_SOAK_MINUTES", "60"))
"""The cache fills with what is looked up, a few bytes for each page: by then the hour begins in any case."""
MOST_FILLING_MINUTES = MINUTES / 2
"""As the default is."""
CACHE = 32 * 2**20
CACHED = "troupe_rocksdb_block_cache_bytes"
PAGES = 500
"""Batches that stay; older ones are removed."""
KEPT = 50
LOOK_SECONDS = 10
SETTINGS = ["fetch.max_per_host=64", f"store.block_cache_bytes={CACHE}"]


def slope(points):
    """By how much y grows while x grows by one, least squares."""
    mean_x = statistics.fmean(x for x, _ in points)
    mean_y = statistics.fmean(y for _, y in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)


class Soak:
    """Batch after batch, and the memory seen meanwhile."""

    def __init__(self, server, addresses):
        self.server = server
        self.addresses = addresses
        self.kept = deque()
        self.done = 0
        self.begun = time.monotonic()
        self.seen = []

    def one_batch(self):
        server, kept = self.server, self.kept
        kept.append(server.submit(self.addresses))
        server.wait_for(kept[-1], every=0.05)
        server.request("GET", f"/v1/batches/{kept[-1]}/items?limit=100")
        self.done += len(self.addresses)
        if len(kept) > KEPT:
            server.request("DELETE", f"/v1/batches/{kept.popleft()}")
        at = self.seconds()
        if not self.seen or at - self.seen[-1][0] >= LOOK_SECONDS:
            self.seen.append((at, processes.memory_apart_mib(server.pids())))

    def seconds(self):
        return time.monotonic() - self.begun

    def go_on(self, minutes, until=lambda: False):
        """Pages/s meanwhile."""
        before, start = self.done, self.seconds()
        while self.seconds() - start < 60 * minutes and not until():
            self.one_batch()
        return (self.done - before) / (self.seconds() - start)


def run():
    folder = pages.folder(PAGES)
    with tools.Site(pages=folder, fresh=True) as site, Server(SETTINGS) as server:
        soak = Soak(server, [f"{site.url}/pages/{n}.html" for n in range(PAGES)])
        soak.go_on(MOST_FILLING_MINUTES, until=lambda: server.metric(CACHED) >= 0.95 * CACHE)
        full, before, cached = soak.seconds(), soak.done, server.metric(CACHED) / 2**20
        rate = soak.go_on(MINUTES)
    hour = [(at / 3600, mib) for at, mib in soak.seen if at >= full]
    return [
        Measure("pages before the hour", before, ""),
        Measure("seconds before the hour", full, "s"),
        Measure(f"cache of blocks then, of {CACHE >> 20} MiB", cached, "MiB"),
        Measure("memory at the start", soak.seen[0][1], "MiB"),
        Measure("memory as the hour begins", hour[0][1], "MiB"),
        Measure("memory at the end", hour[-1][1], "MiB"),
        Measure("most memory", max(mib for _, mib in soak.seen), "MiB"),
        Measure("memory grows in the hour by", slope(hour), "MiB"),
        Measure("pages/s in the hour", rate, "1/s"),
    ]
