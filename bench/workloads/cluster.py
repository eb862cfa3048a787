"""cluster: items/s with one worker and with three, and what an item costs more on another node. Needs root, or user
namespaces."""

from harness import tools


def run():
    return tools.lines_of("bench_cluster", "growth", "overhead")
