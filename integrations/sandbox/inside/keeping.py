"""Keeping whole outputs in the worktree, where they are read again but never committed."""

from __future__ import annotations

import os
import re
from typing import Any

from integrations.sandbox.inside.paths import ROOT, Refused

_FOLDER = ".backsmith-results"
_NAME = re.compile(r"output-(\d+)\.txt")
_MOST = 20


def keep(text: str) -> dict[str, Any]:
    """Write a text to a new file; only the newest of such files stay."""
    folder = ROOT / _FOLDER
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise Refused(f"{_FOLDER} is not a folder; remove it")
    folder.mkdir(exist_ok=True)
    found = [_NAME.fullmatch(item.name) for item in folder.iterdir()]
    numbers = sorted(int(match[1]) for match in found if match)
    for number in numbers[: max(0, len(numbers) - _MOST + 1)]:
        (folder / f"output-{number}.txt").unlink()
    name = f"output-{numbers[-1] + 1 if numbers else 1}.txt"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with os.fdopen(os.open(str(folder / name), flags, 0o644), "wb") as file:
        file.write(text.encode("utf-8", "replace"))
    return {"path": f"{_FOLDER}/{name}"}
