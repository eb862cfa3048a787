"""celery_drive.py ITEMS: makes the rows, sends the tasks, prints the milliseconds until all rows are completed."""

import sys
import time

from celery_app import connect, work

items = int(sys.argv[1])
db = connect()
db.execute("CREATE TABLE item (id INTEGER PRIMARY KEY, state TEXT)")
db.execute("CREATE INDEX by_state ON item (state)")
begin = time.monotonic()
db.execute("BEGIN")
db.executemany("INSERT INTO item VALUES (?, 'pending')", ((i,) for i in range(items)))
db.execute("COMMIT")
with work.app.producer_pool.acquire(block=True) as producer:
    for i in range(items):
        work.apply_async((i,), producer=producer)
while db.execute("SELECT count(*) FROM item WHERE state='completed'").fetchone()[0] < items:
    time.sleep(0.05)
print(1000 * (time.monotonic() - begin))
