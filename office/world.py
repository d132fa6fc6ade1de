"""What every building block of the office shares: the change feed and the webhook post."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx


def now() -> datetime:
    """Return the office's wall clock, in UTC."""
    return datetime.now(tz=UTC)  # noqa: TID251 - the office is the world, and has its clock


@dataclass(frozen=True)
class Change:
    """One thing that happened, for the page and the scripted lead."""

    number: int
    source: str
    """`github`, `jira`, `slack` or `model`."""
    kind: str
    data: Mapping[str, Any]


class Feed:
    """An append-only list of changes that many readers can follow."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self._grown = asyncio.Event()

    def publish(self, source: str, kind: str, **data: Any) -> None:
        """Append a change and wake all followers. Call it on the office's loop only."""
        self.changes.append(Change(len(self.changes), source, kind, data))
        self._grown.set()
        self._grown = asyncio.Event()

    async def follow(self, start: int = 0) -> AsyncIterator[Change]:
        """Yield every change from number `start` on, for ever."""
        for number in itertools.count(start):
            while number >= len(self.changes):
                await self._grown.wait()
            yield self.changes[number]


@dataclass(frozen=True)
class Hook:
    """A webhook that a tool administrator has set up."""

    url: str
    secret: str


@dataclass
class Post:
    """Sends webhooks in the background, with the retries of the vendor that sends them."""

    client: httpx.AsyncClient = field(default_factory=lambda: httpx.AsyncClient(timeout=20))
    log: list[tuple[str, int | str]] = field(default_factory=list)
    """(url, status or error) of every attempt, oldest first."""
    twice: bool = False
    """Deliver every webhook twice, as real vendors sometimes do."""
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def send(
        self,
        url: str,
        body: bytes,
        headers: Callable[[int], Mapping[str, str]],
        delays: Sequence[float] = (),
    ) -> None:
        """Deliver `body` in the background; after a failure, again after each of `delays` seconds.

        `headers` gets the attempt's number (0 first), because vendors count retries in a header.
        """
        for _ in range(2 if self.twice else 1):
            task = asyncio.get_running_loop().create_task(self._deliver(url, body, headers, delays))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _deliver(
        self,
        url: str,
        body: bytes,
        headers: Callable[[int], Mapping[str, str]],
        delays: Sequence[float],
    ) -> None:
        for attempt, delay in enumerate((0.0, *delays)):
            await asyncio.sleep(delay)
            try:
                answer = await self.client.post(url, content=body, headers=dict(headers(attempt)))
            except httpx.HTTPError as error:
                self.log.append((url, type(error).__name__))
                continue
            self.log.append((url, answer.status_code))
            if answer.is_success:
                return

    async def close(self) -> None:
        """Stop all deliveries under way."""
        for task in list(self._tasks):
            task.cancel()
        await self.client.aclose()


def signature(secret: str, body: bytes) -> str:
    """Return the `sha256=...` signature that GitHub and Jira put into their headers."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
