"""One service, exported in as many attempts as its missing settings take."""

import json
import re
from datetime import timedelta
from typing import Any

from pydantic import Field

from agent.domain.errors import NeedsHumanError, ToolError
from agent.domain.value import Value
from agent.ports import Command, Needs
from agent.stacks.openapi.script import script
from agent.stacks.openapi.value import Service, Target
from agent.text import first_line, plain_output
from agent.tools.base import Bench

TIMEOUT = timedelta(seconds=90)
"""For one attempt; importing took 2 to 28 s with services of every size."""
ROUNDS = 8
MOST_ABSENT = 6
_ESSENTIAL = (
    *("fastapi", "starlette", "pydantic", "pydantic_core", "pydantic_settings", "anyio"),
    *("django", "rest_framework", "ninja", "drf_spectacular", "pkg_resources"),
)
ANSWER = ".backsmith-results/openapi.json"
"""The workspace keeps this folder out of every snapshot."""
LARGEST_BYTES = 32 << 20
_NO_ANSWER = "the process ended before it answered"


class Surroundings(Value):
    """What the repository says of its settings."""

    example: dict[str, str] = Field(default_factory=dict)
    """Names and values of its .env.example."""
    known: tuple[str, ...] = ()
    """Names that its code reads."""
    modules: frozenset[str] = frozenset()
    """Top-level modules of the repository; what is missing of them is its own fault."""
    packages: dict[str, str] = Field(default_factory=dict)
    """Names and versions of what the repository itself would install."""


class Attempt(Value):
    """What came of a service."""

    documents: tuple[dict[str, Any], ...] = ()
    """`prefix`, `label` and `document` of each application."""
    reason: str = ""
    framework: str = ""
    is_low_quality: bool = False
    dummies: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


def attempt(bench: Bench, service: Service, around: Surroundings) -> Attempt:
    """Export a service, with settings filled in and packages added as its errors ask for them.

    A package that cannot be installed gets a stand-in. What is not declared to be an application,
    and cannot be imported, gives way to the next one.
    """
    state = _State(service=service, around=around)
    answer: dict[str, Any] = {"reason": _NO_ANSWER}
    for _ in range(ROUNDS + MOST_ABSENT):
        answer = _asked(bench, state)
        if "documents" in answer:
            return _found(answer, state)
        if state.extras and answer.get("is_unable"):
            answer = {"reason": state.reason}
        following = _following(state, answer)
        if following is None:
            break
        state = following
    return Attempt(reason=answer["reason"], dummies=tuple(sorted(state.settings)))


class _State(Value):
    """What has been learned from the attempts so far."""

    service: Service
    around: Surroundings
    settings: dict[str, str] = Field(default_factory=dict)
    turns: dict[str, int] = Field(default_factory=dict)
    also: tuple[str, ...] = ()
    """Packages beside those of the repository."""
    absent: tuple[str, ...] = ()
    """Modules that have stand-ins."""
    extras: bool = False
    """True: with all that is optional, for a module was missing."""
    reason: str = ""
    """What failed before that."""


def _found(answer: dict[str, Any], state: _State) -> Attempt:
    return Attempt(
        documents=tuple(answer["documents"]),
        framework=str(answer.get("framework", "")),
        is_low_quality=bool(answer.get("is_low_quality") or state.absent),
        absent=state.absent,
        dummies=tuple(sorted(state.settings)),
    )


def _following(state: _State, answer: dict[str, Any]) -> _State | None:
    """Return what to try next; None when nothing is left."""
    need = answer.get("need")
    if need and need not in state.also:
        return state.model_copy(update={"also": (*state.also, need)})
    if answer.get("lacks") and not state.extras:
        return state.model_copy(update={"extras": True, "reason": answer["reason"]})
    if missing := answer.get("missing"):
        update = {
            "settings": {**state.settings, **missing},
            "turns": {**state.turns, **answer.get("turns", {})},
        }
        return state.model_copy(update=update)
    lacking = str(answer.get("lacks", "")).partition(".")[0]
    if _may_be_absent(lacking, state):
        return state.model_copy(update={"absent": (*state.absent, lacking)})
    first, *rest = state.service.targets
    if rest and (state.service.kind == "django" or not first.is_declared):
        service = state.service.model_copy(update={"targets": tuple(rest)})
        return _State(service=service, around=state.around, also=state.also, extras=state.extras)
    return None


def _may_be_absent(module: str, state: _State) -> bool:
    """Tell whether a stand-in may take a module's place: not of what makes the description."""
    is_known = module in (*state.absent, *state.around.modules, *_ESSENTIAL)
    return bool(module) and not is_known and len(state.absent) < MOST_ABSENT


def _asked(bench: Bench, state: _State) -> dict[str, Any]:
    """Make one attempt; return the script's answer, or the reason why there is none."""
    command = Command(
        argv=("python", "-c", script()),
        timeout=TIMEOUT,
        stdin=json.dumps(_job(state)).encode(),
        needs=Needs(folder=state.service.project, also=state.also, extras=state.extras),
    )
    try:
        done = bench.sandbox.run(bench.worktree, command)
    except NeedsHumanError as error:
        plain = re.sub(r"(?m)^(Using Python|warning:|hint:).*\n?", "", str(error))
        return {"reason": " ".join(plain.split())[:400], "is_unable": True}
    if done.timed_out:
        seconds = int(TIMEOUT.total_seconds())
        return {"reason": f"importing {state.service.label} took longer than {seconds} s"}
    if done.exit_code != 0:
        said = plain_output(done.output).strip().splitlines()[-1:]
        return {"reason": ": ".join([f"{_NO_ANSWER} (exit code {done.exit_code})", *said])[:400]}
    try:
        found = bench.files("result", path=ANSWER, cap=LARGEST_BYTES)
        answer = json.loads(found["text"])
    except (ToolError, ValueError, RecursionError) as error:
        return {"reason": f"{_NO_ANSWER} ({first_line(str(error), 200)})"}
    return answer if isinstance(answer, dict) else {"reason": _NO_ANSWER}


def _job(state: _State) -> dict[str, Any]:
    service = state.service
    return {
        "kind": service.kind,
        "project": service.project,
        "paths": list(dict.fromkeys([service.root, service.project, ""])),
        "targets": [_target(target) for target in service.targets],
        "settings": state.settings,
        "turns": state.turns,
        "example": state.around.example,
        "known": list(state.around.known),
        "packages": state.around.packages,
        "is_full": state.extras,
        "absent": list(state.absent),
        "answer": ANSWER,
    }


def _target(target: Target) -> dict[str, Any]:
    return target.model_dump()
