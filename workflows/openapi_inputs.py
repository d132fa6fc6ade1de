"""Reads what a person named on the command line: a file, stdin, or a file of a git revision."""

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

from agent.domain.errors import SettingsError

STDIN = "-"
GIT_SECONDS = 30
_HANDED_OVER = re.compile(r"/dev/fd/\d+")
"""A shell's `<(command)`: a pipe that has a writer."""
_FROM_GIT = ("GIT_NO_LAZY_FETCH=1", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C")


def read_input(name: str, limit_bytes: int) -> bytes:
    """Return what a file, `REV:PATH`, or `-` for stdin holds; a file wins over a revision.

    Raises:
        SettingsError: There is none, it is no regular file, or it holds more than the limit;
            nothing beyond the limit is read.
    """
    if name == STDIN:
        return _read_descriptor(0, "stdin", limit_bytes)
    rev, colon, path = name.partition(":")
    if path.startswith("//"):
        raise SettingsError(f"{name} is an address and nothing is fetched; download it, or feed -")
    if colon and not os.path.lexists(name):
        return _read_revision(rev, path, limit_bytes)
    return read_file(name, limit_bytes)


def read_file(name: str, limit_bytes: int) -> bytes:
    """Return a regular file's content. Raises SettingsError as `read_input` does."""
    try:
        # A FIFO without a writer would be waited for.
        descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise SettingsError(f"{name} cannot be read: {_reason(error)}") from error
    try:
        mode, size = _kind(descriptor)
        if not stat.S_ISREG(mode):
            return _read_special(descriptor, name, mode, limit_bytes)
        _require_size(name, size, limit_bytes)
        return _read_descriptor(descriptor, name, limit_bytes)
    finally:
        os.close(descriptor)


def _kind(descriptor: int) -> tuple[int, int]:
    found = os.fstat(descriptor)
    return found.st_mode, found.st_size


def _read_special(descriptor: int, name: str, mode: int, limit_bytes: int) -> bytes:
    if stat.S_ISFIFO(mode) and _HANDED_OVER.fullmatch(name):
        os.set_blocking(descriptor, True)
        return _read_descriptor(descriptor, name, limit_bytes)
    if stat.S_ISDIR(mode):
        raise SettingsError(f"{name} is a folder; name the file in it")
    kind = "a pipe" if stat.S_ISFIFO(mode) else "a device"
    raise SettingsError(f"{name} is {kind} and not a file; give - and feed stdin instead")


def _read_descriptor(descriptor: int, name: str, limit_bytes: int) -> bytes:
    try:
        with os.fdopen(descriptor, "rb", closefd=False) as source:
            content = source.read(limit_bytes + 1)
    except OSError as error:
        raise SettingsError(f"{name} cannot be read: {_reason(error)}") from error
    _require_size(name, len(content), limit_bytes)
    return content


def _require_size(name: str, size_bytes: int, limit_bytes: int) -> None:
    if size_bytes > limit_bytes:
        raise SettingsError(
            f"{name} is larger than {limit_bytes // 2**20} MiB, the most that is read; split it"
        )


def _reason(error: Exception) -> str:
    strerror = error.strerror if isinstance(error, OSError) else None
    return strerror or str(error)


def _read_revision(rev: str, path: str, limit_bytes: int) -> bytes:
    """Return a file of a revision; nothing is fetched, and no filter or hook of git runs."""
    name = f"{rev}:{path}"
    if "\n" in name or "\0" in name:
        raise SettingsError("a name of a description holds a line break; rename it")
    found, of_revision = _git(["cat-file", "--batch-check"], f"{name}\n{rev or 'HEAD'}\n").split(
        b"\n"
    )[:2]
    fields = found.split()
    if found.endswith((b" missing", b" ambiguous")) or len(fields) != 3:
        raise SettingsError(_missing(rev, path, of_revision))
    object_id, kind, size = (field.decode() for field in fields)
    if kind != "blob":
        raise SettingsError(f"{name} is a folder; name the file in it")
    _require_size(name, int(size), limit_bytes)
    return _git(["cat-file", "blob", object_id])


def _missing(rev: str, path: str, of_revision: bytes) -> str:
    if of_revision.endswith((b" missing", b" ambiguous")):
        return (
            f"{rev}:{path} is no file, and {rev!r} is no revision of the git repository here; "
            "correct the name, or fetch the revision first"
        )
    return f"{rev or 'the index'} has no file {path!r}; give its path from the repository's root"


def _git(arguments: list[str], said: str = "") -> bytes:
    """Run git in the working directory. Raises SettingsError with git's own first line."""
    environment = os.environ | dict(setting.split("=") for setting in _FROM_GIT)
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments; names go through stdin
            ["git", *arguments],  # noqa: S607 - the person's own git
            input=os.fsencode(said),
            capture_output=True,
            env=environment,
            timeout=GIT_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise SettingsError("REV:PATH needs git, which is not installed; give a file") from error
    except subprocess.TimeoutExpired as error:
        raise SettingsError(f"git did not answer within {GIT_SECONDS} s; give a file") from error
    if done.returncode:
        lines = done.stderr.decode(errors="replace").splitlines() or ["no reason given"]
        raise SettingsError(f"git cannot read REV:PATH here ({lines[0]}); give a file")
    return done.stdout


def repository_root(start: Path) -> Path | None:
    """Return the folder with `.git` at or above a folder; None when there is none."""
    return next((folder for folder in (start, *start.parents) if (folder / ".git").exists()), None)


def write_output(text: str) -> None:
    """Write to stdout in UTF-8, whatever the terminal has; one line break stands at the end."""
    sys.stdout.flush()
    sys.stdout.buffer.write(f"{text.rstrip()}\n".encode("utf-8", "replace"))
    sys.stdout.buffer.flush()
