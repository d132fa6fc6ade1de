"""A diff for terminals: worst first, one line for each change."""

from collections.abc import Iterator, Sequence

from agent.openapi.change import ApiDiff, Change, Level
from agent.openapi.report.escaping import clean
from agent.openapi.report.outline import (
    MEANINGS,
    UNCHANGED,
    Group,
    accepted_text,
    grouped,
    headline,
    noise_text,
    reach_text,
    sections,
    version_note,
)


def render_text(diff: ApiDiff, notes: Sequence[str] = ()) -> str:
    """Return all changes, what the notes say, and a last line with the counts."""
    if not diff.changes:
        return "\n".join([*map(_note, notes), f"{UNCHANGED}; no differences were found"])
    parts = sections(diff)
    blocks = [
        *_block(f"Breaking: {MEANINGS[Level.ERROR]}", parts.breaking),
        *_block(f"Warnings: {MEANINGS[Level.WARNING]}", parts.warnings),
        *_block(f"Info: {MEANINGS[Level.INFO]}", parts.infos),
        *_block("Accepted", parts.accepted),
    ]
    last = [noise_text(parts.noise, clean)] if parts.noise else []
    last += [_note(note) for note in (version_note(diff), *notes) if note]
    return "\n\n".join([*blocks, "\n".join([*last, headline(diff, parts)])])


def _block(title: str, changes: Sequence[Change]) -> Iterator[str]:
    if changes:
        lines = [title]
        for group in grouped(changes):
            lines.append(f"  {group_title(group)}")
            lines += [f"    - {_line(change)}" for change in group.changes]
        yield "\n".join(lines)


def group_title(group: Group) -> str:
    """Return a group's place and how far its changes reach, in plain text."""
    reach = reach_text(group, clean)
    if group.place:
        return f"{clean(group.place)}, affects {reach}" if reach else clean(group.place)
    return f"across {reach}" if reach else "the API as a whole"


def _line(change: Change) -> str:
    line = f"{clean(change.text)} [{clean(change.id)} {change.fingerprint}]"
    if change.accepted is None:
        return line
    return f"{line}: {accepted_text(change, clean)}"


def _note(note: str) -> str:
    return f"Note: {clean(note)}"
