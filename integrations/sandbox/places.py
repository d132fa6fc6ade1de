"""What may be seen besides the worktree: its mirror, the interpreter, the environment variables."""

import os
import re
import stat
import sys
from pathlib import Path

from agent.domain.errors import PermanentError, TransientError
from agent.domain.value import Value

_POINTER = re.compile(r"gitdir: (?P<mirror>/.+)/worktrees/[^/]+\n?")
_BASE_ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "NO_COLOR": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
}


class Interpreter(Value):
    """The Python that runs the helper and that repositories without requirements get."""

    executable: Path
    prefix: Path

    @classmethod
    def ours(cls) -> "Interpreter":
        """Return the interpreter that we run under, outside of any virtual environment."""
        base = getattr(sys, "_base_executable", sys.executable)
        return cls(executable=Path(base).resolve(), prefix=Path(sys.base_prefix).resolve())

    def bare(self) -> tuple[str, ...]:
        """Return how to start it without the environment's variables and installed packages."""
        return (str(self.executable), "-I", "-S")


class GitPlace(Value):
    """How a worktree hangs on git."""

    pinned: Path | None
    mirror: Path | None


BESIDE = "BACKSMITH_BESIDE"
"""The variable with the folder of an environment beside that of the repository."""


def git_place(worktree: Path, mirrors: Path) -> GitPlace:
    """Find the mirror that a worktree belongs to.

    The pointer is read without following links, and must name a mirror of ours: it decides what
    the sandbox may read.

    Raises:
        PermanentError: The pointer is not what the workspace wrote.
        TransientError: There is no worktree; opening it again makes one.
    """
    must_be_there(worktree)
    pointer = worktree / ".git"
    try:
        mode = pointer.lstat().st_mode
    except FileNotFoundError:
        return GitPlace(pinned=None, mirror=None)
    if stat.S_ISDIR(mode):
        return GitPlace(pinned=pointer, mirror=None)
    found = _POINTER.fullmatch(_text(pointer)) if stat.S_ISREG(mode) else None
    mirror = Path(found["mirror"]) if found else None
    if mirror is None or mirror.parent != mirrors or not mirror.is_dir() or mirror.is_symlink():
        raise PermanentError(f"{pointer} does not point into {mirrors}; open the worktree again")
    return GitPlace(pinned=pointer, mirror=mirror)


def must_be_there(worktree: Path) -> None:
    """Raise TransientError for a worktree that is gone; whoever tries again opens it first."""
    if not worktree.is_dir():
        raise TransientError(f"the worktree {worktree} is gone; open it again")


def _text(path: Path) -> str:
    number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(number, "rb") as file:
        return file.read(4096).decode("utf-8", "replace")


def beside_variables(beside: Path | None) -> dict[str, str]:
    """Return how a command finds the packages that it has beside those of the repository."""
    return {} if beside is None else {BESIDE: str(beside)}


def variables(
    worktree: Path, interpreter: Interpreter, packages: Path | None, home: str, temporary: str
) -> dict[str, str]:
    """Return the whole environment of a command; nothing is inherited."""
    folders = [interpreter.prefix / "bin", *map(Path, ("/usr/local/bin", "/usr/bin", "/bin"))]
    found = {**_BASE_ENVIRONMENT, "HOME": home, "TMPDIR": temporary}
    if packages is not None:
        folders.insert(0, packages / "bin")
        found["VIRTUAL_ENV"] = str(packages)
    if (worktree / "src").is_dir():
        # The project itself is never installed, so the `src` layout needs help.
        found["PYTHONPATH"] = str(worktree / "src")
    return {**found, "PATH": ":".join(map(str, folders))}
