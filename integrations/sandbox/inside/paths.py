"""Paths within the repository, and the bytes that stand there."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

LARGEST_FILE = 1 << 20
CACHES = {"__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".backsmith-results"}
SKIPPED = {".git", ".hg", ".svn", ".venv", "node_modules"} | CACHES
ROOT = Path.cwd()


class Refused(Exception):  # noqa: N818 - a refusal is an answer to the model, not a fault
    """A request that cannot be carried out; the text tells the model what to do next."""


def relative(path: Any) -> str:
    """Return a path as it is named from the root, checked but for symlinks."""
    if not isinstance(path, str) or not path or "\0" in path:
        raise Refused("give `path` as text, relative to the repository root")
    name = os.path.relpath(os.path.normpath(str(ROOT / path)), str(ROOT))
    if Path(name).parts[:1] == ("..",):
        raise Refused(f"{shown(path)} is outside of the repository; use a path relative to it")
    if ".git" in name.lower().split("/"):
        raise Refused(f"{shown(path)} belongs to git; only the repository's own files can be used")
    return name


def shown(name: str) -> str:
    """Return a name as it can be written on one line; odd ones are quoted as in JSON."""
    clean = name.encode("utf-8", "replace").decode()
    return clean if clean.isprintable() else json.dumps(clean, ensure_ascii=False)


def regular(target: Path, name: str) -> int:
    """Return the size in bytes of what must be a regular file."""
    status = target.lstat()
    if not stat.S_ISREG(status.st_mode):
        raise Refused(f"{shown(name)} is not a regular file; leave it alone")
    return status.st_size


def content_of(target: Path, name: str, limit: int = LARGEST_FILE) -> bytes:
    """Return the bytes of a regular file that is not larger than `limit`."""
    if target.is_dir() and not target.is_symlink():
        raise Refused(f"{shown(name)} is a folder; name a file (list_files shows them)")
    size = regular(target, name)
    if size > limit:
        raise Refused(f"{shown(name)} has {size} bytes, more than the {limit} that can be used")
    return target.read_bytes()


def lines_of(content: bytes) -> list[str]:
    """Split as editors do; `str.splitlines` would also split at form feeds and the like."""
    lines = content.decode("utf-8-sig", "replace").split("\n")
    if lines[-1] == "":
        lines.pop()
    return [line[:-1] if line.endswith("\r") else line for line in lines]
