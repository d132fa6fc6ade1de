"""What differs between two descriptions of an API, and what it means for clients."""

import re
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from functools import cached_property
from hashlib import sha256

from agent.domain.value import Value

_ADDITION = re.compile(
    r"^new-optional-|(?:^endpoint|^webhook|^callback|-property|-header|-media-type|-status|-body"
    r"|enum-value|-of|-component|-scope|-flow|-tag|-path|operation-id)-added|-added-optional"
)
"""Rules about something new, beside those about new demands."""


class Level(StrEnum):
    """What a change means for clients that follow the old description."""

    ERROR = "error"
    """Clients can stop working."""
    WARNING = "warning"
    """Clients may stop working; the descriptions do not tell."""
    INFO = "info"
    """Clients go on working."""


class Semver(StrEnum):
    """The part of the version that a set of changes asks to raise."""

    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"
    NONE = "none"


class Acceptance(Value):
    """A person's word that a change is wanted."""

    reason: str
    ticket: str = ""
    expires: date | None = None
    """The last day on which it holds; None: for good."""


class Change(Value):
    """One difference, wherever in the API it is felt."""

    id: str
    """The rule's name, as oasdiff calls it where it has such a rule."""
    level: Level
    operation: str | None
    """`GET /items/{id}`; None when it is felt in several or in none."""
    component: str | None
    """The component in which it was made, such as `schemas/Item`; None when it is in none."""
    pointer: str
    """JSON pointer (RFC 6901) into the newer description; into the older one for what is gone."""
    text: str
    """One sentence for people; names are in backticks."""
    fingerprint: str
    """Twelve hexadecimal digits that stay the same as long as the same thing changes."""
    affects: int
    """How many operations feel it; 0 for what is felt by none."""
    operations: tuple[str, ...] = ()
    """Those operations, sorted."""
    is_noise: bool = False
    """True when a framework made it and not the authors, such as FastAPI's ValidationError."""
    accepted: Acceptance | None = None

    @property
    def is_breaking(self) -> bool:
        """Tell whether it can break clients and nobody has accepted that."""
        return self.level is Level.ERROR and self.accepted is None

    @property
    def is_addition(self) -> bool:
        """Tell whether there is something that was not there before."""
        return _ADDITION.search(self.id) is not None


class ApiDiff(Value):
    """All differences between two descriptions; worst first, then by place."""

    changes: tuple[Change, ...] = ()
    base_version: str = ""
    """`info.version` of the older description."""
    head_version: str = ""

    @cached_property
    def breaking(self) -> bool:
        """Tell whether any change can break clients and is not accepted."""
        return any(change.is_breaking for change in self.changes)

    @cached_property
    def semver(self) -> Semver:
        """Return the part of the version to raise; acceptance does not make a change smaller.

        Source: semver.org 2.0.0, items 6 to 8; a deprecation asks for a minor version.
        """
        levels = {change.level for change in self.changes}
        if Level.ERROR in levels:
            return Semver.MAJOR
        if any(change.is_addition or change.id == "endpoint-deprecated" for change in self.changes):
            return Semver.MINOR
        return Semver.PATCH if levels else Semver.NONE

    def count(self, level: Level) -> int:
        """Return how many changes of a level nobody has accepted."""
        return sum(change.level is level and not change.accepted for change in self.changes)


def fingerprint(rule: str, place: str, subjects: Iterable[object]) -> str:
    """Return the name of a change that does not depend on what else changed.

    Args:
        rule: The rule's id.
        place: `component pointer-within` or `operation pointer-within`.
        subjects: What tells two changes of one rule at one place apart, such as an enum's value.
    """
    text = "\x1f".join((rule, place, *map(str, subjects)))
    return sha256(text.encode("utf-8", "replace")).hexdigest()[:12]
