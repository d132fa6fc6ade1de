"""A diff for a language model: worst first, few tokens, and what each level means."""

from collections.abc import Sequence

from agent.openapi.change import ApiDiff, Change, Level
from agent.openapi.report.escaping import clean
from agent.openapi.report.outline import (
    MEANINGS,
    Sections,
    counted,
    grouped,
    headline,
    sections,
    version_note,
)
from agent.openapi.report.text import group_title

_PLAIN = str.maketrans("<>", "()")
REST = "`backsmith openapi diff BASE HEAD` lists them"


def render_brief(diff: ApiDiff, limit: int = 4_000, rest: str = REST) -> str:
    """Return at most `limit` characters (500 or more) without angle brackets.

    Args:
        diff: What to tell.
        limit: The most characters.
        rest: How the reader gets what is left out.
    """
    parts = sections(diff)
    first = headline(diff, parts)
    if not diff.changes:
        return first
    note = version_note(diff)
    lines = [first, *([_plain(note, 200)] if note else ())]
    listed = _listed(parts)
    room = limit - sum(len(line) + 1 for line in lines) - len(rest) - 40
    taken = 0
    for line, is_change in listed:
        room -= len(line) + 1
        if room < 0:
            break
        lines.append(line)
        taken += is_change
    hidden = sum(is_change for _line, is_change in listed) - taken
    if hidden:
        lines.append(f"{counted(hidden, 'change')} not shown; {rest}")
    return "\n".join(lines)


def _listed(parts: Sections) -> list[tuple[str, bool]]:
    """Return the lines in order, each with whether it is a change or only a title."""
    lines: list[tuple[str, bool]] = []
    for title, changes in (
        (f"BREAKING, {MEANINGS[Level.ERROR]}:", parts.breaking),
        (f"WARNING, {MEANINGS[Level.WARNING]}:", parts.warnings),
        (f"INFO, {MEANINGS[Level.INFO]}:", parts.infos),
        ("ACCEPTED by the team:", parts.accepted),
    ):
        lines += _block(title, changes)
    return lines


def _block(title: str, changes: Sequence[Change]) -> list[tuple[str, bool]]:
    if not changes:
        return []
    lines = [(title, False)]
    for group in grouped(changes):
        place = _plain(group_title(group), 400)
        texts = [
            f"{_plain(change.text, 250)} [{_plain(change.id, 80)}]" for change in group.changes
        ]
        if len(texts) == 1:
            lines.append((f"- {place}: {texts[0]}", True))
        else:
            lines += [(f"- {place}:", False), *((f"  - {text}", True) for text in texts)]
    return lines


def _plain(text: str, limit: int) -> str:
    return clean(text, limit).translate(_PLAIN)
