"""Failures on demand: refused requests, and answers that are lost after the work was done."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass
class Fault:
    """A rule that spoils some requests."""

    method: str
    """`GET`, `POST`, ... or `*`."""
    path_regex: str
    """Searched in the whole path, for example `/pulls$`."""
    kind: Literal["status", "drop_after"] = "status"
    """`status` answers at once; `drop_after` does what was asked and then answers 502."""
    status: int = 403
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int = 1
    """How many requests to spoil; counts down."""
    message: str = ""

    def hits(self, method: str, path: str) -> bool:
        """Tell whether this rule spoils a request."""
        fits = self.method in ("*", method) and re.search(self.path_regex, path) is not None
        return self.times > 0 and fits

    def answer(self) -> Response:
        """Return the answer that the caller gets."""
        status = 502 if self.kind == "drop_after" else self.status
        message = self.message or ("Server Error" if status >= 500 else "Refused on demand")
        body = json.dumps({"message": message, "documentation_url": "", "status": str(status)})
        return Response(body, status, self.headers, "application/json")


def secondary_rate_limit(
    method: str = "*", path_regex: str = "/api/v3/", *, seconds: int = 1, times: int = 1
) -> Fault:
    """Return the fault that GitHub calls a secondary rate limit."""
    return Fault(
        method,
        path_regex,
        status=403,
        headers={"Retry-After": str(seconds)},
        times=times,
        message="You have exceeded a secondary rate limit. Please wait a few minutes before you "
        "try again.",
    )


@dataclass
class Faults:
    """Applies the rules in front of an application."""

    app: ASGIApp
    rules: list[Fault]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or spoil it."""
        rule = self._rule(scope) if scope["type"] == "http" else None
        if rule is None:
            await self.app(scope, receive, send)
            return
        rule.times -= 1
        if rule.kind == "drop_after":
            await self.app(scope, receive, _nowhere)
        await rule.answer()(scope, receive, send)

    def _rule(self, scope: Scope) -> Fault | None:
        method, path = scope["method"], scope["path"]
        return next((rule for rule in self.rules if rule.hits(method, path)), None)


async def _nowhere(_message: Message) -> None:
    """Lose an answer."""
