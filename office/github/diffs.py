"""The real difference between two commits, and whether they merge."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path

from office.github.commits import Commit, log
from office.github.git import GitError, git

_STATUS = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "C": "copied"}
_NOTHING = "0" * 40
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
"""What a first commit is compared with; git knows it without having stored it."""


@dataclass(frozen=True)
class FileChange:
    """One file of a diff."""

    path: str
    previous: str | None
    status: str
    sha: str | None
    """The blob after the change, or before it when the file is gone."""
    additions: int
    deletions: int
    patch: str | None
    """The hunks; None for a binary file or a pure rename."""


@dataclass(frozen=True)
class Diff:
    """What a pull request would change."""

    merge_base: str
    commits: tuple[Commit, ...]
    """Oldest first."""
    files: tuple[FileChange, ...]
    mergeable: bool

    @property
    def additions(self) -> int:
        """Lines added in all files."""
        return sum(file.additions for file in self.files)

    @property
    def deletions(self) -> int:
        """Lines removed in all files."""
        return sum(file.deletions for file in self.files)


async def merge_base(path: Path, base: str, head: str) -> str | None:
    """Return the best common ancestor, or None for unrelated histories."""
    text = await git(path, "merge-base", base, head, accept=(0, 1))
    return text.strip() or None


async def compare(path: Path, base: str, head: str) -> Diff | None:
    """Return what `head` changes since it left `base`; None for unrelated histories."""
    start = await merge_base(path, base, head)
    if start is None:
        return None
    commits, files, tree = await asyncio.gather(
        log(path, "--reverse", "--topo-order", f"{start}..{head}"),
        changed_files(path, start, head),
        merged_tree(path, base, head),
    )
    return Diff(start, tuple(commits), tuple(files), tree is not None)


async def merged_tree(path: Path, base: str, head: str) -> str | None:
    """Return the tree of a merge, or None when there is a conflict."""
    try:
        text = await git(path, "merge-tree", "--write-tree", base, head)
    except GitError as error:
        if error.code == 1:
            return None
        raise
    return text.splitlines()[0]


async def changed_files(path: Path, start: str, end: str) -> list[FileChange]:
    """Return each file that differs between two commits, with renames found."""
    common = ("-c", "core.quotePath=false", "diff", "--no-color", "--no-ext-diff", "-M")
    raw, counts, text = await asyncio.gather(
        git(path, *common, "--raw", "--no-abbrev", "-z", start, end),
        git(path, *common, "--numstat", "-z", start, end),
        git(path, *common, "--full-index", start, end),
    )
    patches = re.split(r"(?m)^(?=diff --git )", text)[1:]
    entries = _entries(raw)
    lines = _counts(counts)
    return [
        _change(entry, count, patch)
        for entry, count, patch in zip(entries, lines, patches, strict=True)
    ]


def _entries(raw: str) -> list[tuple[str, str | None, str, str | None]]:
    """Read `--raw -z`: path, previous path, status letter, blob."""
    words = iter(raw.split("\0"))
    entries: list[tuple[str, str | None, str, str | None]] = []
    for head in words:
        if not head:
            break
        _, _, before, after, status = head.removeprefix(":").split(" ")
        first = next(words)
        second = next(words) if status[0] in "RC" else None
        blob: str | None = before if after == _NOTHING else after
        entries.append((second or first, first if second else None, status[0], blob))
    return entries


def _counts(numstat: str) -> list[tuple[int, int]]:
    """Read `--numstat -z`; binary files count as nothing."""
    counts = []
    words = iter(numstat.split("\0"))
    for word in words:
        if not word:
            break
        added, removed, path = word.split("\t")
        if not path:
            next(words), next(words)
        counts.append((0, 0) if added == "-" else (int(added), int(removed)))
    return counts


def _change(
    entry: tuple[str, str | None, str, str | None], count: tuple[int, int], text: str
) -> FileChange:
    path, previous, letter, blob = entry
    start = re.search(r"(?m)^@@ ", text)
    patch = text[start.start() :].removesuffix("\n") if start else None
    return FileChange(path, previous, _STATUS.get(letter, "changed"), blob, *count, patch)


def unified(files: tuple[FileChange, ...]) -> str:
    """Return the files as one text diff that people and `git apply` can read."""
    return "".join(
        f"diff --git a/{file.previous or file.path} b/{file.path}\n"
        f"--- {'/dev/null' if file.status == 'added' else 'a/' + (file.previous or file.path)}\n"
        f"+++ {'/dev/null' if file.status == 'removed' else 'b/' + file.path}\n"
        f"{file.patch or ''}\n"
        for file in files
    )
