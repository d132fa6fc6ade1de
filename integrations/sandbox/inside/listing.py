"""Which files the repository has: what git ignores is left out if git can tell."""

from __future__ import annotations

import difflib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from integrations.sandbox.inside.globs import matcher
from integrations.sandbox.inside.paths import ROOT, SKIPPED, Refused, relative, shown

_DEEPEST = 50


def repository_files(top: Path) -> list[str]:
    """Return all files below a folder, sorted; a submodule is one name with a slash at its end."""
    names = _known_to_git(top) or [name for name in walk(top, _DEEPEST) if name[-1] != "/"]
    return [name for name in names if not SKIPPED.intersection(name.split("/"))]


def _known_to_git(top: Path) -> list[str]:
    command = ["git", "ls-files", "-coz", "--exclude-standard", "--", str(top)]
    try:
        listed = subprocess.check_output(command, stderr=subprocess.DEVNULL)  # noqa: S603 - fixed
    except (OSError, subprocess.CalledProcessError):
        return []
    found = {os.fsdecode(name).rstrip("/") for name in listed.split(b"\0") if name}
    return sorted(kind for name in found for kind in _kind(name))


def _kind(name: str) -> Iterator[str]:
    """Yield the name, with a slash if it is a repository of its own, unless it is gone."""
    place = ROOT / name
    if place.is_symlink() or place.is_file():
        yield name
    elif place.is_dir():
        yield name + "/"


def walk(folder: Path, depth: int) -> Iterator[str]:
    """Yield names below a folder, relative to the root, not following symlinks."""
    for item in sorted(folder.iterdir()):
        if item.name in SKIPPED:
            continue
        name = os.path.relpath(str(item), str(ROOT))
        if item.is_symlink() or not item.is_dir():
            yield name
            continue
        yield name + "/"
        if depth > 1:
            yield from walk(item, depth - 1)


def existing(path: Any) -> Path:
    """Return a path that exists within the root, symlinks resolved."""
    name = relative(path)
    try:
        resolved = (ROOT / name).resolve()
    except RuntimeError:  # as Python before 3.13 names a loop
        raise Refused(f"{shown(name)} is a symlink to itself; leave it alone") from None
    if resolved != ROOT and ROOT not in resolved.parents:
        raise Refused(f"{shown(name)} is a symlink that leads out of the repository; leave it")
    if not resolved.exists():
        raise Refused(f"{shown(name)} does not exist; {near(name)}")
    return resolved


def near(name: str) -> str:
    """Say what is there that may have been meant: a twin elsewhere, or a similar name beside it."""
    folder, _, last = name.rpartition("/")
    twins = [found for found in repository_files(ROOT) if found.split("/")[-1] == last][:3]
    place = ROOT / folder
    beside = sorted(item.name for item in place.iterdir()) if place.is_dir() else []
    similar = difflib.get_close_matches(last, beside, n=3, cutoff=0.5)
    if twins:
        return "there is " + ", ".join(map(shown, twins))
    if similar:
        return "its folder has " + ", ".join(map(shown, similar))
    return "list_files with `glob`, or search, finds it"


def list_folder(
    path: str = ".", depth: int = 2, limit: int = 400, glob: str | None = None
) -> dict[str, Any]:
    """Return what is in a folder, sorted, folders with a trailing slash.

    `counts` tells of folders that were not opened how many files they hold. With `glob` the answer
    is all files below that fit it, however deep.
    """
    name, top = relative(path), existing(path)
    if not top.is_dir():
        raise Refused(f"{shown(name)} is a file; read_files shows it")
    files = repository_files(top)
    if glob is not None:
        fits = matcher(glob)
        found = [shown(file) for file in files if fits(file.rstrip("/"))]
        return {"entries": found[:limit], "counts": {}, "more": max(0, len(found) - limit)}
    prefix = "" if top == ROOT else os.path.relpath(str(top), str(ROOT)) + "/"
    return tree(files, prefix, depth, limit)


def tree(files: list[str], prefix: str, depth: int, limit: int) -> dict[str, Any]:
    """Return the files and folders below `prefix`, at most about `limit` of them."""
    entries: set[str] = set()
    totals: dict[str, int] = {}
    for file in files:
        parts = file[len(prefix) :].rstrip("/").split("/")
        folders = [prefix + "/".join(parts[:n]) + "/" for n in range(1, len(parts))]
        for folder in folders:
            totals[folder] = totals.get(folder, 0) + 1
        entries.update(folders[:depth])
        if len(parts) <= depth:
            entries.add(file)
    kept = _without_the_fullest(entries, prefix, limit)
    opened = {_parent(entry) for entry in kept}
    closed = [entry for entry in kept if entry in totals and entry not in opened]
    return {
        "entries": [shown(entry) for entry in kept[:limit]],
        "counts": {shown(entry): totals[entry] for entry in closed},
        "more": max(0, len(kept) - limit),
    }


def _without_the_fullest(entries: set[str], prefix: str, limit: int) -> list[str]:
    """Close folders until the rest fits: huge ones, then the deepest, the fuller first."""
    held: dict[str, int] = {}
    below: dict[str, int] = {}
    for entry in entries:
        held[_parent(entry)] = held.get(_parent(entry), 0) + 1
        for folder in _above(entry):
            below[folder] = below.get(folder, 0) + 1
    excess = len(entries) - limit
    closed: set[str] = set()

    def order(folder: str) -> tuple[bool, int, int, str]:
        return (held[folder] <= limit // 3, -folder.count("/"), -held[folder], folder)

    for folder in sorted(held, key=order):
        if excess <= 0:
            break
        if len(folder) > len(prefix) and not closed.intersection(_above(folder)):
            closed.add(folder)
            excess -= below[folder]
            for higher in _above(folder):
                below[higher] -= below[folder]
    return sorted(entry for entry in entries if not closed.intersection(_above(entry)))


def _above(entry: str) -> Iterator[str]:
    """Yield the folders that an entry is in, the nearest first."""
    parent = _parent(entry)
    while parent:
        yield parent
        parent = _parent(parent)


def _parent(entry: str) -> str:
    head, slash, _ = entry.rstrip("/").rpartition("/")
    return head + slash
