"""Which lines of a patch can carry a comment, and where a line goes when the file changes again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_HUNK = re.compile(r"(?m)^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


@dataclass(frozen=True)
class PatchLine:
    """One line of a patch."""

    position: int
    """Lines below the first hunk header, the way GitHub counts."""
    left: int | None
    right: int | None
    hunk: str
    """The hunk from its header down to this line."""


def patch_lines(patch: str) -> Iterator[PatchLine]:
    """Yield each line that a comment can be put on."""
    left = right = 0
    hunk: list[str] = []
    for position, text in enumerate(patch.split("\n")):
        header = _HUNK.match(text)
        if header:
            left, right, hunk = int(header[1]), int(header[3]), [text]
            continue
        hunk.append(text)
        mark = text[:1]
        if mark == "\\":
            continue
        yield PatchLine(
            position, None if mark == "+" else left, None if mark == "-" else right, "\n".join(hunk)
        )
        left += mark != "+"
        right += mark != "-"


def find(patch: str, line: int, side: str) -> PatchLine | None:
    """Return the line of the patch with this number in the old (`LEFT`) or new (`RIGHT`) file."""
    for entry in patch_lines(patch):
        if (entry.left if side == "LEFT" else entry.right) == line:
            return entry
    return None


def at_position(patch: str, position: int) -> PatchLine | None:
    """Return the line of the patch at a position."""
    return next((entry for entry in patch_lines(patch) if entry.position == position), None)


def moved(patch: str | None, line: int) -> int | None:
    """Return where a line stands after a patch without context; None if it was touched."""
    shift = 0
    for header in _HUNK.finditer(patch or ""):
        start, removed = int(header[1]), int(header[2] or 1)
        added = int(header[4] or 1)
        if removed == 0:
            start += 1
        if line < start:
            break
        if line < start + removed:
            return None
        shift += added - removed
    return line + shift
