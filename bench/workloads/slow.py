"""slow: an origin that answers after 200 ms, 5,000 transfers at once: what is reached, and at what memory."""

import time

from harness import processes, tools
from harness.measures import Measure
from harness.server import Server

AT_ONCE = 5_000
ITEMS = 50_000
SETTINGS = [
    "fetch.robots=false",
    f"fetch.max_transfers={AT_ONCE}",
    f"work.window={AT_ONCE}",
    f"work.lookahead={2 * AT_ONCE}",
    "fetch.max_per_host=1000",
]


def run():
    with tools.Site() as site, Server(SETTINGS, noop="parse") as server, processes.Watch(server.pid) as memory:
        port = site.url.rsplit(":", 1)[1]
        urls = [f"http://127.0.0.{1 + i % tools.HOSTS}:{port}/late/{i}" for i in range(ITEMS)]
        before = server.costs()
        start = time.monotonic()
        batch = server.submit(urls)
        most = 0
        while not server.batch(batch).get("reason"):
            most = max(most, server.metric("troupe_fetch_transfers"))
            time.sleep(0.05)
        seconds = time.monotonic() - start
        server.wait_for(batch)
        cpu = server.costs()[0] - before[0]
    return [
        Measure("transfers at once, the most seen", most, ""),
        Measure("items/s", ITEMS / seconds, "1/s", AT_ONCE / 0.2),
        Measure("CPU an item", 1e6 * cpu / ITEMS, "us"),
        Measure("most memory", memory.most_mib, "MiB"),
    ]
