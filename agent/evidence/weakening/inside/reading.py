"""Inside the sandbox: the files of both sides of a change, as one JSON on stdout.

Run as `python -I -S -c` by any Python from 3.8 on. The job on stdin has the base, what to look at
(`changed`: files that count when they differ, `context`: files that help to understand them), and
how much may be read. Contents are compared, not what git's index says of them.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

_PLAIN, _LINK = (b"100644", b"100755"), b"120000"


def git(*arguments: str, text: bytes = b"") -> bytes:
    """Return what git prints; anything but success ends the script."""
    argv = ["git", "--no-optional-locks", *arguments]
    return subprocess.run(argv, input=text, capture_output=True, check=True).stdout  # noqa: S603 - our own words


def plain(content: bytes) -> str:
    """Return a text whose lines end in one way."""
    return content.decode("utf-8", "replace").replace("\r\n", "\n").lstrip("\ufeff")


def shown(path: bytes) -> str:
    """Return a path as text; bytes that are no UTF-8 are escaped, so that no two are the same."""
    return path.decode("utf-8", "backslashreplace")


def tree_of(base: str) -> dict[str, tuple[bytes, str, int]]:
    """Return mode, object and size by path."""
    found = {}
    for row in git("ls-tree", "-r", "-z", "-l", "--full-tree", base).split(b"\0"):
        if row:
            facts, path = row.split(b"\t", 1)
            mode, _, name, size = facts.split()
            bytes_ = int(size) if size.isdigit() else 0
            found[shown(path)] = (mode, name.decode(), bytes_)
    return found


def contents_of(names: list[str]) -> list[bytes]:
    """Return the contents of objects, in their order."""
    if not names:
        return []
    printed = git("cat-file", "--batch", text="".join(name + "\n" for name in names).encode())
    found, at = [], 0
    for _ in names:
        end = printed.index(b"\n", at)
        size = int(printed[at:end].split()[2])
        found.append(printed[end + 1 : end + 1 + size])
        at = end + 1 + size + 1
    return found


def read(path: Path, limit: int) -> bytes | None:
    """Return a file's content; None for what is no plain file, or a larger one."""
    try:
        facts = path.lstat()
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > limit:
            return None
        with path.open("rb") as file:
            return file.read(limit)
    except OSError:
        return None


def name_of(content: bytes, like: str) -> str:
    """Return the name that git gives a content; `like` is another name of the repository."""
    kind = "sha1" if len(like) == 40 else "sha256"
    return hashlib.new(kind, b"blob %d\0" % len(content) + content).hexdigest()


class Reading:
    """What is read, within the room that the job gives."""

    def __init__(self, job: dict[str, Any]) -> None:
        self._job = job
        self._room = int(job["room"])
        self._wanted: list[tuple[str, str]] = []
        self.before: dict[str, str] = {}
        self.after: dict[str, str] = {}
        self.unread: list[str] = []

    def take(
        self, path: str, entry: tuple[bytes, str, int], there: Path | None, *, helps: bool
    ) -> None:
        """Read a path on both sides, if it changed or helps to understand what changed."""
        mode, name, size = entry
        content = read(there, self._job["largest"]) if there else None
        if mode in _PLAIN and content is not None and name_of(content, name) == name:
            if helps and len(content) <= self._room:
                self.before[path] = self.after[path] = plain(content)
                self._room -= len(content)
            return
        if mode == _LINK and there and there.is_symlink():
            return
        needed = size + len(content or b"")
        if (there and content is None) or size > self._job["largest"] or needed > self._room:
            self.unread.append(path)
            return
        self._room -= needed
        if content is not None:
            self.after[path] = plain(content)
        if mode in _PLAIN:
            self._wanted.append((path, name))

    def finish(self) -> None:
        """Read what is wanted of the base."""
        contents = contents_of([name for _, name in self._wanted])
        for (path, _), content in zip(self._wanted, contents):  # noqa: B905 - Python 3.8 has no strict
            self.before[path] = plain(content)


def main() -> None:
    """Answer the job."""
    job = json.load(sys.stdin)
    changed, context = re.compile(job["changed"]), re.compile(job["context"])
    tree = tree_of(job["base"])
    listed = git("ls-files", "-z", "-c", "-o", "--exclude-standard").split(b"\0")
    there = {shown(row): Path(os.fsdecode(row)) for row in listed if row and os.path.lexists(row)}
    reading = Reading(job)
    helping = {path for path in tree.keys() | there.keys() if context.search(path)}
    for path in sorted(tree.keys() | there.keys(), key=lambda path: (path not in helping, path)):
        if path in helping or changed.search(path):
            entry = tree.get(path, (b"", "", 0))
            reading.take(path, entry, there.get(path), helps=path in helping)
    reading.finish()
    answer = {
        "before": reading.before,
        "after": reading.after,
        "unread": reading.unread,
        "paths": sorted(tree)[: job["paths"]],
    }
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
