"""A request for a chat completion, checked as the real endpoint checks it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from office.model.errors import Refused


@dataclass(frozen=True)
class Ask:
    """One request for the next answer of a conversation."""

    model: str
    messages: Sequence[Mapping[str, Any]]
    tools: Mapping[str, Mapping[str, Any]]
    """Name to JSON schema of the arguments."""
    stream: bool
    with_usage: bool
    """Whether a stream ends with the usage."""
    pieces: Sequence[str]
    """Tools and messages as text, in the order in which a prompt cache sees them."""


def read(raw: bytes) -> Ask:
    """Return the request in a body.

    Raises:
        Refused: 400 that says what is wrong with it.
    """
    body = _object(raw)
    messages = _messages(body.get("messages"))
    tools = _tools(body.get("tools"))
    _refuse_unanswered(messages)
    if not isinstance(body.get("model"), str) or not body["model"]:
        raise _missing("model")
    options = body.get("stream_options") or {}
    if options and not body.get("stream"):
        message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        raise Refused(400, message, param="stream_options")
    return Ask(
        model=body["model"],
        messages=messages,
        tools=tools,
        stream=bool(body.get("stream")),
        with_usage=bool(options.get("include_usage")),
        pieces=[json.dumps(each, ensure_ascii=False) for each in (body.get("tools"), *messages)],
    )


def _object(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise Refused(400, "We could not parse the JSON body of your request.") from error
    if not isinstance(body, dict):
        raise Refused(400, "The body of your request must be a JSON object.")
    return body


def _messages(value: Any) -> list[dict[str, Any]]:
    if value is None:
        raise _missing("messages")
    if not isinstance(value, list) or not value or not all(isinstance(x, dict) for x in value):
        message = "Invalid 'messages': expected an array of objects with at least 1 element."
        raise Refused(400, message, param="messages")
    return value


def _tools(value: Any) -> dict[str, dict[str, Any]]:
    tools: dict[str, dict[str, Any]] = {}
    if value == []:
        message = "Invalid 'tools': empty array. Expected an array with minimum length 1."
        raise Refused(400, message, param="tools", code="empty_array")
    for place, tool in enumerate(value or ()):
        function = tool.get("function") if isinstance(tool, dict) else None
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            param = f"tools[{place}].function"
            raise Refused(400, f"Missing required parameter: '{param}'.", param=param)
        tools[function["name"]] = function.get("parameters") or {}
    return tools


def _refuse_unanswered(messages: Sequence[Mapping[str, Any]]) -> None:
    """Each tool call needs its result before anything else is said, and each result its call."""
    waiting: set[str] = set()
    for place, message in enumerate(messages):
        if message.get("role") == "tool":
            if message.get("tool_call_id") not in waiting:
                text = (
                    "Invalid parameter: messages with role 'tool' must be a response to a "
                    "preceding message with 'tool_calls'."
                )
                raise Refused(400, text, param=f"messages.[{place}].role")
            waiting.discard(str(message["tool_call_id"]))
            continue
        _refuse_open(waiting, place)
        waiting = {str(call.get("id")) for call in message.get("tool_calls") or ()}
    _refuse_open(waiting, len(messages))


def _refuse_open(waiting: set[str], place: int) -> None:
    if waiting:
        names = ", ".join(sorted(waiting))
        text = (
            "An assistant message with 'tool_calls' must be followed by tool messages responding "
            f"to each 'tool_call_id'. These did not have response messages: {names}"
        )
        raise Refused(400, text, param=f"messages.[{place}].role")


def _missing(name: str) -> Refused:
    return Refused(400, f"Missing required parameter: '{name}'.", param=name)
