"""Runs git on the office's bare repositories."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

ENVIRONMENT = {
    "PATH": os.environ.get("PATH", os.defpath),
    "HOME": os.devnull,
    "LC_ALL": "C.UTF-8",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
}
"""Nothing of the machine's own git configuration applies."""


_GIT = shutil.which("git") or "git"


class GitError(RuntimeError):
    """A git command that failed."""

    def __init__(self, arguments: tuple[str, ...], code: int, output: str) -> None:
        super().__init__(f"git {' '.join(arguments)} ended with {code}: {output.strip()}")
        self.code = code
        self.output = output


def identity(name: str, email: str) -> dict[str, str]:
    """Return the environment in which git writes commits in this name."""
    return {
        "GIT_AUTHOR_NAME": name,
        "GIT_AUTHOR_EMAIL": email,
        "GIT_COMMITTER_NAME": name,
        "GIT_COMMITTER_EMAIL": email,
    }


async def git(
    path: Path,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    accept: tuple[int, ...] = (0,),
) -> str:
    """Run git in `path` and return what it prints, with undecodable bytes replaced."""
    out = await git_bytes(path, *arguments, environment=environment, accept=accept)
    return out.decode(errors="replace")


async def git_bytes(
    path: Path,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    accept: tuple[int, ...] = (0,),
) -> bytes:
    """Run git in `path` and return what it prints.

    Raises:
        GitError: git ended with a code that is not in `accept`.
    """
    # In a thread: a command whose request is cancelled ends by itself, and leaves nothing open.
    done = await asyncio.to_thread(run_git, path, arguments, environment)
    if done.returncode not in accept:
        said = (done.stderr or done.stdout).decode(errors="replace")
        raise GitError(arguments, done.returncode, said)
    return done.stdout


def git_now(path: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """Run git before the loop is up; the same as `git` otherwise."""
    done = run_git(path, arguments, environment)
    if done.returncode:
        raise GitError(arguments, done.returncode, done.stderr.decode(errors="replace"))
    return done.stdout.decode(errors="replace")


def run_git(
    path: Path,
    arguments: tuple[str, ...],
    environment: Mapping[str, str] | None = None,
    body: bytes = b"",
) -> subprocess.CompletedProcess[bytes]:
    """Run git in `path` with `body` as its input, and wait for it, whatever its exit code."""
    return subprocess.run(  # noqa: S603 - a fixed program and our own words
        [_GIT, *arguments],
        cwd=path,
        env={**ENVIRONMENT, **(environment or {})},
        input=body,
        capture_output=True,
        check=False,
    )


def parse_refs(listing: str) -> dict[str, str]:
    """Read the output of `for-each-ref --format='%(objectname) %(refname)'`."""
    pairs = (line.split(" ", 1) for line in listing.splitlines())
    return {name: sha for sha, name in pairs}


REFS = ("for-each-ref", "--format=%(objectname) %(refname)")
