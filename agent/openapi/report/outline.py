"""What every report says: what counts as what, in which order, and how far it reaches."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from agent.openapi.change import ApiDiff, Change, Level, Semver

NAMED = 3
"""How many of the operations that feel a change are named."""
UNCHANGED = "API: unchanged"
MEANINGS = {
    Level.ERROR: "clients that follow the old description can stop working",
    Level.WARNING: "clients may stop working; the descriptions do not tell",
    Level.INFO: "clients go on working",
}
_VERSION = re.compile(r"v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?![\d])", re.ASCII)


class Sections(NamedTuple):
    """The changes of a diff by what a reader does about them; each in one section."""

    breaking: tuple[Change, ...]
    warnings: tuple[Change, ...]
    infos: tuple[Change, ...]
    accepted: tuple[Change, ...]
    noise: tuple[Change, ...]
    """What a framework made; what of it is breaking stands under `breaking` all the same."""


class Group(NamedTuple):
    """Changes at one place that the same operations feel."""

    place: str
    """A component, an operation, or empty for the API as a whole."""
    reach: tuple[str, ...]
    """The operations that feel them, unless the place says that already."""
    affects: int
    """How many those are; 0 when there is nothing to add to the place."""
    changes: tuple[Change, ...]


def sections(diff: ApiDiff) -> Sections:
    """Return the changes of a diff by section, in the order of the diff."""
    parts: dict[str, list[Change]] = {name: [] for name in Sections._fields}
    for change in diff.changes:
        parts[_section(change)].append(change)
    return Sections(**{name: tuple(changes) for name, changes in parts.items()})


def _section(change: Change) -> str:
    if change.accepted:
        return "accepted"
    if change.is_breaking:
        return "breaking"
    if change.is_noise:
        return "noise"
    return "warnings" if change.level is Level.WARNING else "infos"


def grouped(changes: Sequence[Change]) -> list[Group]:
    """Return changes by place and reach, in the order in which the places come first."""
    groups: dict[tuple[str, tuple[str, ...], int], list[Change]] = {}
    for change in changes:
        place = change.component or change.operation or ""
        is_told = place == change.operation
        key = (place, () if is_told else change.operations, 0 if is_told else change.affects)
        groups.setdefault(key, []).append(change)
    return [Group(*key, tuple(found)) for key, found in groups.items()]


def counts(parts: Sections) -> str:
    """Return `2 breaking changes, 1 warning, 3 additions`, with the parts that are not zero."""
    additions = sum(change.is_addition for change in parts.infos)
    words = (
        counted(len(parts.breaking), "breaking change"),
        counted(len(parts.warnings), "warning"),
        counted(additions, "addition"),
        counted(len(parts.infos) - additions, "other change"),
        counted(len(parts.accepted), "accepted change"),
        counted(len(parts.noise), "change") + " by the framework" if parts.noise else "",
    )
    return ", ".join(word for word in words if word)


def headline(diff: ApiDiff, parts: Sections) -> str:
    """Return one line that says it all."""
    if not diff.changes:
        return UNCHANGED
    suggested = f" (suggests {diff.semver})" if diff.semver is not Semver.NONE else ""
    return f"API: {counts(parts)}{suggested}"


def counted(number: int, noun: str) -> str:
    """Return `1 warning`, `2 warnings`, or nothing for none."""
    return f"{number} {noun}{'s' if number > 1 else ''}" if number else ""


def version_note(diff: ApiDiff) -> str:
    """Tell that `info.version` was not raised although the changes ask for it; else empty.

    Below 1.0.0 a minor version is enough for anything. Source: semver.org 2.0.0, item 4.
    """
    wanted = diff.semver
    if wanted is Semver.NONE or not diff.base_version:
        return ""
    base, head = _version(diff.base_version), _version(diff.head_version)
    if base is None or head is None:
        return _still(diff, wanted) if diff.base_version == diff.head_version else ""
    if wanted is Semver.MAJOR and base[0] == 0:
        wanted = Semver.MINOR
    digits = {Semver.MAJOR: 1, Semver.MINOR: 2, Semver.PATCH: 3}[wanted]
    return "" if head[:digits] > base[:digits] else _still(diff, wanted)


def _version(text: str) -> tuple[int, ...] | None:
    found = _VERSION.match(text)
    return tuple(int(part or 0) for part in found.groups()) if found else None


def _still(diff: ApiDiff, wanted: Semver) -> str:
    if diff.base_version == diff.head_version:
        return f"`info.version` is still `{diff.head_version}`; the changes ask for a {wanted} one"
    went = f"went from `{diff.base_version}` to `{diff.head_version}`"
    return f"`info.version` {went}; the changes ask for a {wanted} one"
