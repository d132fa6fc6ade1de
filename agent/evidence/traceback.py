"""Shortening tracebacks: the repository's own frames stay, those of its packages are folded."""

import re
from collections.abc import Iterable

_PYTEST_FRAME = re.compile(r"^(?P<path>[^\s:][^:]*):(?P<line>\d+): in .+$")
_PYTHON_FRAME = re.compile(r'^\s+File "(?P<path>[^"]+)", line (?P<line>\d+)(?:, in .+)?$')
_PACKAGE = re.compile(r"(?:site|dist)-packages/(?P<name>[^/.]+)")
_FOREIGN = re.compile(r"(?:site|dist)-packages/|/lib/python3|^<")
_MARKS = re.compile(r"^\s*[\^~]+\s*$")
_NOISE = re.compile(r"^Hint: make sure your test modules|^Traceback:$")


def fold(text: str, root: str = "") -> str:
    """Return a traceback of pytest's short style, or Python's, with the foreign frames folded.

    Args:
        text: The traceback.
        root: The absolute path of the worktree, which is cut off the paths.
    """
    if root:
        text = text.replace(f"{root}/", "")
    rows: list[str] = []
    foreign: list[str] = []
    is_foreign = False
    for line in text.splitlines():
        if frame := _PYTEST_FRAME.match(line) or _PYTHON_FRAME.match(line):
            is_foreign = _FOREIGN.search(frame["path"]) is not None
            foreign += [_package(frame["path"])] if is_foreign else []
        elif is_foreign and line[:1].isspace():
            continue
        if is_foreign and frame:
            continue
        if _MARKS.match(line) or _NOISE.match(line):
            continue
        rows += _folded(foreign)
        foreign, is_foreign = [], False
        rows.append(line.rstrip())
    return "\n".join([*rows, *_folded(foreign)]).strip("\n")


def _package(path: str) -> str:
    found = _PACKAGE.search(path)
    return found["name"] if found else "Python"


def _folded(frames: Iterable[str]) -> list[str]:
    frames = list(frames)
    if not frames:
        return []
    names = ", ".join(dict.fromkeys(frames))
    return [f"    [{len(frames)} frame{'s' if len(frames) > 1 else ''} in {names}]"]
