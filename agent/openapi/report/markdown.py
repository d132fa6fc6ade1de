"""A diff for the body of a pull request: what breaks clients in full, the rest folded."""

from collections.abc import Sequence

from agent.openapi.accept_file import acceptances_text
from agent.openapi.change import ApiDiff, Change, Level, Semver
from agent.openapi.policy import ACCEPT_FILE
from agent.openapi.report.escaping import code, sentence
from agent.openapi.report.outline import (
    MEANINGS,
    Group,
    Sections,
    accepted_text,
    counted,
    counts,
    grouped,
    noise_text,
    reach_text,
    sections,
    version_note,
)

LIMIT = 60_000
"""Characters. GitHub takes 65,536 for a body, and a pull request says more than this."""
_RESERVE = 1_500
"""Room for the last lines: what the framework did, and how much is not shown."""
_MOST_NOTES = 10
_CLOSE = "</details>"
_MOST_ENTRIES = 20
"""Changes for which an entry of the accept file is written out."""
_UNCHANGED = "### API: unchanged"


class _Page:
    """Lines up to a limit; once one does not fit, only the rest is counted."""

    def __init__(self, room: int) -> None:
        self.lines: list[str] = []
        self.hidden = 0
        self._room = room
        self._is_full = False

    def add(self, *lines: str, keep: int = 0) -> bool:
        """Add lines if all fit and `keep` characters remain; tell whether they were added."""
        size = sum(len(line) + 1 for line in lines)
        if self._is_full or size + keep > self._room:
            self._is_full = True
            return False
        self._room -= size
        self.lines += lines
        return True

    def section(self, changes: Sequence[Change], head: str, tail: str = "") -> None:
        """Add changes by place between two lines."""
        above = ["", head, ""]
        for group in grouped(changes):
            title, *items = _group(group)
            for item in items:
                lines = [*above, title, item] if title else [*above, item]
                if self._is_full or not self.add(*lines, keep=len(tail) + 2):
                    self.hidden += 1
                    continue
                above, title = [], ""
        if tail and not above:
            self.lines += ["", tail]
            self._room -= len(tail) + 2


def render_markdown(diff: ApiDiff, notes: Sequence[str] = (), limit: int = LIMIT) -> str:
    """Return at most `limit` characters (4,000 or more) of Markdown that only says what it says.

    Names from descriptions stay names: they mention nobody, link nowhere and close nothing.
    """
    parts = sections(diff)
    page = _Page(limit - _RESERVE)
    if not page.add(*_head(diff, parts), *_notes(diff, notes)):
        page = _Page(limit - _RESERVE)  # notes without end must not displace the changes
        page.add(*_head(diff, parts))
    page.section(parts.breaking, "#### Breaking")
    page.section(parts.warnings, "#### Warnings")
    if parts.breaking:
        page.add(*_how_to_accept(parts.breaking))
    page.section(parts.accepted, _summary(counted(len(parts.accepted), "accepted change")), _CLOSE)
    page.section(parts.infos, _summary(_info_count(parts)), _CLOSE)
    return "\n".join([*page.lines, *_last_lines(parts.noise, page.hidden)])


def _head(diff: ApiDiff, parts: Sections) -> list[str]:
    if not diff.changes:
        return [_UNCHANGED, "", "No differences were found."]
    verdict = "Nothing in this change breaks clients"
    if parts.breaking:
        verdict = MEANINGS[Level.ERROR].capitalize()
    elif parts.warnings:
        verdict = MEANINGS[Level.WARNING].capitalize()
    elif any(change.level is Level.ERROR for change in parts.accepted):
        verdict = "All that can break clients is accepted"
    suggested = "" if diff.semver is Semver.NONE else f" Suggested version: **{diff.semver}**."
    return [f"### API: {counts(parts)}", "", f"{verdict}.{suggested}"]


def _notes(diff: ApiDiff, notes: Sequence[str]) -> list[str]:
    said = [note for note in (version_note(diff), *notes) if note]
    lines = [f"- {sentence(note)}" for note in said[:_MOST_NOTES]]
    if len(said) > _MOST_NOTES:
        lines.append(f"- {counted(len(said) - _MOST_NOTES, 'more note')}")
    return ["", *lines] if lines else []


def _group(group: Group) -> list[str]:
    """Return a title and one line for each change; an empty title where one line says it all."""
    title = _title(group)
    if len(group.changes) == 1:
        return ["", f"- {title}: {_item(group.changes[0])}"]
    return [f"- {title}", *(f"  - {_item(change)}" for change in group.changes)]


def _title(group: Group) -> str:
    reach = reach_text(group, code)
    place = code(group.place)
    if not place:
        return f"Across {reach}" if reach else "**The API as a whole**"
    return f"**{place}**, affects {reach}" if reach else f"**{place}**"


def _item(change: Change) -> str:
    item = f"{sentence(change.text)} ({code(change.id)}, {code(change.fingerprint)})"
    accepted = accepted_text(change, sentence)
    return f"{item}: {accepted}" if accepted else item


def _info_count(parts: Sections) -> str:
    return counts(Sections((), (), parts.infos, (), ()))


def _summary(title: str) -> str:
    return f"<details><summary>{title}</summary>"


def _how_to_accept(breaking: Sequence[Change]) -> list[str]:
    entries = breaking[:_MOST_ENTRIES]
    rest = len(breaking) - len(entries)
    also = f" {counted(rest, 'more')} would follow." if rest else ""
    return [
        "",
        _summary("If this is wanted"),
        "",
        f"Add to `{ACCEPT_FILE}`, with a reason.{also}",
        "",
        "```yaml",
        *acceptances_text(entries).splitlines(),
        "```",
        "",
        _CLOSE,
    ]


def _last_lines(noise: Sequence[Change], hidden: int) -> list[str]:
    lines = []
    if noise:
        lines += ["", f"{noise_text(noise, code)}."]
    if hidden:
        are = "is" if hidden == 1 else "are"
        lines += [
            "",
            f"{counted(hidden, 'more change')} {are} not shown; run `backsmith openapi diff`.",
        ]
    return lines
