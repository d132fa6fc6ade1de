"""The whole office: five servers on one loop in a background thread."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar, overload

from office.github.state import GitHub
from office.jira.state import Jira
from office.loop import TIMEOUT_SECONDS, LoopThread, OfficeError, Ready
from office.model.state import Model
from office.page.state import Page
from office.serving import bind, served
from office.slack.state import Slack
from office.world import Feed, Post

__all__ = ["ANSWERS", "NAMES", "Office", "OfficeError"]

NAMES = ("github", "jira", "slack", "model", "page")
ANSWERS = Path(__file__).parent / "model" / "answers"
T = TypeVar("T")


class Office:
    """The local GitHub, Jira, Slack, model and web page. It can be started once."""

    def __init__(
        self,
        root: Path,
        cache: Path,
        *,
        host: str = "127.0.0.1",
        ports: Mapping[str, int] | None = None,
        answers: Path = ANSWERS,
    ) -> None:
        """Build it; nothing listens yet.

        Args:
            root: A folder for the bare repositories.
            cache: A folder for the CI's environments, which may outlive the office.
            host: The address to listen on.
            ports: A port for each name of `NAMES` that shall not get a free one.
            answers: The folder of the recorded model answers.
        """
        unknown = set(ports or {}) - set(NAMES)
        if unknown:
            raise OfficeError(f"no part is called {min(unknown)!r}; the parts: {', '.join(NAMES)}")
        self.host = host
        self.feed = Feed()
        self.post = Post()
        self.github = GitHub(self.feed, self.post, root, cache)
        self.jira = Jira(self.feed, self.post)
        self.slack = Slack(self.feed, self.post)
        self.model = Model(self.feed, answers)
        self.page = Page(self.feed, self.github, self.jira, self.slack)
        self.origins: dict[str, str] = {}
        """Name to address, like `http://127.0.0.1:43210`; filled by `start`."""
        self._ports = {name: (ports or {}).get(name, 0) for name in NAMES}
        self._sockets: dict[str, socket.socket] = {}
        self._thread = LoopThread(self._live)

    def __enter__(self) -> Self:
        """Start the office."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop the office."""
        del kind, error, traceback
        self.stop()

    def start(self) -> None:
        """Open the five servers; they answer when this returns.

        Raises:
            OfficeError: a port is taken.
        """
        self._sockets = bind(self.host, self._ports)
        for name, listener in self._sockets.items():
            origin = f"http://{self.host}:{listener.getsockname()[1]}"
            self.origins[name] = getattr(self, name).origin = origin
        self._thread.start()

    def stop(self) -> None:
        """End servers, CI and deliveries; nothing happens the second time."""
        self._thread.stop()

    @overload
    def call(self, work: Coroutine[Any, Any, T], *, timeout_seconds: float = ...) -> T: ...

    @overload
    def call(
        self, work: Callable[[], Coroutine[Any, Any, T]], *, timeout_seconds: float = ...
    ) -> T: ...

    @overload
    def call(self, work: Callable[[], T], *, timeout_seconds: float = ...) -> T: ...

    def call(self, work: Any, *, timeout_seconds: float = TIMEOUT_SECONDS) -> Any:
        """Run something on the office's loop, from another thread, and return its result.

        Raises:
            OfficeError: the office does not run, or the caller is on its loop.
            TimeoutError: it takes too long; it is cancelled.
        """
        return self._thread.call(work, timeout_seconds)

    def spawn(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Begin something on the office's loop, from another thread; it ends with the office."""
        return self._thread.spawn(work)

    async def _live(self, ready: Ready, closing: asyncio.Event) -> None:
        apps = {name: getattr(self, name).app() for name in NAMES}
        async with served(apps, self._sockets):
            ready()
            await closing.wait()
            self.page.close()
        await self.post.close()
