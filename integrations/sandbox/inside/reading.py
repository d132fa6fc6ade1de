"""Reading files: whole, by lines, several at once, and the beginning of very large ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from integrations.sandbox.inside.globs import matcher
from integrations.sandbox.inside.listing import existing, list_folder, repository_files
from integrations.sandbox.inside.paths import (
    LARGEST_FILE,
    ROOT,
    Refused,
    content_of,
    lines_of,
    regular,
    relative,
    shown,
)

LONGEST_LINE = 2_000
MOST_FILES = 80
_MOST_CHARACTERS = 6 << 20
_FIRST_LINES = 200
"""How much of a large file is shown when no lines were asked for."""
_LARGEST_SCANNED = 512 << 20


def read(path: str, start: int | None = None, end: int | None = None) -> dict[str, Any]:
    """Return the lines `start` to `end` (from 1, both included) of a text file."""
    name, target = relative(path), existing(path)
    if target.is_dir():
        raise Refused(f"{shown(name)} is a folder; {_inside(name)}")
    size = regular(target, name)
    first = 1 if start is None else start
    if size > LARGEST_FILE:
        last = first + _FIRST_LINES - 1 if end is None else end
        picked, total = _scanned(target, name, first, last)
    else:
        lines = _text(content_of(target, name), name)
        picked, total = lines[first - 1 : end], len(lines)
    if first < 1 or (first > total and first > 1) or (end is not None and end < first):
        raise Refused(f"{shown(name)} has {total} lines; ask for lines within them")
    answer = {"path": shown(name), "lines": [*map(_short, picked)], "start": first}
    return {**answer, "total_lines": total, "size": size}


def _text(content: bytes, name: str) -> list[str]:
    if b"\0" in content:
        raise Refused(f"{shown(name)} is a binary file; only text can be read")
    return lines_of(content)


def _short(line: str) -> str:
    more = len(line) - LONGEST_LINE
    return line if more <= 0 else f"{line[:LONGEST_LINE]}[+{more} characters]"


def _scanned(target: Path, name: str, first: int, last: int) -> tuple[list[str], int]:
    """Return some lines of a large file, and how many it has, without holding it in memory."""
    if regular(target, name) > _LARGEST_SCANNED:
        raise Refused(f"{shown(name)} is too large; use run_command with sed or tail")
    picked, total, is_new, kept = [], 0, True, 0
    with target.open("rb") as file:
        while True:
            piece = file.readline(1 << 16)
            if not piece:
                break
            total += is_new
            if is_new and first <= total <= last and kept < LARGEST_FILE:
                picked += _text(piece, name) or [""]
                kept += len(piece)
            is_new = piece.endswith(b"\n")
    return picked, total


def _inside(name: str) -> str:
    found = list_folder(name, depth=1, limit=40)["entries"]
    names = [entry.rstrip("/").split("/")[-1] + "/" * entry.endswith("/") for entry in found]
    return "it has " + (", ".join(names) or "no files")


def read_many(files: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what `read` gives for each file, or its `error`; patterns stand for all that fit.

    `notes` say what was left out.
    """
    wanted, notes = [], []
    for file in files:
        names, note = _expanded(file["path"])
        wanted += [{**file, "path": name} for name in names if name == file["path"] or _says(name)]
        notes += [note] if note else []
    if len(wanted) > MOST_FILES:
        rest = ", ".join(shown(file["path"]) for file in wanted[MOST_FILES:][:20])
        notes.append(f"{len(wanted)} files are too many for one call; not read: {rest}")
    return {"files": _answers(wanted[:MOST_FILES]), "notes": notes}


def _answers(wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    answers, room = [], _MOST_CHARACTERS
    for file in wanted:
        try:
            answer = read(**file)
            room -= sum(map(len, answer["lines"]))
            if room < 0:
                raise Refused("too much for one call; read it alone, or some of its lines")
        except (Refused, OSError) as error:
            answer = {"path": shown(str(file["path"])), "error": str(error)}
        answers.append(answer)
    return answers


def _says(name: str) -> bool:
    """An empty file that a pattern stands for takes the place of one with something in it."""
    try:
        return (ROOT / name).stat().st_size > 0
    except OSError:
        return True


def _expanded(path: str) -> tuple[list[str], str]:
    """Return the files that a pattern stands for; a name that exists is no pattern."""
    if not any(sign in path for sign in "*?[{") or (ROOT / path).exists():
        return [path], ""
    fits = matcher(path)
    names = [name for name in repository_files(ROOT) if name[-1] != "/" and fits(name)]
    return names, "" if names else f"no file fits {path}"
