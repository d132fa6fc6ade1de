"""Sending requests to the operations of an application, and keeping what its answers break.

Source: schemathesis 4.32, `schemathesis.engine` and the keys of its configuration file.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from agent.evidence.contract.inside.leniency import is_negative, is_taken_anyway
from agent.evidence.contract.inside.served import Errors

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
)
SEED = 1
MOST_TEXT = 400
LOGIN = (401, 403)


def configuration(examples: int) -> Any:
    """Return settings under which the same requests are sent every time."""
    off = {"enabled": False}
    fixed = {"extra-data-sources": {"responses": False}}
    written = {
        "seed": SEED,
        "continue-on-failure": True,
        "phases": {
            "stateful": off,
            "coverage": {"unexpected-methods": [], **fixed},
            "fuzzing": {"error-feedback": off, **fixed},
        },
        "generation": {
            "max-examples": examples,
            "deterministic": True,
            "no-shrink": True,
            "database": "none",
            "allow-x00": False,
        },
        "checks": {**off, **{name: {"enabled": True} for name in CHECKS}},
    }
    return import_module("schemathesis.config").SchemathesisConfig.from_dict(written)


def schema_of(part: dict[str, Any], examples: int) -> Any:
    """Return what requests are made from; the paths are those that the application serves."""
    document = {key: value for key, value in part["document"].items() if key != "servers"}
    openapi = import_module("schemathesis").openapi
    schema = openapi.from_dict(document, config=configuration(examples))
    schema.app = part["app"]
    return schema


def driven(schema: Any, name: str, errors: Errors, end: float) -> dict[str, Any]:
    """Return what came of one operation's requests.

    Args:
        schema: The description with its application.
        name: Method and path.
        errors: Where the application's errors are kept.
        end: The monotonic time after which nothing is sent any more.
    """
    engine, notes = import_module("schemathesis.engine"), Notes(errors)
    stream = engine.from_schema(schema.include(name=name)).execute()
    # Its own limit of time would be used up to the end, by repeating what can be repeated.
    alarm = threading.Timer(max(0.0, end - time.monotonic()), stream.stop)
    alarm.daemon = True
    alarm.start()
    for event in stream:
        kind = type(event).__name__
        if kind == "ScenarioFinished":
            notes.take(event.recorder)
        elif kind in ("NonFatalError", "FatalError"):
            error = getattr(event, "value", None) or event.exception
            notes.problem = f"{type(error).__name__}: {error}"[:MOST_TEXT]
    alarm.cancel()
    is_over = time.monotonic() >= end
    return {**notes.told(), "state": "over" if is_over else "tried"}


class Notes:
    """What is kept of one operation's requests."""

    def __init__(self, errors: Errors) -> None:
        """Take where the application's errors are kept."""
        self.errors = errors
        self.faults: dict[tuple[str, int], dict[str, Any]] = {}
        self.statuses: list[int] = []
        self.needs = self.problem = ""

    def take(self, recorder: Any) -> None:
        """Keep what a set of requests showed."""
        answers = {key: it.response for key, it in recorder.interactions.items() if it.response}
        self.statuses += [answer.status_code for answer in answers.values()]
        for key, checks in recorder.checks.items():
            for check in checks:
                if check.failure_info is not None and key in answers:
                    case = recorder.cases[key].value
                    self.judge(case, check, answers[key])

    def judge(self, case: Any, check: Any, answer: Any) -> None:
        """Keep a failed check, unless it says nothing of the application's contract."""
        why, is_absent = self.errors.of(case.id)
        if is_absent:
            self.needs = self.needs or why
            return
        if is_excused(case, check.name, answer.status_code):
            return
        fault = self.faults.setdefault(
            (check.name, answer.status_code),
            {
                "check": check.name,
                "status": answer.status_code,
                "said": check.failure_info.failure.message[:2_000],
                "sent": check.failure_info.code_sample[: 2 * MOST_TEXT],
                "got": (answer.content or b"").decode("utf-8", "replace")[:MOST_TEXT],
                "why": why,
                "times": 0,
            },
        )
        fault["times"] += 1

    def told(self) -> dict[str, Any]:
        """Return all that is kept."""
        return {
            "sent": len(self.statuses),
            "faults": list(self.faults.values()),
            "needs": self.needs,
            "problem": self.problem,
            "is_locked": bool(self.statuses) and all(code in LOGIN for code in self.statuses),
        }


def is_excused(case: Any, check: str, status: int) -> bool:
    """Tell whether a failed check is what every framework does, and no author writes down.

    Refusing bad input by a status that is not listed is one; asking for the login that the
    description asks for is another.
    """
    is_bad_input = case.meta is not None and is_negative(case.meta.generation.mode)
    if check == "negative_data_rejection":
        return is_taken_anyway(case)
    if check != "status_code_conformance":
        return False
    if status >= 500:
        return True  # it is told as an error of the server
    if status in LOGIN and is_secured(case.operation):
        return True
    return is_bad_input and 400 <= status < 500


def is_secured(operation: Any) -> bool:
    """Tell whether the description says that an operation asks for a login."""
    raw = getattr(operation.definition, "raw", None) or {}
    return bool(raw.get("security", operation.schema.raw_schema.get("security")))


def chosen(names: dict[str, str], wanted: dict[str, Any]) -> Iterator[str]:
    """Yield the operations to try: those that are new or other than at the base.

    Args:
        names: The operations with their digests.
        wanted: `operations` of the team, empty for all; `known` digests, None for none.
    """
    known = wanted["known"]
    for name, digest in names.items():
        is_asked = not wanted["operations"] or name in wanted["operations"]
        if is_asked and (known is None or known.get(name) != digest):
            yield name
