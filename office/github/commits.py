"""Commits as git tells them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from office.github.git import GitError, git

_FORMAT = "%x1f".join(("%x1e%H", "%T", "%P", "%an", "%ae", "%aI", "%cn", "%ce", "%cI", "%B"))


@dataclass(frozen=True)
class Signature:
    """Who wrote or committed, and when (ISO 8601 with offset)."""

    name: str
    email: str
    date: str


@dataclass(frozen=True)
class Commit:
    """One commit."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Signature
    committer: Signature
    message: str


def _parse(record: str) -> Commit:
    sha, tree, parents, *people, message = record.split("\x1f")
    return Commit(
        sha,
        tree,
        tuple(parents.split()),
        Signature(*people[:3]),
        Signature(*people[3:]),
        message.strip("\n"),
    )


async def log(path: Path, *arguments: str) -> list[Commit]:
    """Return what `git log` lists for these arguments, in its order."""
    text = await git(path, "log", f"--format={_FORMAT}", *arguments, "--")
    return [_parse(record) for record in text.split("\x1e") if record]


async def resolve(path: Path, name: str) -> str | None:
    """Return the commit that a branch, tag or (abbreviated) hash stands for."""
    for candidate in (f"refs/heads/{name}", f"refs/tags/{name}", name):
        try:
            spec = f"{candidate}^{{commit}}"
            text = await git(path, "rev-parse", "--verify", "--quiet", "--end-of-options", spec)
        except GitError:
            continue
        return text.strip().splitlines()[-1]
    return None


async def is_ancestor(path: Path, older: str, newer: str) -> bool:
    """Tell whether `newer` contains `older`."""
    try:
        await git(path, "merge-base", "--is-ancestor", older, newer)
    except GitError:
        return False
    return True
