"""Faults that a test switches on: a refused request, or an answer lost after the write."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass
class Fault:
    """One rule: the next `times` requests that match fail."""

    method: str
    """`GET`, `POST`, ... or `*`."""
    path_regex: str
    """Searched in the whole path, for example `/pulls$`."""
    kind: Literal["status", "drop_after"] = "status"
    """`status` answers at once; `drop_after` does the write first, as a broken proxy does."""
    status: int = 502
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int = 1
    """How many requests to fail; counts down."""
    message: str = ""
    """What the vendor says; empty for its usual words."""

    def hits(self, method: str, path: str) -> bool:
        """Tell whether this rule fails a request."""
        fits = self.method in ("*", method) and re.search(self.path_regex, path) is not None
        return self.times > 0 and fits


@dataclass
class FaultGate:
    """An ASGI layer that applies the switched-on faults before the application sees a request."""

    app: ASGIApp
    faults: list[Fault]
    body: Callable[[Fault], bytes]
    """What the vendor writes into its answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or fail it."""
        fault = self._find(scope) if scope["type"] == "http" else None
        if fault is None:
            await self.app(scope, receive, send)
            return
        fault.times -= 1
        if fault.kind == "drop_after":
            await self.app(scope, receive, _lose)
        answer = Response(self.body(fault), fault.status, fault.headers, "application/json")
        await answer(scope, receive, send)

    def _find(self, scope: Scope) -> Fault | None:
        method, path = scope["method"], scope["path"]
        return next((fault for fault in self.faults if fault.hits(method, path)), None)


async def _lose(_message: Message) -> None:
    """Lose an answer."""
