"""The board's columns and the moves between them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Category:
    """One of Jira's three fixed status categories."""

    id: int
    key: str
    colour: str
    name: str


@dataclass(frozen=True)
class Status:
    """One column of the board."""

    id: str
    name: str
    category: Category


@dataclass(frozen=True)
class Transition:
    """One move; its name is that of the target, as in a team-managed project."""

    id: str
    target: Status


NEW = Category(2, "new", "blue-gray", "To Do")
INDETERMINATE = Category(4, "indeterminate", "yellow", "In Progress")
FINISHED = Category(3, "done", "green", "Done")
CATEGORIES = (NEW, INDETERMINATE, FINISHED)

STATUSES = (
    Status("10000", "To Do", NEW),
    Status("3", "In Progress", INDETERMINATE),
    Status("10002", "In Review", INDETERMINATE),
    Status("10001", "Done", FINISHED),
)
TRANSITIONS = tuple(
    Transition(str(11 + 10 * place), status) for place, status in enumerate(STATUSES)
)


def moves_from(status: Status) -> list[Transition]:
    """Return the moves that are allowed now: one column forward, or back to any column."""
    here = STATUSES.index(status)
    return [move for place, move in enumerate(TRANSITIONS) if place != here and place <= here + 1]
