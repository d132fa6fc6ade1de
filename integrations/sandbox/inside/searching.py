"""Searching file contents, line by line, as ripgrep does; second tries where it finds nothing."""

from __future__ import annotations

import os
import re
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from re import Pattern
from typing import Any

from integrations.sandbox.inside.globs import matcher
from integrations.sandbox.inside.listing import existing, repository_files
from integrations.sandbox.inside.paths import (
    LARGEST_FILE,
    ROOT,
    Refused,
    content_of,
    lines_of,
    shown,
)

LONGEST_LINE = 300
_LARGEST_NAMED = 64 << 20
"""A file that is named, such as a kept output, may be larger than one that is come across."""
_MOST_COUNTS = 100
_PATIENCE_SECONDS = 6


class Found:
    """What one way of reading the pattern gave."""

    def __init__(self, limit: int, context: int) -> None:
        """Keep at most `limit` matches of each file."""
        self.limit = limit
        self.context = context
        self.matches: dict[str, list[dict[str, Any]]] = {}
        self.counts: dict[str, int] = {}

    def add(self, name: str, lines: list[str], hits: list[tuple[int, int]]) -> None:
        """Keep the matches in one file; each is its line's index and where in it."""
        path = shown(name)
        self.counts[path] = len(hits)
        if len(self.matches) < self.limit:
            picked = hits[: self.limit]
            self.matches[path] = [_match(path, lines, *hit, self.context) for hit in picked]

    def answer(self, note: str) -> dict[str, Any]:
        """Return at most `limit` matches, shared out fairly among the files."""
        shares = _shares([len(found) for found in self.matches.values()], self.limit)
        kept = [
            match
            for share, found in zip(shares, self.matches.values())  # noqa: B905 - Python 3.8
            for match in found[:share]
        ]
        counts = dict(list(self.counts.items())[:_MOST_COUNTS])
        more = sum(self.counts.values()) - len(kept)
        return {
            "matches": kept,
            "files": len(self.counts),
            "more": more,
            "counts": counts,
            "note": note,
        }


def _shares(sizes: list[int], total: int) -> list[int]:
    shares, left = [0] * len(sizes), total
    ranked = sorted(range(len(sizes)), key=lambda index: sizes[index])
    for rank, index in enumerate(ranked):
        shares[index] = min(sizes[index], left // (len(sizes) - rank))
        left -= shares[index]
    return shares


def search(
    pattern: str, path: str = ".", glob: str | None = None, limit: int = 100, context: int = 0
) -> dict[str, Any]:
    """Return the lines that match; `note` says how the pattern was read if not as it stands.

    `matches` are shared out among the files; `counts` has the number of matches by file.
    """
    top = existing(path)
    names = _candidates(top, glob)
    largest = _LARGEST_NAMED if top.is_file() else LARGEST_FILE
    started = time.monotonic()
    answer: dict[str, Any] = {}
    for expression, note in _readings(pattern):
        found = Found(limit, context)
        for name, text in _texts(names, largest):
            _look(expression, name, text, found)
        answer = answer or found.answer(note if note.startswith("!") else "")
        if found.counts:
            return found.answer(note.lstrip("!"))
        if time.monotonic() - started > _PATIENCE_SECONDS:
            break
    return {**answer, "note": answer["note"].lstrip("!"), "searched": len(names)}


def _readings(pattern: str) -> Iterator[tuple[Pattern[str], str]]:
    """Yield the ways to read a pattern, the plain one first, each with a note."""
    plain = _compiled(pattern)
    if isinstance(plain, str):
        yield re.compile(re.escape(pattern)), f"!no regular expression ({plain}): taken literally"
        yield re.compile(re.escape(pattern), re.IGNORECASE), "taken literally, case ignored"
        return
    yield plain, ""
    if r"\|" in pattern:
        other = _compiled(pattern.replace(r"\|", "|"))
        if not isinstance(other, str):
            yield other, r"nothing with a literal |, so `\|` was taken as `|`"
    if re.escape(pattern) != pattern:
        yield re.compile(re.escape(pattern)), "nothing as an expression, so it was taken literally"
    if pattern.lower() != pattern.upper():
        yield re.compile(plain.pattern, plain.flags | re.IGNORECASE), "only with case ignored"


def _compiled(pattern: str) -> Pattern[str] | str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return re.compile(pattern, re.MULTILINE)
    except (re.error, OverflowError, RecursionError) as error:
        return str(error)


def _look(expression: Pattern[str], name: str, text: str, found: Found) -> None:
    """Find matches in one file; only a pattern that names line ends may go over them."""
    lines: list[str] | None = None
    if "\n" in expression.pattern or r"\n" in expression.pattern:
        starts = [hit.start() for hit in expression.finditer(text)]
        hits = sorted({(text.count("\n", 0, start), 0) for start in starts[:1000]})
    else:
        lines = text.split("\n")
        tried = ((index, expression.search(line)) for index, line in enumerate(lines))
        hits = [(index, hit.start()) for index, hit in tried if hit]
    if hits:
        found.add(name, lines or text.split("\n"), hits)


def _match(path: str, lines: list[str], index: int, at: int, context: int) -> dict[str, Any]:
    found: dict[str, Any] = {"path": path, "line": index + 1, "text": _window(lines[index], at)}
    if context > 0:
        before, after = lines[max(0, index - context) : index], lines[index + 1 :][:context]
        found["before"] = [_window(line, 0) for line in before]
        found["after"] = [_window(line, 0) for line in after]
    return found


def _window(line: str, at: int) -> str:
    """Return a line, or if it is very long the part around the match."""
    if len(line) <= LONGEST_LINE:
        return line
    start = max(0, min(at - LONGEST_LINE // 3, len(line) - LONGEST_LINE))
    end = start + LONGEST_LINE
    return "…" * (start > 0) + line[start:end] + "…" * (end < len(line))


def _candidates(top: Path, glob: str | None) -> list[str]:
    if top.is_file():
        return [os.path.relpath(str(top), str(ROOT))]
    names = [name for name in repository_files(top) if name[-1] != "/"]
    fits = matcher(glob) if glob else None
    return [name for name in names if fits is None or fits(name)]


def _texts(names: list[str], largest: int) -> Iterator[tuple[str, str]]:
    """Yield the names and texts of the files that hold text; symlinks are not followed."""
    for name in names:
        try:
            content = content_of(ROOT / name, name, largest)
        except (Refused, OSError):
            continue
        if content and b"\0" not in content[:8192]:
            yield name, "\n".join(lines_of(content))
