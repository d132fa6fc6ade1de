"""What a survey of the whole repository needs, gathered in one go."""

from __future__ import annotations

import os
import re
import stat
import subprocess
from typing import Any

from integrations.sandbox.inside.describing import described
from integrations.sandbox.inside.listing import existing, walk
from integrations.sandbox.inside.paths import ROOT, Refused, relative


def gather(
    wanted: list[list[Any]], skip: str, room: int, limit: int, subjects: int
) -> dict[str, Any]:
    """Return what a survey needs at once: the file list, the texts of some, the newest subjects.

    `wanted` are pairs of a path's regular expression and the most characters to return of such a
    file, the most important first; `room` is for all texts together, `limit` for the list. Of
    files whose path fits `skip` no text is returned. Symlinks that lead out are never followed.
    """
    patterns = [(re.compile(pattern), cap) for pattern, cap in wanted]
    skipped = re.compile(skip)
    entries = sorted(_tracked(), key=lambda entry: (bool(skipped.search(entry[0])), entry[0]))
    ranked = sorted(
        (_rank(name, patterns), name.count("/"), name)
        for name, _, kind in entries
        if kind in ("file", "symlink") and not skipped.search(name)
    )
    fitting = [(name, patterns[rank][1]) for rank, _, name in ranked if rank < len(patterns)]
    texts, unread = _beginnings(fitting, room)
    shown = [[_shown(name), size, kind] for name, size, kind in entries if len(name) <= 300]
    return {
        "files": shown[:limit],
        "more": len(entries) - len(shown[:limit]),
        "texts": texts,
        "unread": unread,
        "subjects": _subjects(subjects),
    }


def _rank(name: str, patterns: list[tuple[re.Pattern[str], int]]) -> int:
    """Return the place of the first pattern that fits, or their number if none does."""
    fits = (rank for rank, (pattern, _) in enumerate(patterns) if pattern.search(name))
    return next(fits, len(patterns))


def _tracked() -> list[tuple[str, int, str]]:
    """Return name, size and kind of what git tracks, or of all there is where git cannot tell."""
    try:
        listed = _git("ls-files", "-sz")
    except (OSError, subprocess.CalledProcessError):
        modes = {name: "" for name in walk(ROOT, 50) if not name.endswith("/")}
    else:
        rows = [os.fsdecode(row).partition("\t") for row in listed.split(b"\0") if row]
        modes = {name: head.split(" ")[0] for head, _, name in rows}
    found = [(name, *_measured(name, mode)) for name, mode in modes.items()]
    return [entry for entry in found if entry[2]]


def _measured(name: str, mode: str) -> tuple[int, str]:
    if mode == "160000":
        return 0, "submodule"
    told = described(name)
    kind = told["kind"]
    return told["size"], kind if kind in ("file", "symlink") else ""


def _beginnings(fitting: list[tuple[str, int]], room: int) -> tuple[dict[str, str], int]:
    """Return the texts for which there is room, and how many files were left out for lack of it."""
    texts: dict[str, str] = {}
    for place, (name, cap) in enumerate(fitting):
        if room <= 0:
            return texts, len(fitting) - place
        text = _beginning(name, min(cap, room))
        if text is not None:
            texts[_shown(name)] = text
            room -= len(text)
    return texts, 0


def _beginning(name: str, cap: int) -> str | None:
    """Return the first `cap` characters of a text file; None for anything else."""
    try:
        target = existing(name)
        relative(str(target))
        if not stat.S_ISREG(target.lstat().st_mode):
            return None
        with target.open("rb") as file:
            content = file.read(4 * cap)
    except (Refused, OSError, RuntimeError):
        return None
    if b"\0" in content:
        return None
    text = content.decode("utf-8", "replace").replace("\r\n", "\n")
    return text.lstrip("\ufeff")[:cap]


def _shown(name: str) -> str:
    """Return a name that every reader of JSON takes, whatever bytes it has."""
    return name.encode("utf-8", "replace").decode()


def _subjects(count: int) -> list[str]:
    try:
        said = _git("log", "--no-merges", "--no-show-signature", f"-{count}", "--format=%s")
    except (OSError, subprocess.CalledProcessError):
        return []
    return [line[:200] for line in said.decode("utf-8", "replace").splitlines() if line.strip()]


def _git(*arguments: str) -> bytes:
    command = ["git", *arguments]
    return subprocess.check_output(command, stderr=subprocess.DEVNULL)  # noqa: S603 - fixed
