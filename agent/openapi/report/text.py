"""A diff for terminals: worst first, one line for each change."""

from collections.abc import Iterator, Sequence

from agent.openapi.change import ApiDiff, Change, Level
from agent.openapi.report.escaping import clean
from agent.openapi.report.outline import (
    MEANINGS,
    NAMED,
    UNCHANGED,
    Group,
    counted,
    grouped,
    headline,
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
    last = [_noise(parts.noise)] if parts.noise else []
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
    reach = reach_text(group)
    if group.place:
        return f"{clean(group.place)}, affects {reach}" if reach else clean(group.place)
    return f"across {reach}" if reach else "the API as a whole"


def reach_text(group: Group) -> str:
    """Return `14 operations: GET /a, GET /b, GET /c and 11 more`; empty when none is to be told."""
    if not group.affects:
        return ""
    named = [clean(operation, 200) for operation in group.reach[:NAMED]]
    number = counted(group.affects, "operation")
    if not named:
        return number
    if group.affects == 1:
        return named[0]
    rest = group.affects - len(named)
    return f"{number}: {', '.join(named)}" + (f" and {rest} more" if rest > 0 else "")


def _line(change: Change) -> str:
    line = f"{clean(change.text)} [{clean(change.id)} {change.fingerprint}]"
    if change.accepted is None:
        return line
    return f"{line}: {accepted_text(change)}"


def accepted_text(change: Change) -> str:
    """Return why a change is accepted, for which ticket and until when; empty if it is not."""
    accepted = change.accepted
    if accepted is None:
        return ""
    until = f"until {accepted.expires}" if accepted.expires else ""
    parts = (clean(accepted.reason), clean(accepted.ticket, 100), until)
    return ", ".join(part for part in parts if part)


def _noise(noise: Sequence[Change]) -> str:
    places = list(dict.fromkeys(change.component or change.operation or "" for change in noise))
    named = ", ".join(clean(place, 100) for place in places[:NAMED] if place)
    more = f" and {len(places) - NAMED} more" if len(places) > NAMED else ""
    where = f" (in {named}{more})" if named else ""
    return f"Not listed: {counted(len(noise), 'change')} by the framework{where}"


def _note(note: str) -> str:
    return f"Note: {clean(note)}"
