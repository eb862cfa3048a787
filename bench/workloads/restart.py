"""restart: a server with a million pending items is killed; how long until the next is ready, and until it works at
the rate it had."""

import shutil
import tempfile
import time

from harness import processes
from harness.measures import Measure
from harness.server import Server
from workloads.noop import SETTINGS

ITEMS = 1_000_000
AT_ONCE = 100_000
LOOK = 0.25


def rates(server, batches, seconds):
    """(time, items/s) of each stretch."""
    out = []
    start = last = time.monotonic()
    ended = sum(server.batch(b)["counts"]["succeeded"] for b in batches)
    while last - start < seconds:
        time.sleep(LOOK)
        now = time.monotonic()
        count = sum(server.batch(b)["counts"]["succeeded"] for b in batches)
        out.append((now - start, (count - ended) / (now - last)))
        ended, last = count, now
    return out


def run():
    data = tempfile.mkdtemp(prefix="troupe-bench-")
    try:
        idle = [*SETTINGS, "fetch.max_transfers=1", "fetch.host_delay_ms=3600000"]
        with Server(idle, noop="fetch,parse", data=data) as server, processes.Watch(server.pid) as accepting:
            batches = [
                server.submit([f"http://127.0.0.1:1/{n}/{i}" for i in range(AT_ONCE)])
                for n in range(ITEMS // AT_ONCE)
            ]
            server.kill()
        with Server(SETTINGS, noop="fetch,parse", data=data) as server, processes.Watch(server.pid) as memory:
            ready = server.seconds_to_ready
            seen = rates(server, batches, 12)
        usual = sorted(rate for at, rate in seen if at > 6)[len([1 for at, _ in seen if at > 6]) // 2]
        full = next((at for at, rate in seen if rate >= 0.8 * usual), float("nan"))
        return [
            Measure("ready after, a million pending", ready, "s"),
            Measure("at four fifths of its rate after", ready + full, "s"),
            Measure("its rate", usual, "1/s"),
            Measure("most memory while accepting", accepting.most_mib, "MiB"),
            Measure("most memory afterwards", memory.most_mib, "MiB"),
        ]
    finally:
        shutil.rmtree(data, ignore_errors=True)
