"""Checks calls to a local Jira against Atlassian's own OpenAPI description and document schema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from jsonschema import Draft4Validator
from openapi_core import OpenAPI

from tests.contract.openapi_wire import (
    OpenApiWire,
    WireRequest,
    WireResponse,
    describe,
    unchecked,
)
from tests.fakes.specs import read_spec

REST_SPEC = "jira-cloud-platform-v3.openapi.json.gz"
ADF_SCHEMA = "atlassian-document-format.schema.json.gz"
PREFIX = re.compile(r"^/rest/api/(3|latest)/")
STAMP = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d{4}$"
UNDOCUMENTED = {400, 401, 404, 410, 429, 502}
"""Refusals that the description leaves out for some calls."""


@cache
def adf_schema() -> Draft4Validator:
    """Return the document schema, ready to check with."""
    return Draft4Validator(read_spec(ADF_SCHEMA))


@cache
def _rest() -> OpenAPI:
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
    return unchecked(spec)


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


class JiraWire(OpenApiWire):
    """Checks calls against the description of Jira's REST API, and the documents in them."""

    host_url = "https://your-domain.atlassian.net"

    def __post_init__(self) -> None:
        _rest()
        adf_schema()

    def described_path(self, path: str) -> str | None:
        return PREFIX.sub("/rest/api/3/", path) if PREFIX.match(path) else None

    def request_faults(self, request: WireRequest, response: WireResponse) -> Iterator[str]:
        # A request that was refused may well be wrong: that is what refusals are for.
        if response.status_code < 400:
            yield from map(describe, _rest().iter_request_errors(request))
            yield from _document_faults(request.body)

    def response_faults(self, request: WireRequest, response: WireResponse) -> Iterator[str]:
        status = response.status_code
        for error in _rest().iter_response_errors(request, response):
            if type(error).__name__ != "ResponseNotFound" or status not in UNDOCUMENTED:
                yield describe(error)
        if "json" in response.content_type:
            yield from _document_faults(response.data)
            yield from _refusal_faults(response)


def _refusal_faults(response: WireResponse) -> Iterator[str]:
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
