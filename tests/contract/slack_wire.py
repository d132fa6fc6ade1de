"""Checks a local Slack against Slack's own (old) API description and the shapes of java-slack-sdk.

The description is of 2021 and archived. It is a floor: what it requires must be there with the
right type; what it does not know yet may be there too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from jsonschema import Draft4Validator, Draft7Validator
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.contract.openapi_wire import answer, leaves
from tests.fakes.specs import find_spec, read_samples, read_spec

WEB_API = "slack-web-api.swagger2.json.gz"
WRAPPER = "slack-event-wrapper.schema.json"
SAMPLES = "slack-java-sdk-event-samples.tar.gz"
API = re.compile(r"^/api/(?P<method>[A-Za-z.]+)$")
NEWER = {"apps.connections.open"}
"""Methods that the description does not have yet."""
STALE = {
    # Describes the list of blocks as one object.
    "chat.update": "message",
}
"""Method to the part of its answer that the description has wrong; that part is not checked."""


@cache
def _web_api() -> dict[str, Any]:
    found: dict[str, Any] = _mended(read_spec(WEB_API))
    return found


def _mended(part: Any) -> Any:
    """Return the description as JSON Schema: it writes alternatives as `items`."""
    if isinstance(part, list):
        return [_mended(each) for each in part]
    if not isinstance(part, dict):
        return part
    mended = {name: _mended(each) for name, each in part.items()}
    if mended.get("additionalProperties") is False:
        del mended["additionalProperties"]
    # It wants at least one message, also from a channel that is empty.
    mended.pop("minItems", None)
    if isinstance(mended.get("items"), list) and mended.get("type") != "array":
        mended["anyOf"] = mended.pop("items")
    return mended


@cache
def _samples() -> dict[str, dict[str, Any]]:
    return read_samples(SAMPLES)


def event_faults(payload: dict[str, Any], sample: str) -> list[str]:
    """Return what keeps an event or interaction from having the shape of a sample.

    Every key that both have holds a value of the same kind, and no key is unheard of.
    """
    faults = list(_unlike(payload, _samples()[sample], ""))
    if "event" in payload:
        schema = json.loads(find_spec(WRAPPER).read_text())
        faults += [each.message for each in Draft7Validator(schema).iter_errors(payload)]
    return faults


NEW_KEYS = re.compile(
    r"/(blocks|context_team_id|context_enterprise_id|metadata|is_enterprise_install|state|app_id"
    r"|bot_profile|attachment_id|enterprise|style|is_locked|subscribed)\b"
)
"""Younger than the samples, or of a shape that depends on what was written."""


def _unlike(ours: Any, theirs: Any, where: str) -> Iterator[str]:
    if NEW_KEYS.search(where) or ours is None or theirs is None:
        return
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name, value in ours.items():
            place = f"{where}/{name}"
            if name in theirs:
                yield from _unlike(value, theirs[name], place)
            elif theirs and not NEW_KEYS.search(place):
                yield f"{place} is in no sample"
    elif isinstance(ours, list) and isinstance(theirs, list):
        if ours and theirs:
            yield from _unlike(ours[0], theirs[0], f"{where}/0")
    elif type(ours) is not type(theirs):
        yield f"{where} is {type(ours).__name__}, in the sample {type(theirs).__name__}"


@dataclass
class SlackWire:
    """Middleware that checks each answer of the Web API and collects what is wrong."""

    app: ASGIApp
    violations: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    """Method and outcome of every call."""

    def __post_init__(self) -> None:
        _web_api()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = API.match(scope["path"]) if scope["type"] == "http" else None
        if found is None:
            await self.app(scope, receive, send)
            return
        response = await answer(self.app, scope, receive, send)
        self._check(found["method"], response.status_code, json.loads(response.data))

    def _check(self, method: str, status: int, body: dict[str, Any]) -> None:
        outcome = "ok" if body.get("ok") else body.get("error")
        self.calls.append(f"{method} {outcome}")
        known = _web_api()["paths"].get(f"/{method}", {})
        if not known:
            if method not in NEWER and outcome != "unknown_method":
                self.violations.append(f"{method}: no such method")
            return
        if status != 200 or outcome != "ok":
            if not isinstance(outcome, str) or body.get("ok") is not False:
                self.violations.append(f"{method}: neither ok nor an error")
            return
        self.violations += [f"{method}: {fault}" for fault in _faults(method, known, body)]


def _faults(method: str, known: dict[str, Any], body: dict[str, Any]) -> Iterator[str]:
    [operation] = known.values()
    schema = {**operation["responses"]["200"]["schema"]}
    if stale := "messages" if _is_lonely(method, body) else STALE.get(method):
        schema["properties"] = {**schema["properties"], stale: {}}
    schema["definitions"] = _web_api()["definitions"]
    for error in Draft4Validator(schema).iter_errors(body):
        yield from leaves(error)


def _is_lonely(method: str, body: dict[str, Any]) -> bool:
    """A message without replies is answered alone, which the description forgot."""
    messages = body.get("messages") or [{}]
    return method == "conversations.replies" and "thread_ts" not in messages[0]
