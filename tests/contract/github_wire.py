"""Checks calls to a local GitHub, and webhooks from it, against GitHub's own descriptions."""

from __future__ import annotations

import gzip
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, quote

import pytest
from jsonschema import Draft7Validator, ValidationError
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.templating.responses.exceptions import ResponseNotFound
from starlette.responses import Response as Reply
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from werkzeug.datastructures import Headers, ImmutableMultiDict

from office.world import signature

SPECS = Path(__file__).resolve().parents[3] / "shared" / "specs"
REST_SPEC = SPECS / "github-rest.api.github.com.openapi.json.gz"
HOOK_SPEC = SPECS / "github-webhooks.schema.json.gz"
PREFIX = "/api/v3"

_TAILS = (
    re.compile(r"(?P<head>.*/contents/)(?P<tail>.+)"),
    re.compile(r"(?P<head>.*/git/(?:ref|refs|matching-refs)/)(?P<tail>.+)"),
    re.compile(r"(?P<head>.*/compare/)(?P<tail>.+)"),
    re.compile(r"(?P<head>.*/branches/)(?P<tail>.+?)(?P<rest>/protection(?:/.*)?)?"),
    re.compile(
        r"(?P<head>.*/(?<!git/)commits/)(?P<tail>.+?)"
        r"(?P<rest>/(?:check-runs|check-suites|status|statuses|pulls|comments))?"
    ),
)
"""Paths with a parameter that may contain slashes, which OpenAPI cannot say."""


def read_spec(file: Path) -> dict[str, Any]:
    """Read one of the vendor's files; without it CI fails and other runs skip, saying so."""
    if not file.is_file():
        reason = f"the vendor's description {file.name} is missing from {file.parent}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    content: dict[str, Any] = json.loads(gzip.decompress(file.read_bytes()))
    return content


@cache
def _rest() -> OpenAPI:
    # Checking the description itself takes longer than all tests; the annotation forgets None.
    config = Config(spec_validator_cls=cast("Any", None))
    spec = read_spec(REST_SPEC)
    _admit_null(spec)
    _mend(spec["paths"], spec["components"]["schemas"])
    return OpenAPI.from_dict(spec, config=config)


def _admit_null(part: object) -> None:
    """Let nullable enumerations be null: the description forgets null in their values."""
    if isinstance(part, list):
        for entry in part:
            _admit_null(entry)
    if isinstance(part, dict):
        values = part.get("enum")
        if part.get("nullable") is True and isinstance(values, list) and None not in values:
            values.append(None)
        for entry in part.values():
            _admit_null(entry)


def _mend(paths: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Mend three places where the description contradicts its examples or the webhook schemas."""
    comment = schemas["pull-request-review-comment"]["properties"]
    for name in ("line", "position"):
        # An outdated comment has neither.
        comment[name]["nullable"] = True
    answer = paths["/app/installations"]["get"]["responses"]["200"]["content"]
    account = answer["application/json"]["schema"]["items"]["properties"]["account"]
    # No account is a user and an enterprise at once.
    account["anyOf"] = account.pop("allOf")
    answer = paths["/repos/{owner}/{repo}/contents/{path}"]["get"]["responses"]["200"]["content"]
    # The listing of a folder is an array, which has no property to discriminate by.
    del answer["application/json"]["schema"]["discriminator"]


@cache
def _hooks() -> dict[str, Any]:
    return read_spec(HOOK_SPEC)


def encode_slashes(path: str) -> str:
    """Percent-encode slashes within one path parameter."""
    for pattern in _TAILS:
        found = pattern.fullmatch(path)
        if found:
            parts = found.groupdict(default="")
            return parts["head"] + quote(parts["tail"], safe="") + parts.get("rest", "")
    return path


@dataclass
class WireRequest:
    """A request as openapi-core wants it."""

    method: str
    path: str
    body: bytes
    content_type: str
    parameters: RequestParameters
    host_url: str = "https://api.github.com"


@dataclass
class WireResponse:
    """A response as openapi-core wants it."""

    status_code: int
    data: bytes
    content_type: str
    headers: Headers


@dataclass
class GitHubWire:
    """Middleware that checks each REST call on its way in and out and collects what is wrong."""

    app: ASGIApp
    violations: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    """Method, path and status of every call that was checked."""

    def __post_init__(self) -> None:
        _rest()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self.app(scope, receive, send)
            return
        body = await _read(receive)
        sent: list[Message] = []

        async def keep(message: Message) -> None:
            sent.append(message)
            await send(message)

        await self.app(scope, _replay(body, receive), keep)
        self._check(_request(scope, body), _response(sent))

    def _check(self, request: WireRequest, response: WireResponse) -> None:
        call = f"{request.method.upper()} {request.path} {response.status_code}"
        self.calls.append(call)
        for error in self._request_errors(request):
            self.violations.append(f"{call} request: {_describe(error)}")
        for text in self._response_errors(request, response):
            self.violations.append(f"{call} response: {text}")

    @staticmethod
    def _request_errors(request: WireRequest) -> Iterator[Exception]:
        # GitHub also takes a bare array of names; the description has the object form only.
        if request.path.endswith("/labels") and request.body.startswith(b"["):
            return
        yield from _rest().iter_request_errors(request)

    @staticmethod
    def _response_errors(request: WireRequest, response: WireResponse) -> Iterator[str]:
        for error in _rest().iter_response_errors(request, response):
            if isinstance(error, ResponseNotFound) and response.status_code >= 400:
                yield from _undocumented(response)
            else:
                yield _describe(error)


def _undocumented(response: WireResponse) -> Iterator[str]:
    """Check an error that the description does not list for this call: it must say why."""
    if "message" not in json.loads(response.data or b"{}"):
        yield "an error without a message"


def _describe(error: BaseException) -> str:
    """Name the fault; openapi-core keeps the exact places in one of the causes."""
    texts, cause = [f"{type(error).__name__} {error}"[:100]], error.__cause__
    while cause is not None:
        faults = getattr(cause, "schema_errors", ())
        texts += [text for one in faults for text in _leaves(one)] or [type(cause).__name__]
        cause = cause.__cause__
    return "; ".join(texts)


def _leaves(error: ValidationError) -> Iterator[str]:
    yield f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"
    for cause in error.context or ():
        yield from _leaves(cause)


async def _read(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting = [body]

    async def replay() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return replay


def _request(scope: Scope, body: bytes) -> WireRequest:
    headers = Headers([(key.decode(), value.decode()) for key, value in scope["headers"]])
    query = ImmutableMultiDict(parse_qsl(scope["query_string"].decode()))
    return WireRequest(
        method=scope["method"].lower(),
        path=encode_slashes(scope["path"].removeprefix(PREFIX)),
        body=body,
        content_type=headers.get("content-type", ""),
        parameters=RequestParameters(query=query, header=headers),
    )


def _response(sent: list[Message]) -> WireResponse:
    headers = Headers([(key.decode(), value.decode()) for key, value in sent[0]["headers"]])
    data = b"".join(message.get("body", b"") for message in sent[1:])
    content_type = headers.get("content-type", "").lower()
    return WireResponse(sent[0]["status"], data, content_type, headers)


@dataclass(frozen=True)
class Delivery:
    """One webhook as it came in."""

    event: str
    id: str
    headers: Mapping[str, str]
    payload: dict[str, Any]

    @property
    def kind(self) -> str:
        """The event with its action, as the vendor's schema names it."""
        action = self.payload.get("action", "event")
        return f"{self.event}${action}"


@dataclass
class HookSink:
    """An application that receives webhooks, checks each, and keeps it."""

    secret: str
    deliveries: list[Delivery] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        _hooks()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = await _read(receive)
        headers = {key.decode(): value.decode() for key, value in scope["headers"]}
        self._keep(headers, body)
        await Reply(status_code=204)(scope, receive, send)

    def _keep(self, headers: dict[str, str], body: bytes) -> None:
        delivery = Delivery(
            headers.get("x-github-event", ""),
            headers.get("x-github-delivery", ""),
            headers,
            json.loads(body),
        )
        self.deliveries.append(delivery)
        if headers.get("x-hub-signature-256") != signature(self.secret, body):
            self.violations.append(f"{delivery.kind}: wrong signature")
        self.violations += [f"{delivery.kind}: {text}" for text in _hook_errors(delivery)]

    def kinds(self) -> list[str]:
        """Return event and action of all deliveries in order of arrival."""
        return [delivery.kind for delivery in self.deliveries]


def _hook_errors(delivery: Delivery) -> Iterator[str]:
    definitions = _hooks()["definitions"]
    if delivery.kind not in definitions:
        yield "no such event"
        return
    schema = {"$ref": f"#/definitions/{delivery.kind}", "definitions": definitions}
    for error in Draft7Validator(schema).iter_errors(delivery.payload):
        yield from _leaves(error)
