"""Recorded answers: which one a request gets, and whether it fits the tools on offer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from office.model.errors import mismatch

_NAMED = re.compile(r"\bTicket ([A-Z][A-Z0-9_]*-\d+)(?![\w-])")
_WAY_OUT = "set OPENAI_API_KEY or OPENAI_BASE_URL to use a real model"


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Call(_Record):
    """One tool call of an answer."""

    name: str
    arguments: dict[str, Any]


class Answer(_Record):
    """What the model says in one step."""

    content: str | None = None
    tool_calls: tuple[Call, ...] = ()


class Recording(_Record):
    """All answers for one ticket, in order."""

    ticket: str
    model: str
    answers: tuple[Answer, ...]
    asides: dict[str, Answer] = {}
    """Answers to requests beside the conversation: those that offer one tool, by its name."""

    def aside(self, tools: Iterable[str]) -> Answer | None:
        """Return the answer to a request that stands beside the conversation, else None."""
        offered = list(tools)
        return self.asides.get(offered[0]) if len(offered) == 1 else None

    def answer(self, step: int) -> Answer:
        """Return the answer for a step, counted from 0.

        Raises:
            Refused: the recording has ended (422).
        """
        if step >= len(self.answers):
            count = len(self.answers)
            raise mismatch(
                f"the recorded answers for {self.ticket} end after {count} steps; {_WAY_OUT}"
            )
        return self.answers[step]


def find(folder: Path, messages: Sequence[Mapping[str, Any]]) -> Recording:
    """Return the recording for the ticket that the messages are about.

    Raises:
        Refused: there is none, or its file is malformed (422).
    """
    keys = list(_keys(messages))
    for key in keys:
        path = folder / f"{key}.json"
        if path.is_file():
            return _read(path, key)
    if not keys:
        raise mismatch(f"no message names a ticket as 'Ticket KEY'; {_WAY_OUT}")
    raise mismatch(
        f"there are no recorded answers for {', '.join(dict.fromkeys(keys))}; {_WAY_OUT}"
    )


def check(recording: Recording, step: int, tools: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse calls that do not fit the offered tools, given as name to JSON schema.

    Raises:
        Refused: unknown tool, unknown argument or missing argument (422).
    """
    for call in recording.answer(step).tool_calls:
        where = f"step {step} of the recorded answers for {recording.ticket} calls {call.name!r}"
        if call.name not in tools:
            offered = ", ".join(sorted(tools)) or "none"
            raise mismatch(f"{where}, which is not among the offered tools: {offered}")
        schema = tools[call.name]
        missing = [name for name in schema.get("required", ()) if name not in call.arguments]
        if missing:
            raise mismatch(f"{where} without the required argument {missing[0]!r}")
        known = schema.get("properties", {})
        odd = [name for name in call.arguments if name not in known]
        if odd:
            takes = ", ".join(sorted(known)) or "no arguments"
            raise mismatch(f"{where} with the argument {odd[0]!r}, but it takes: {takes}")


def text_of(message: Mapping[str, Any]) -> str:
    """Return the text of a message, whose content is a string or a list of parts."""
    content = message.get("content")
    if isinstance(content, list):
        return "\n".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def _keys(messages: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for message in messages:
        yield from _NAMED.findall(text_of(message))


def _read(path: Path, key: str) -> Recording:
    try:
        recording = Recording.model_validate(json.loads(path.read_text("utf-8")))
    except (ValueError, ValidationError) as error:
        raise mismatch(f"the recorded answers in {path.name} are malformed: {error}") from error
    if recording.ticket != key:
        raise mismatch(f"the recorded answers in {path.name} are for {recording.ticket}")
    return recording
