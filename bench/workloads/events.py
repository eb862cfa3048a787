"""events: 10,000 listeners on one batch: what they cost in memory, how late the last of them hears, and status requests
beside them."""

from harness import tools


def run():
    return tools.lines_of("bench_events")
