"""Reading files of a worktree on the host, where every name may be a trap."""

import os
import stat
from pathlib import Path, PurePosixPath

LARGEST_BYTES = 1 << 20
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


def read_plain(root: Path, name: str) -> str | None:
    """Return the text of a plain file below `root`, or None if there is no such file.

    Each part of the way is opened without following links; what is not a regular file with one
    name and of a sane size counts as absent.
    """
    parts = PurePosixPath(os.path.normpath(name)).parts
    if not parts or parts[0] in ("..", "/", "."):
        return None
    place = os.open(root, _FLAGS | os.O_DIRECTORY)
    try:
        for part in parts[:-1]:
            place = _exchange(place, os.open(part, _FLAGS | os.O_DIRECTORY, dir_fd=place))
        return _text(os.open(parts[-1], _FLAGS, dir_fd=place))
    except OSError:
        return None
    finally:
        os.close(place)


def _exchange(old: int, new: int) -> int:
    os.close(old)
    return new


def _text(number: int) -> str | None:
    with os.fdopen(number, "rb") as file:
        status = os.fstat(number)
        plain = stat.S_ISREG(status.st_mode) and status.st_nlink == 1
        if not plain or status.st_size > LARGEST_BYTES:
            return None
        return file.read(LARGEST_BYTES).decode("utf-8", "replace")
