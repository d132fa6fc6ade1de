"""Cutting and cleaning of text that comes from outside."""

import re
from collections.abc import Sequence

_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e0fff]"
)
_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-_])")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_OVERSTRUCK = re.compile(r"[^\x08\n]\x08")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)


def visible(text: str) -> str:
    """Return what a person would see: no zero-width or direction characters, no HTML comments."""
    return _COMMENT.sub("", _INVISIBLE.sub("", text))


def plain_output(text: str) -> str:
    """Return command output as a terminal shows it in the end.

    No escapes and control characters; of a line that was written over again and again, such as a
    progress bar, what was written last.
    """
    bare = _ESCAPES.sub("", re.sub("\r+\n", "\n", text))
    if "\r" in bare:
        bare = "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in bare.split("\n"))
    return _CONTROL.sub("", _OVERSTRUCK.sub("", bare))


def head_and_tail(text: str, limit: int) -> str:
    """Cut the middle out of a text longer than `limit` characters, and say how much is gone."""
    if len(text) <= limit:
        return text
    head, tail = limit // 3, limit - limit // 3
    left_out = len(text) - head - tail
    return f"{text[:head]}\n[... {left_out} characters left out ...]\n{text[-tail:]}"


def cut_lines(text: str, limit: int) -> str:
    """Cut whole lines out of the middle of a text longer than `limit` characters, and say which."""
    if len(text) <= limit:
        return text
    lines = text.splitlines()
    head, tail = 0, len(lines)
    room = limit
    while head < tail and room >= len(lines[head]):
        room -= len(lines[head]) + 1
        head += 1
        if head < tail and head % 3 == 0 and room >= len(lines[tail - 1]):
            tail -= 1
            room -= len(lines[tail]) + 1
    gap = f"[... {tail - head} lines left out; ask for fewer files or for a range ...]"
    return "\n".join([*lines[:head], gap, *lines[tail:]])


def fair_shares(sizes: Sequence[int], total: int) -> list[int]:
    """Divide `total` so that small ones get all they need and large ones share what is left."""
    shares = [0] * len(sizes)
    left = total
    ranked = sorted(range(len(sizes)), key=lambda index: sizes[index])
    for rank, index in enumerate(ranked):
        shares[index] = min(sizes[index], left // (len(sizes) - rank))
        left -= shares[index]
    return shares


def first_line(text: str, limit: int = 120) -> str:
    """Return the first non-empty line, cut to `limit` characters."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= limit else line[: limit - 1] + "…"
