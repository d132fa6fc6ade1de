"""One asyncio loop in a background thread, on which all of the office lives."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

TIMEOUT_SECONDS = 60.0
T = TypeVar("T")
Ready = Callable[[], None]


class OfficeError(Exception):
    """The office cannot do what was asked; the text says what to do about it."""


class LoopThread:
    """A loop that runs one main coroutine until it is told to stop. It can be started once."""

    def __init__(self, main: Callable[[Ready, asyncio.Event], Coroutine[Any, Any, None]]) -> None:
        """Prepare the thread.

        Args:
            main: Calls the first argument when all is up, and ends after the event is set.
        """
        self._main = main
        self._ready: Future[None] = Future()
        self._closing = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._live, name="office", daemon=True)

    def start(self) -> None:
        """Start the thread and wait until main says that all is up, or raise what it raised."""
        self._thread.start()
        self._ready.result(TIMEOUT_SECONDS)

    def stop(self) -> None:
        """Tell main to end, and wait for it; nothing happens the second time."""
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._closing.set)
            self._thread.join()

    def call(
        self,
        work: Coroutine[Any, Any, Any] | Callable[[], Any],
        timeout_seconds: float,
    ) -> Any:
        """Run something on the loop, from another thread, and return its result.

        Raises:
            OfficeError: the loop does not run, or the caller is on it.
            TimeoutError: it takes too long; it is cancelled.
        """
        future = self.spawn(work if inspect.iscoroutine(work) else _job(work))
        try:
            return future.result(timeout_seconds)
        except TimeoutError:
            future.cancel()
            raise

    def spawn(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Begin something on the loop, from another thread.

        Raises:
            OfficeError: the loop does not run, or the caller is on it.
        """
        if self._loop is None or not self._thread.is_alive() or self._on_loop():
            work.close()
            raise OfficeError("this needs a started office, and a caller from another thread")
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def _on_loop(self) -> bool:
        return threading.current_thread() is self._thread

    def _live(self) -> None:
        with asyncio.Runner() as runner:
            self._loop = runner.get_loop()
            try:
                runner.run(self._main(self._up, self._closing))
            except BaseException as error:
                if self._ready.done():
                    raise
                self._ready.set_exception(error)

    def _up(self) -> None:
        self._ready.set_result(None)


async def _job(work: Any) -> Any:
    result = work()
    return await result if inspect.isawaitable(result) else result
