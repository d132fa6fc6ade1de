"""What a team says about changes of its API: other levels, and changes that are wanted."""

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from pathlib import PurePosixPath
from typing import NamedTuple

from pydantic import Field

from agent.domain.value import Value
from agent.openapi.change import Acceptance, ApiDiff, Change, Level
from agent.openapi.yaml_section import Section, read_section, suggestion

ACCEPT_FILE = ".openapi-accept.yml"
SECTION_KEYS = ("levels", "accept", "sunset_days", "apps")
TEAM_FILES = (".backsmith.yml", ".backsmith.yaml")
POLICY_FILES = (*TEAM_FILES, ACCEPT_FILE)
"""The files in which a team says what it thinks of changes of its API."""
_ENTRY_KEYS = (
    "id",
    "fingerprint",
    "operation",
    "component",
    "pointer",
    "reason",
    "ticket",
    "expires",
)
_DROPPED = "none"
_SHORTEST = 8
"""Digits of a fingerprint that are enough."""
_FINGERPRINT = re.compile(rf"[0-9a-f]{{{_SHORTEST},12}}")
_WORST_FIRST = {Level.ERROR: 0, Level.WARNING: 1, Level.INFO: 2}


class AcceptedChange(Value):
    """An entry of an accept file: which change is wanted, why, and for how long."""

    acceptance: Acceptance
    file: str
    line: int
    id: str = ""
    fingerprint: str = ""
    """The first 8 to 12 digits."""
    operation: str = ""
    component: str = ""
    pointer: str = ""

    def is_expired(self, today: date) -> bool:
        """Tell whether its last day is over."""
        return self.acceptance.expires is not None and self.acceptance.expires < today

    @property
    def subject(self) -> tuple[str, ...]:
        """Return the strongest thing that it says about the change."""
        if self.fingerprint:
            return "fingerprint", self.fingerprint[:_SHORTEST]
        if self.operation:
            return "operation", self.id, _operation(self.operation)
        if self.component:
            return "component", self.id, self.component
        return "pointer", self.id, self.pointer

    def matches(self, change: Change) -> bool:
        """Tell whether all that the entry says is true of the change."""
        return (
            change.fingerprint.startswith(self.fingerprint)
            and self.id in ("", change.id)
            and _operation(self.operation) in ("", _operation(change.operation or ""))
            and self.component in ("", change.component)
            and self.pointer in ("", change.pointer)
        )

    def __str__(self) -> str:
        """Return where it stands and what it accepts; names are in backticks."""
        where = self.operation or self.component or self.pointer
        what = f"`{self.id or self.fingerprint}`" + (f" (`{where}`)" if where else "")
        return f"`{self.file}`, line {self.line}: {what}"


class ApiPolicy(Value):
    """What a team has said about changes of its API."""

    levels: dict[str, Level | None] = Field(default_factory=dict)
    """By rule; None: such a change is not shown at all."""
    accepted: tuple[AcceptedChange, ...] = ()
    sunset_days: int | None = None
    """How long before its sunset a thing has to be deprecated; None: sunsets are not asked for."""
    apps: tuple[str, ...] = ()
    """The applications to export, such as `backend/app.main:app`; empty: they are searched for."""


class Applied(NamedTuple):
    """A diff as a team sees it."""

    diff: ApiDiff
    notes: tuple[str, ...]
    """One line for each entry of the accept files that is expired or matches nothing."""


def read_policy(content: bytes, name: str, known: Collection[str] = ()) -> ApiPolicy:
    """Read the section `openapi` of a `.backsmith.yml`, or a whole accept file.

    Args:
        content: The file.
        name: Its path; it tells which of the two it is, and stands in errors.
        known: The ids of all rules; empty: ids are not checked.

    Raises:
        SettingsError: One line with the file, the line, what is wrong and how to correct it.
    """
    section = read_section(content, name)
    if section is not None and PurePosixPath(name.rpartition(":")[2]).name in TEAM_FILES:
        section = section.section("openapi")
    if section is None:
        return ApiPolicy()
    section.only(SECTION_KEYS)
    return ApiPolicy(
        levels=_levels(section.section("levels"), known),
        accepted=tuple(_entry(entry, known) for entry in section.sections("accept")),
        sunset_days=_sunset_days(section),
        apps=tuple(filter(None, map(str.strip, section.text("apps").split(",")))),
    )


def _sunset_days(section: Section) -> int | None:
    if "sunset_days" not in section:
        return None
    written = section.text("sunset_days")
    if not written.isdecimal() or len(written) > 5:
        section.fail("must be a number of days", "sunset_days")
    return int(written)


def _levels(section: Section | None, known: Collection[str]) -> dict[str, Level | None]:
    levels: dict[str, Level | None] = {}
    if section is None:
        return levels
    for rule in section:
        _check_rule(section, rule, rule, known)
        level = section.text(rule).lower()
        if level not in (_DROPPED, *Level):
            section.fail("must be error, warning, info or none", rule)
        levels[rule] = None if level == _DROPPED else Level(level)
    return levels


def _check_rule(section: Section, rule: str, key: str, known: Collection[str]) -> None:
    if known and rule not in known:
        section.fail(f"names no rule; {suggestion(rule, known)}", key)


def _entry(section: Section, known: Collection[str]) -> AcceptedChange:
    section.only(_ENTRY_KEYS)
    texts = {key: section.text(key) for key in _ENTRY_KEYS}
    if texts["id"]:
        _check_rule(section, texts["id"], "id", known)
    fingerprint = texts["fingerprint"].lower()
    if fingerprint and not _FINGERPRINT.fullmatch(fingerprint):
        section.fail("must be 8 to 12 hexadecimal digits, as the report shows them", "fingerprint")
    place = texts["operation"] or texts["component"] or texts["pointer"]
    if not fingerprint and not (texts["id"] and place):
        section.fail(
            "does not say which change; give its fingerprint, or its id with operation, component "
            "or pointer"
        )
    if not texts["reason"]:
        section.fail("has no reason; say why the change is wanted")
    return AcceptedChange(
        acceptance=Acceptance(
            reason=texts["reason"],
            ticket=texts["ticket"],
            expires=_day(section, texts["expires"]),
        ),
        file=section.file,
        line=section.line,
        id=texts["id"],
        fingerprint=fingerprint,
        operation=texts["operation"],
        component=texts["component"].removeprefix("#/components/"),
        pointer=_pointer(texts["pointer"]),
    )


def _day(section: Section, text: str) -> date | None:
    if not text:
        return None
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        section.fail("must be a day such as 2027-01-31", "expires")
    try:
        return date.fromisoformat(text)
    except ValueError:
        section.fail("is no day of the calendar; write one such as 2027-01-31", "expires")


def _operation(text: str) -> str:
    """Return an operation so that the names of path parameters and spaces do not count."""
    method, _, path = " ".join(text.split()).partition(" ")
    return f"{method.upper()} {re.sub(r'{[^{}]*}', '{}', path)}" if path else text


def _pointer(text: str) -> str:
    return text.removeprefix("#")


def joined(policies: Iterable[ApiPolicy]) -> ApiPolicy:
    """Return all policies as one; where two say different things, the later one counts."""
    levels: dict[str, Level | None] = {}
    accepted: list[AcceptedChange] = []
    sunset_days: int | None = None
    apps: tuple[str, ...] = ()
    for policy in policies:
        levels |= policy.levels
        accepted += policy.accepted
        sunset_days = sunset_days if policy.sunset_days is None else policy.sunset_days
        apps = policy.apps or apps
    return ApiPolicy(levels=levels, accepted=tuple(accepted), sunset_days=sunset_days, apps=apps)


def apply(diff: ApiDiff, policy: ApiPolicy, today: date) -> Applied:
    """Return the diff with the team's levels and acceptances, and what became of these.

    Of several entries for one change the first that holds counts.
    """
    changes = _levelled(diff.changes, policy.levels) if policy.levels else list(diff.changes)
    nearby = _by_subject(changes) if policy.accepted else {}
    acceptances: dict[int, Acceptance] = {}
    notes: list[str] = []
    for entry in policy.accepted:
        found = [i for i in nearby.get(entry.subject, ()) if entry.matches(changes[i])]
        if note := _note(entry, bool(found), today):
            notes.append(note)
        if not entry.is_expired(today):
            for index in found:
                acceptances.setdefault(index, entry.acceptance)
    for index, acceptance in acceptances.items():
        changes[index] = changes[index].model_copy(update={"accepted": acceptance})
    return Applied(_with(diff, tuple(changes)), tuple(notes))


def _by_subject(changes: Sequence[Change]) -> dict[tuple[str, ...], list[int]]:
    """Return where to look for what an entry means: thousands of entries meet few changes each."""
    found: dict[tuple[str, ...], list[int]] = {}
    for index, change in enumerate(changes):
        subjects = (
            ("fingerprint", change.fingerprint[:_SHORTEST]),
            ("operation", change.id, _operation(change.operation or "")),
            ("component", change.id, change.component or ""),
            ("pointer", change.id, change.pointer),
        )
        for subject in subjects:
            found.setdefault(subject, []).append(index)
    return found


def _levelled(changes: Iterable[Change], levels: dict[str, Level | None]) -> list[Change]:
    shown = []
    for change in changes:
        level = levels.get(change.id, change.level)
        if level is not None:
            is_same = level is change.level
            shown.append(change if is_same else change.model_copy(update={"level": level}))
    return sorted(shown, key=lambda change: _WORST_FIRST[change.level])


def _with(diff: ApiDiff, changes: tuple[Change, ...]) -> ApiDiff:
    """Return a new diff; a copy would keep what was worked out of the old changes."""
    return ApiDiff(changes=changes, base_version=diff.base_version, head_version=diff.head_version)


def _note(entry: AcceptedChange, is_used: bool, today: date) -> str:
    if entry.is_expired(today):
        fix = "decide again, or make the change harmless" if is_used else "remove it"
        return f"{entry} was accepted until {entry.acceptance.expires}; {fix}"
    return "" if is_used else f"{entry} matches no change; remove it"
