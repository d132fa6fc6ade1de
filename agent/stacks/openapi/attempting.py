"""One service, exported in as many attempts as its missing settings take."""

from collections.abc import Callable
from typing import Any

from pydantic import Field

from agent.domain.value import Value
from agent.ports import Needs
from agent.stacks.openapi.asking import Answer, ask
from agent.stacks.openapi.value import Service
from agent.tools.base import Checkout

ROUNDS = 8
MOST_ABSENT = 6
Asking = Callable[[Checkout, dict[str, Any], Needs], Answer]
"""Runs a script with a job, as `ask` does."""
_ESSENTIAL = (
    *("fastapi", "starlette", "pydantic", "pydantic_core", "pydantic_settings", "anyio"),
    *("django", "rest_framework", "ninja", "drf_spectacular", "pkg_resources"),
)
"""What makes the description; no stand-in can."""


class Surroundings(Value):
    """What the repository says of its settings and its modules."""

    example: dict[str, str] = Field(default_factory=dict)
    """Names and values of its .env.example."""
    known: tuple[str, ...] = ()
    """Names that its code reads."""
    modules: frozenset[str] = frozenset()
    """Its own modules; what is missing of them is its own fault."""
    packages: dict[str, str] = Field(default_factory=dict)
    """Names and versions of what the repository itself would install."""


class Attempt(Value):
    """What came of a service."""

    answer: Answer
    """The last one."""
    dummies: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


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
    is_full: bool = False
    """True: more cannot be installed."""


def attempt(
    checkout: Checkout,
    service: Service,
    around: Surroundings,
    asking: Asking = ask,
    also: tuple[str, ...] = (),
) -> Attempt:
    """Export a service, with settings filled in and packages added as its errors ask for them.

    `asking` runs another script than that of the export, and `also` names packages for it.
    A package that cannot be installed gets a stand-in. What is not declared to be an application,
    and cannot be imported, gives way to the next one.

    Raises:
        TransientError: The package index cannot be reached.
    """
    state = _State(service=service, around=around, also=also)
    answer = Answer()
    for _ in range(ROUNDS + MOST_ABSENT):
        needs = Needs(folder=state.service.project, also=state.also, extras=state.extras)
        answer = asking(checkout, _job(state), needs)
        following = None if answer.documents else _following(state, answer)
        if following is None:
            break
        state = following
    return Attempt(answer=answer, dummies=tuple(sorted(state.settings)), absent=state.absent)


def _following(state: _State, answer: Answer) -> _State | None:
    """Return what to try next; None when nothing is left."""
    if answer.need and answer.need not in state.also:
        return state.model_copy(update={"also": (*state.also, answer.need)})
    if answer.is_unable and state.extras:
        return state.model_copy(update={"extras": False})
    if answer.lacks and not state.is_full:
        return state.model_copy(update={"extras": True, "is_full": True})
    if answer.missing:
        update = {
            "settings": {**state.settings, **answer.missing},
            "turns": {**state.turns, **answer.turns},
        }
        return state.model_copy(update=update)
    lacking = answer.lacks.partition(".")[0]
    if _may_be_absent(lacking, state):
        return state.model_copy(update={"absent": (*state.absent, lacking)})
    return _without_first(state)


def _may_be_absent(module: str, state: _State) -> bool:
    """Tell whether a stand-in may take a module's place."""
    is_known = module in (*state.absent, *state.around.modules, *_ESSENTIAL)
    return bool(module) and not is_known and len(state.absent) < MOST_ABSENT


def _without_first(state: _State) -> _State | None:
    """Return a fresh start with the next target; of Django the next settings."""
    first, *rest = state.service.targets
    if not rest or (first.is_declared and state.service.kind != "django"):
        return None
    service = state.service.model_copy(update={"targets": tuple(rest)})
    return _State(service=service, around=state.around, also=state.also)


def _job(state: _State) -> dict[str, Any]:
    service = state.service
    return {
        "kind": service.kind,
        "project": service.project,
        "paths": list(dict.fromkeys([service.root, service.project, ""])),
        "targets": [target.model_dump() for target in service.targets],
        "settings": state.settings,
        "turns": state.turns,
        "example": state.around.example,
        "known": list(state.around.known),
        "packages": state.around.packages,
        "is_full": state.is_full,
        "absent": list(state.absent),
    }
