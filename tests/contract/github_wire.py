"""Checks calls to a local GitHub, and webhooks from it, against GitHub's own descriptions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import quote

from jsonschema import Draft7Validator
from openapi_core import OpenAPI
from openapi_core.templating.responses.exceptions import ResponseNotFound
from starlette.responses import Response as Reply
from starlette.types import Receive, Scope, Send

from office.world import signature
from tests.contract.openapi_wire import (
    OpenApiWire,
    WireRequest,
    WireResponse,
    describe,
    leaves,
    read_body,
    unchecked,
)
from tests.fakes.specs import read_spec

REST_SPEC = "github-rest.api.github.com.openapi.json.gz"
HOOK_SPEC = "github-webhooks.schema.json.gz"
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


@cache
def _rest() -> OpenAPI:
    spec = read_spec(REST_SPEC)
    _admit_null(spec)
    _mend(spec["paths"], spec["components"]["schemas"])
    return unchecked(spec)


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


class GitHubWire(OpenApiWire):
    """Checks calls against the description of GitHub's REST API."""

    host_url = "https://api.github.com"

    def __post_init__(self) -> None:
        _rest()

    def described_path(self, path: str) -> str | None:
        return encode_slashes(path.removeprefix(PREFIX)) if path.startswith(PREFIX) else None

    def request_faults(self, request: WireRequest, response: WireResponse) -> Iterator[str]:
        # GitHub also takes a bare array of names; the description has the object form only.
        if not (request.path.endswith("/labels") and request.body.startswith(b"[")):
            yield from map(describe, _rest().iter_request_errors(request))

    def response_faults(self, request: WireRequest, response: WireResponse) -> Iterator[str]:
        for error in _rest().iter_response_errors(request, response):
            if isinstance(error, ResponseNotFound) and response.status_code >= 400:
                yield from _undocumented(response)
            else:
                yield describe(error)


def _undocumented(response: WireResponse) -> Iterator[str]:
    """Check an error that the description does not list for this call: it must say why."""
    if "message" not in json.loads(response.data or b"{}"):
        yield "an error without a message"


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
        body = await read_body(receive)
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
        yield from leaves(error)
