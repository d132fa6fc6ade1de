"""Checks calls to a local Jira against Atlassian's own OpenAPI description and document schema."""

from __future__ import annotations

import gzip
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl

import pytest
from jsonschema import Draft4Validator, ValidationError
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from werkzeug.datastructures import Headers, ImmutableMultiDict

SPECS = Path(__file__).resolve().parents[3] / "shared" / "specs"
REST_SPEC = SPECS / "jira-cloud-platform-v3.openapi.json.gz"
ADF_SCHEMA = SPECS / "atlassian-document-format.schema.json.gz"
PREFIX = re.compile(r"^/rest/api/(3|latest)/")
STAMP = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d{4}$"
UNDOCUMENTED = {400, 401, 404, 410, 429, 502}
"""Refusals that the description leaves out for some calls."""


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
def adf_schema() -> Draft4Validator:
    """Return the document schema, ready to check with."""
    return Draft4Validator(read_spec(ADF_SCHEMA))


@cache
def _rest() -> OpenAPI:
    # Checking the description itself takes longer than all tests; the annotation forgets None.
    config = Config(spec_validator_cls=cast("Any", None))
    spec = read_spec(REST_SPEC)
    schemas = spec["components"]["schemas"]
    _mend_times(schemas)
    change = schemas["ChangeDetails"]["properties"]
    for name in ("from", "fromString", "to", "toString"):
        # The captured webhooks and every real changelog have null where nothing was or is.
        change[name]["nullable"] = True
    # The `jira` package sends a number, which the real Jira takes.
    schemas["IssueTransition"]["properties"]["id"] = {}
    for name in ("expand", "properties"):
        # The `jira` package sends null for what it is not asked for.
        schemas["SearchAndReconcileRequestBean"]["properties"][name]["nullable"] = True
    _mend_answers(spec["paths"])
    return OpenAPI.from_dict(spec, config=config)


def _mend_answers(paths: dict[str, Any]) -> None:
    """Mend two slips: answers 204 that have content, and a list of links that is no list."""
    for operations in paths.values():
        for operation in operations.values():
            if isinstance(operation, dict):
                operation.get("responses", {}).get("204", {}).pop("content", None)
    links = paths["/rest/api/3/issue/{issueIdOrKey}/remotelink"]["get"]["responses"]["200"]
    one = links["content"]["application/json"].pop("schema")
    links["content"]["application/json"]["schema"] = {
        "anyOf": [{"type": "array", "items": one}, one]
    }


def _mend_times(part: object) -> None:
    """Describe times as Jira writes them: the offset has no colon, against RFC 3339."""
    if isinstance(part, list):
        for entry in part:
            _mend_times(entry)
    if isinstance(part, dict):
        if part.get("format") == "date-time":
            del part["format"]
            part["pattern"] = STAMP
        for entry in part.values():
            _mend_times(entry)


@dataclass
class WireRequest:
    """A request as openapi-core wants it."""

    method: str
    path: str
    body: bytes
    content_type: str
    parameters: RequestParameters
    host_url: str = "https://your-domain.atlassian.net"


@dataclass
class WireResponse:
    """A response as openapi-core wants it."""

    status_code: int
    data: bytes
    content_type: str
    headers: Headers


@dataclass
class JiraWire:
    """Middleware that checks each REST call on its way in and out and collects what is wrong."""

    app: ASGIApp
    violations: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    """Method, path and status of every call that was checked."""

    def __post_init__(self) -> None:
        _rest()
        adf_schema()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not PREFIX.match(scope["path"]):
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
        # A request that was refused may well be wrong: that is what refusals are for.
        if response.status_code < 400:
            faults = [_describe(error) for error in _rest().iter_request_errors(request)]
            faults += _document_faults(request.body)
            self.violations += [f"{call} request: {fault}" for fault in faults]
        answers = list(_answer_faults(request, response))
        self.violations += [f"{call} response: {fault}" for fault in answers]


def _answer_faults(request: WireRequest, response: WireResponse) -> Iterator[str]:
    for error in _rest().iter_response_errors(request, response):
        if type(error).__name__ != "ResponseNotFound" or response.status_code not in UNDOCUMENTED:
            yield _describe(error)
    if "json" not in response.content_type:
        return
    yield from _document_faults(response.data)
    if response.status_code in UNDOCUMENTED - {401}:
        body = json.loads(response.data)
        if not isinstance(body.get("errorMessages"), list) or not isinstance(body["errors"], dict):
            yield "not an ErrorCollection"


def _document_faults(raw: bytes) -> Iterator[str]:
    """Check every Atlassian document of a body, and that no text stands where one should."""
    for name, value in _texts(json.loads(raw) if raw else None):
        for error in adf_schema().iter_errors(value):
            yield f"{name} is not an Atlassian document: {error.message[:200]}"


def _texts(part: object, parent: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(part, list):
        for entry in part:
            yield from _texts(entry, parent)
    if not isinstance(part, dict):
        return
    for name, value in part.items():
        is_body = name == "body"
        is_description = name == "description" and parent == "fields"
        if name == "renderedFields":
            continue
        if (is_body or is_description) and value is not None:
            yield name, value
        else:
            yield from _texts(value, name)


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
    return WireRequest(
        method=scope["method"].lower(),
        path=PREFIX.sub("/rest/api/3/", scope["path"]),
        body=body,
        content_type=headers.get("content-type", ""),
        parameters=RequestParameters(
            query=ImmutableMultiDict(parse_qsl(scope["query_string"].decode())), header=headers
        ),
    )


def _response(sent: list[Message]) -> WireResponse:
    headers = Headers([(key.decode(), value.decode()) for key, value in sent[0]["headers"]])
    data = b"".join(message.get("body", b"") for message in sent[1:])
    content_type = headers.get("content-type", "").lower()
    return WireResponse(sent[0]["status"], data, content_type, headers)
