"""What the checkers of the vendors' descriptions share: they sit in front of a local vendor."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar, cast
from urllib.parse import parse_qsl

from jsonschema import ValidationError
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from werkzeug.datastructures import Headers, ImmutableMultiDict


@dataclass
class WireRequest:
    """A request as openapi-core wants it."""

    host_url: str
    method: str
    path: str
    body: bytes
    content_type: str
    parameters: RequestParameters


@dataclass
class WireResponse:
    """A response as openapi-core wants it."""

    status_code: int
    data: bytes
    content_type: str
    headers: Headers


@dataclass
class OpenApiWire(ABC):
    """Middleware that checks each REST call on its way in and out and collects what is wrong."""

    host_url: ClassVar[str]
    """The vendor's own address, as the description names it."""

    app: ASGIApp
    violations: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    """Method, path and status of every call that was checked."""

    @abstractmethod
    def described_path(self, path: str) -> str | None:
        """Return a path as the description has it; None when it is none of the REST API."""

    @abstractmethod
    def request_faults(self, request: WireRequest, response: WireResponse) -> Iterable[str]:
        """Return what is wrong with a request, now that its answer is known."""

    @abstractmethod
    def response_faults(self, request: WireRequest, response: WireResponse) -> Iterable[str]:
        """Return what is wrong with a response."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = self.described_path(scope["path"]) if scope["type"] == "http" else None
        if path is None:
            await self.app(scope, receive, send)
            return
        body = await read_body(receive)
        response = await answer(self.app, scope, _replay(body, receive), send)
        self._check(_request(scope, self.host_url, path, body), response)

    def _check(self, request: WireRequest, response: WireResponse) -> None:
        call = f"{request.method.upper()} {request.path} {response.status_code}"
        self.calls.append(call)
        faults = [f"{call} request: {text}" for text in self.request_faults(request, response)]
        faults += [f"{call} response: {text}" for text in self.response_faults(request, response)]
        self.violations += faults


def unchecked(spec: dict[str, Any]) -> OpenAPI:
    """Return a description, ready to check with, but not checked itself.

    That would take longer than all tests.
    """
    # The annotation forgets None.
    return OpenAPI.from_dict(spec, config=Config(spec_validator_cls=cast("Any", None)))


def describe(error: BaseException) -> str:
    """Name the fault; openapi-core keeps the exact places in one of the causes."""
    texts, cause = [f"{type(error).__name__} {error}"[:100]], error.__cause__
    while cause is not None:
        faults = getattr(cause, "schema_errors", ())
        texts += [text for one in faults for text in leaves(one)] or [type(cause).__name__]
        cause = cause.__cause__
    return "; ".join(texts)


def leaves(error: ValidationError) -> Iterator[str]:
    """Name the place and the fault, and those of every alternative that did not fit either."""
    yield f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"
    for cause in error.context or ():
        yield from leaves(cause)


async def read_body(receive: Receive) -> bytes:
    """Read the whole body of a request."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def answer(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> WireResponse:
    """Let an application answer, and return what it sent."""
    sent: list[Message] = []

    async def keep(message: Message) -> None:
        sent.append(message)
        await send(message)

    await app(scope, receive, keep)
    headers = _headers(sent[0])
    data = b"".join(message.get("body", b"") for message in sent[1:])
    return WireResponse(sent[0]["status"], data, headers.get("content-type", "").lower(), headers)


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting = [body]

    async def replay() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return replay


def _request(scope: Scope, host_url: str, path: str, body: bytes) -> WireRequest:
    headers = _headers(scope)
    query = ImmutableMultiDict(parse_qsl(scope["query_string"].decode()))
    return WireRequest(
        host_url=host_url,
        method=scope["method"].lower(),
        path=path,
        body=body,
        content_type=headers.get("content-type", ""),
        parameters=RequestParameters(query=query, header=headers),
    )


def _headers(part: Scope | Message) -> Headers:
    return Headers([(key.decode(), value.decode()) for key, value in part["headers"]])
