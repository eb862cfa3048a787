"""growth: CPU an item, stages that do nothing, as batches get longer (10 to 1,000,000 items), as more are open (to
100,000 that are not to begin yet; memory of 1,000 to 30,000 that wait for their host), as more listen to one (1 to
10,000), as more is stored (to 10 million items)."""

import http.client
import json
import threading

from harness import processes, tools
from harness.measures import Measure
from harness.server import Server
from harness.waiting import until
from workloads.noop import SETTINGS

ROOM = [*SETTINGS, "limits.open_batches=200000", "limits.open_batches_per_notebook=200000"]
LENGTHS = [10, 1_000, 100_000, 1_000_000]
OPEN = [1, 100, 10_000, 100_000]
WAITING = [1_000, 10_000, 30_000]
LISTENERS = [1, 100, 10_000]
STORED_MILLIONS = [1, 2, 5, 10]
PROBE = 100_000
CLIENTS = 4


def urls(name, count):
    return [f"http://127.0.0.1:1/{name}/{i}" for i in range(count)]


def submit_all(server, bodies):
    """Posts these from a few connections that stay open."""
    failed = []

    def some(part):
        c = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        try:
            for body in part:
                c.request("POST", "/v1/batches", body, {"Content-Type": "application/json"})
                r = c.getresponse()
                answer = r.read()
                if r.status != 202:
                    raise RuntimeError(answer)
        except Exception as e:
            failed.append(e)
        finally:
            c.close()

    threads = [threading.Thread(target=some, args=(bodies[n::CLIENTS],)) for n in range(CLIENTS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if failed:
        raise failed[0]


def body_of(items, **more):
    return json.dumps({"notebook": 1, **more, "items": items})


def cost_of(server, work, items):
    """CPU an item of some work, in microseconds."""
    before = server.costs()[0]
    work()
    return 1e6 * (server.costs()[0] - before) / items


def by_length(length):
    items = max(PROBE, length)
    bodies = [body_of(urls(n, length)) for n in range(items // length)]
    with Server(ROOM, noop="fetch,parse") as server, processes.Watch(server.pid) as memory:

        def work():
            submit_all(server, bodies)
            until(lambda: server.metric("troupe_batches_open") == 0, 600, "the batches do not end")

        cost = cost_of(server, work, items)
    name = f"batches of {length:,}"
    return [Measure(f"{name}: CPU an item", cost, "us"), Measure(f"{name}: most memory", memory.most_mib, "MiB")]


def by_open(count):
    waiting = [body_of([f"http://127.0.0.1:1/waits/{n}"], not_before="2100-01-01T00:00:00Z") for n in range(count - 1)]
    with Server(ROOM, noop="fetch,parse") as server, processes.Watch(server.pid) as memory:
        submit_all(server, waiting)
        cost = cost_of(server, lambda: server.wait_for(server.submit(urls("probe", PROBE))), PROBE)
    name = f"{count - 1:,} batches that are not to begin yet"
    return [Measure(f"{name}: CPU an item", cost, "us"), Measure(f"{name}: most memory", memory.most_mib, "MiB")]


def by_waiting(count):
    """Batches of one item each, of a host that may be asked once in ten minutes."""
    bodies = [body_of([f"http://127.0.0.1:1/waits/{n}"]) for n in range(count)]
    with Server([*ROOM, "fetch.host_delay_ms=600000"], noop="fetch,parse") as server:
        before = processes.memory_mib(server.pids())
        submit_all(server, bodies)
        grown = processes.memory_mib(server.pids()) - before
    return [Measure(f"{count:,} batches that wait for their host: memory each", 1024 * grown / count, "KiB")]


def by_listeners(count):
    measures = tools.lines_of("bench_events", "--listeners", str(count))
    wanted = ["last event after it happened, median listener", "status p50 with them", "memory grew by"]
    return [Measure(f"{count:,} listeners: {m.metric}", m.value, m.unit) for m in measures if m.metric in wanted]


def by_stored():
    million = 1_000_000
    out = []
    with Server(ROOM, noop="fetch,parse") as server, processes.Watch(server.pid) as memory:
        for n in range(1, max(STORED_MILLIONS) + 1):
            bodies = [body_of(urls(f"{n}/{part}", PROBE)) for part in range(million // PROBE)]

            def work():
                submit_all(server, bodies)
                until(lambda: server.metric("troupe_batches_open") == 0, 600, "the batches do not end")

            cost = cost_of(server, work, million)
            if n in STORED_MILLIONS:
                out.append(Measure(f"{n} million items stored: CPU an item", cost, "us"))
    return [*out, Measure(f"{n} million items stored: most memory", memory.most_mib, "MiB")]


def run():
    return [
        *(m for length in LENGTHS for m in by_length(length)),
        *(m for count in OPEN for m in by_open(count)),
        *(m for count in WAITING for m in by_waiting(count)),
        *(m for count in LISTENERS for m in by_listeners(count)),
        *by_stored(),
    ]
