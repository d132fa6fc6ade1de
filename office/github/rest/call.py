"""One REST call: who calls, about what, with which body; and how answers are written."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from office.github.auth import Caller, Keys
from office.github.errors import Refused, invalid, not_found
from office.github.hub import Hub, role
from office.github.records import PullRequest, Repository
from office.world import now

T = TypeVar("T")
_MOST_PER_PAGE = 100
_RATE = 5000


@dataclass
class Limits:
    """The primary rate limit: counted and reported, never reached in an office."""

    used: dict[str, int] = field(default_factory=dict)

    def count(self, login: str) -> None:
        """Count one call."""
        self.used[login] = self.used.get(login, 0) + 1

    def state(self, login: str) -> dict[str, int]:
        """Return what `GET /rate_limit` shows."""
        used = min(self.used.get(login, 0), _RATE)
        reset = (int(now().timestamp()) // 3600 + 1) * 3600
        return {"limit": _RATE, "used": used, "remaining": _RATE - used, "reset": reset}


@dataclass(frozen=True)
class Answer:
    """What a handler gives back."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Call:
    """A request with its caller."""

    hub: Hub
    keys: Keys
    limits: Limits
    request: Request
    caller: Caller | None
    body: Any = None

    def path(self, name: str) -> str:
        """Return a part of the path."""
        return str(self.request.path_params[name])

    def number(self, name: str) -> int:
        """Return a number in the path; what is none is not there (404)."""
        word = self.path(name)
        if not word.isdecimal():
            raise not_found()
        return int(word)

    def query(self, name: str, default: str = "") -> str:
        """Return a query parameter."""
        return self.request.query_params.get(name, default)

    @property
    def known(self) -> Caller:
        """The caller; anonymous ones are refused with 401."""
        if self.caller is None:
            raise Refused(401, "Requires authentication")
        return self.caller

    @property
    def repository(self) -> Repository:
        """The repository in the path, if the caller may see it (else 404)."""
        found = self.hub.repository(f"{self.path('owner')}/{self.path('repo')}")
        if role(found, self.caller.account if self.caller else None) == "none":
            raise not_found()
        return found

    @property
    def pull(self) -> PullRequest:
        """The pull request in the path."""
        return self.hub.pull(self.repository.full_name, self.number("number"))

    @property
    def fields(self) -> dict[str, Any]:
        """The body, which must be an object."""
        if self.body is None:
            return {}
        if not isinstance(self.body, dict):
            raise Refused(422, "Invalid request.\n\nFor 'object', the body is not an object.")
        return self.body

    def text(self, name: str, resource: str) -> str:
        """Return a text of the body that must be there (else 422)."""
        value = self.fields.get(name)
        if value is None:
            raise invalid(resource, name, "missing_field")
        return self._typed(name, value, str)

    def optional(self, name: str, kind: type[T]) -> T | None:
        """Return a field of the body, or None when it is left out or null."""
        value = self.fields.get(name)
        return None if value is None else self._typed(name, value, kind)

    @staticmethod
    def _typed(name: str, value: Any, kind: type[T]) -> T:
        if not isinstance(value, kind):
            word = {str: "a string", bool: "a boolean", int: "an integer"}.get(kind, "valid")
            reason = f"For 'properties/{name}', {json.dumps(value)[:80]} is not {word}."
            raise Refused(422, f"Invalid request.\n\n{reason}")
        return value


Handler = Callable[[Call], Awaitable[Answer]]


@dataclass
class Table:
    """Handlers by method and path."""

    entries: list[tuple[str, str, Handler]] = field(default_factory=list)

    def __call__(self, method: str, path: str) -> Callable[[Handler], Handler]:
        """Register the decorated handler."""

        def register(handler: Handler) -> Handler:
            self.entries.append((method, path, handler))
            return handler

        return register


def page(
    call: Call, items: Sequence[T], show: Callable[[T], Any], wrapper: str | None = None
) -> Answer:
    """Answer with one page of a list and the links to the others.

    Source: GitHub REST, "Using pagination": `page`, `per_page` up to 100, Link header.
    """
    size = min(max(_int(call.query("per_page"), 30), 1), _MOST_PER_PAGE)
    current = max(_int(call.query("page"), 1), 1)
    last = max(-(-len(items) // size), 1)
    shown = [show(item) for item in items[(current - 1) * size : current * size]]
    links = []
    if current < last:
        links += [("next", current + 1), ("last", last)]
    if current > 1:
        links += [("prev", current - 1), ("first", 1)]
    text = ", ".join(f'<{_page_url(call, number)}>; rel="{name}"' for name, number in links)
    body = {"total_count": len(items), wrapper: shown} if wrapper else shown
    return Answer(body, headers={"Link": text} if text else {})


def _int(word: str, default: int) -> int:
    return int(word) if re.fullmatch(r"-?\d+", word) else default


def _page_url(call: Call, number: int) -> str:
    url = call.request.url.include_query_params(page=number)
    return f"{call.hub.site.origin}{url.path}?{url.query}"


async def read_body(request: Request) -> Any:
    """Return the JSON body, or None without one.

    Raises:
        Refused: it is no JSON (400).
    """
    raw = await request.body()
    if not raw:
        return None
    try:
        return json.loads(raw)
    except ValueError as error:
        raise Refused(400, "Problems parsing JSON") from error


def respond(call: Call, answer: Answer) -> Response:
    """Write an answer with the headers that every GitHub answer has, and 304 where it fits."""
    login = call.caller.account.login if call.caller else "anonymous"
    call.limits.count(login)
    headers = {**_common(call.limits.state(login)), **answer.headers}
    if answer.body is None:
        return Response(None, answer.status, headers)
    if isinstance(answer.body, str):
        return Response(answer.body, answer.status, headers)
    body = json.dumps(answer.body).encode()
    headers.setdefault("Content-Type", "application/json; charset=utf-8")
    if call.request.method == "GET" and answer.status == 200:
        headers["ETag"] = f'W/"{hashlib.sha256(body).hexdigest()}"'
        if call.request.headers.get("if-none-match") == headers["ETag"]:
            return Response(None, 304, headers)
    return Response(body, answer.status, headers)


def _common(limit: Mapping[str, int]) -> dict[str, str]:
    return {
        "X-GitHub-Media-Type": "github.v3; format=json",
        "X-GitHub-Request-Id": ":".join(secrets.token_hex(2).upper() for _ in range(5)),
        "X-RateLimit-Limit": str(limit["limit"]),
        "X-RateLimit-Remaining": str(limit["remaining"]),
        "X-RateLimit-Reset": str(limit["reset"]),
        "X-RateLimit-Used": str(limit["used"]),
        "X-RateLimit-Resource": "core",
    }
