"""What others do on the same work: each function measures one peer once, with services of its own.

A figure is (items/s, CPU seconds an item) of everything that the peer needs: its processes and its services, nginx and
the pages aside."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness import processes

from .services import REDIS_PORT, Postgres, Redis

HERE = Path(__file__).resolve().parent
PYTHON = "/usr/bin/python3"
"""The slow ones get fewer items; all run for some seconds."""
CELERY_ITEMS = 3_000
QUEUE_ITEMS = 50_000
START_SECONDS = 3
CORES = len(os.sched_getaffinity(0))


def _start(command, **more):
    return subprocess.Popen([str(c) for c in command], cwd=HERE, **more)


def _trees(roots):
    return [p for root in roots for p in processes.tree(root)]


def _driven(command, items, others, **more):
    """Runs a driver that prints its milliseconds; the CPU of it and of the processes beside it."""
    before = processes.cpu_seconds(_trees(others))
    used = os.times()
    driver = _start(command, stdout=subprocess.PIPE, text=True, **more)
    out, _ = driver.communicate(timeout=600)
    if driver.returncode != 0:
        raise RuntimeError(f"{command[1]} failed")
    now = os.times()
    own = now.children_user + now.children_system - used.children_user - used.children_system
    cpu = processes.cpu_seconds(_trees(others)) - before + own
    return items / (float(out.split()[-1]) / 1000), cpu / items


def _end(started):
    for p in started:
        p.terminate()
    for p in started:
        p.wait()


def celery(journal="delete"):
    """Prefork as many as there are cores, Redis as Debian has it, rows in SQLite."""
    with Redis("everysec") as redis, tempfile.TemporaryDirectory(prefix="troupe-bench-celery-") as folder:
        environment = dict(
            os.environ, BENCH_REDIS=redis.url, BENCH_DB=f"{folder}/items.db", BENCH_JOURNAL=journal, PYTHONPATH=str(HERE)
        )
        command = [PYTHON, "-m", "celery", "-A", "celery_app", "worker", "-c", CORES, "-l", "ERROR"]
        quiet = {"env": environment, "stderr": subprocess.DEVNULL}
        worker = _start(command, stdout=subprocess.DEVNULL, **quiet)
        time.sleep(START_SECONDS)
        try:
            return _driven([PYTHON, "celery_drive.py", CELERY_ITEMS], CELERY_ITEMS, [worker.pid, *redis.pids], env=environment)
        finally:
            _end([worker])


def _bullmq(workload, sync, workers, items, *more):
    with Redis(sync) as redis:
        started = [_start(["node", "bullmq.mjs", "work", workload, REDIS_PORT]) for _ in range(workers)]
        time.sleep(START_SECONDS)
        try:
            command = ["node", "bullmq.mjs", "drive", workload, REDIS_PORT, items, *more]
            return _driven(command, items, [*(p.pid for p in started), *redis.pids])
        finally:
            _end(started)


def pg_boss():
    with Postgres() as db:
        return _driven(["node", "pgboss.mjs", db.url, QUEUE_ITEMS], QUEUE_ITEMS, db.pids)


def _crawled(command_of, items):
    """As many processes as there are cores share the pages."""
    part = items // CORES
    used = os.times()
    start = time.monotonic()
    started = []
    with tempfile.TemporaryDirectory(prefix="troupe-bench-crawl-") as folder:
        for n in range(CORES):
            last = items if n == CORES - 1 else (n + 1) * part
            environment = dict(os.environ, CRAWLEE_STORAGE_DIR=f"{folder}/{n}")
            started.append(_start(command_of(n * part, last, f"{folder}/{n}.jsonl"), env=environment, stdout=sys.stderr))
        codes = [p.wait() for p in started]
    seconds = time.monotonic() - start
    if any(codes):
        raise RuntimeError("a crawler failed")
    now = os.times()
    cpu = now.children_user + now.children_system - used.children_user - used.children_system
    return items / seconds, cpu / items


def noop():
    """By name: items/s and CPU seconds an item."""
    return {
        "Celery, as the guide": celery(),
        "Celery, SQLite's WAL": celery("wal"),
        "BullMQ, every write synced": _bullmq("noop", "always", 1, QUEUE_ITEMS),
        "BullMQ, synced once a second": _bullmq("noop", "everysec", 1, QUEUE_ITEMS),
        "pg-boss": pg_boss(),
    }


def pages(site, count):
    """The same; Markdown of these pages, kept."""
    return {
        "BullMQ with turndown": _bullmq("pages", "everysec", CORES, count, site),
        "Scrapy with html2text": _crawled(lambda a, b, file: [PYTHON, "scrapy_peer.py", site, a, b, file], count),
        "Crawlee with turndown": _crawled(lambda a, b, file: ["node", "crawlee.mjs", site, a, b], count),
    }
