"""Celery as the guide has it: tasks on Redis, the state of each item a row of SQLite that its task writes before and
after the work."""

import os
import sqlite3

from celery import Celery

app = Celery("celery_app", broker=os.environ["BENCH_REDIS"])
app.conf.task_ignore_result = True
app.conf.worker_prefetch_multiplier = 64
app.conf.broker_connection_retry_on_startup = True


def connect():
    db = sqlite3.connect(os.environ["BENCH_DB"], timeout=60, isolation_level=None)
    db.execute(f"PRAGMA journal_mode={os.environ['BENCH_JOURNAL']}")
    return db


@app.task
def work(item):
    db = connect()
    db.execute("UPDATE item SET state='processing' WHERE id=?", (item,))
    db.execute("UPDATE item SET state='completed' WHERE id=?", (item,))
    db.close()
