"""Waiting for what others do, with an end."""

import time


def until(is_so, most_seconds, what, every=0.02):
    """Asks again and again until it is so; raises `what` when it never is."""
    end = time.monotonic() + most_seconds
    while not is_so():
        if time.monotonic() > end:
            raise RuntimeError(what)
        time.sleep(every)
