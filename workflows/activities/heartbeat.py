"""Heartbeats for synchronous activities, so that long ones are known to be alive."""

import contextvars
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from temporalio import activity

EVERY_SECONDS = 3.0


@contextmanager
def heartbeating() -> Iterator[Callable[[str], None]]:
    """Beat in the background while the block runs; yields a function that sets the details."""
    if not activity.in_activity():
        yield lambda _details: None
        return
    stop = threading.Event()
    details: list[str] = []

    def beat() -> None:
        while not stop.wait(EVERY_SECONDS):
            activity.heartbeat(*details[-1:])

    thread = threading.Thread(target=contextvars.copy_context().run, args=(beat,), daemon=True)
    activity.heartbeat()
    thread.start()
    try:
        yield details.append
    finally:
        stop.set()
        thread.join()
