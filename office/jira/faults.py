"""Faults that a test switches on: a refused request, or an answer lost after the write."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass
class Fault:
    """One rule: the next `times` requests that match fail."""

    method: str
    path_regex: str
    kind: Literal["status", "drop_after"] = "status"
    """`status` answers at once; `drop_after` does the write first, as a broken proxy does."""
    status: int = 502
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int = 1


class FaultGate:
    """An ASGI layer that applies the switched-on faults before the application sees a request."""

    def __init__(
        self, app: ASGIApp, faults: list[Fault], body: Callable[[int], bytes] = lambda _: b"{}"
    ) -> None:
        """Apply `faults` to `app`; `body` is what the vendor writes under a status."""
        self._app = app
        self._faults = faults
        self._body = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or fail it."""
        fault = self._take(scope) if scope["type"] == "http" else None
        if fault is None:
            await self._app(scope, receive, send)
            return
        if fault.kind == "drop_after":
            await self._app(scope, receive, _swallow)
        headers = {"content-type": "application/json", **fault.headers}
        await send(
            {
                "type": "http.response.start",
                "status": fault.status,
                "headers": [
                    (name.lower().encode(), value.encode()) for name, value in headers.items()
                ],
            }
        )
        await send({"type": "http.response.body", "body": self._body(fault.status)})

    def _take(self, scope: Scope) -> Fault | None:
        for fault in self._faults:
            wanted = fault.times > 0 and fault.method.upper() == scope["method"]
            if wanted and re.search(fault.path_regex, scope["path"]):
                fault.times -= 1
                return fault
        return None


async def _swallow(message: Message) -> None:
    del message
