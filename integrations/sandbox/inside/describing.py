"""Telling what files are, without following symlinks."""

from __future__ import annotations

import stat
from typing import Any

from integrations.sandbox.inside.paths import ROOT, relative


def stat_files(paths: list[str]) -> dict[str, Any]:
    """Tell of each path whether it exists, its size and its kind; symlinks are not followed."""
    return {"files": [described(relative(path)) for path in paths]}


def described(name: str) -> dict[str, Any]:
    """Tell of one path within the root what it is."""
    try:
        status = (ROOT / name).lstat()
    except OSError:
        return {"path": name, "exists": False, "size": 0, "kind": "missing"}
    kinds = ((stat.S_ISREG, "file"), (stat.S_ISDIR, "folder"), (stat.S_ISLNK, "symlink"))
    kind = next((word for test, word in kinds if test(status.st_mode)), "other")
    return {"path": name, "exists": True, "size": status.st_size, "kind": kind}
