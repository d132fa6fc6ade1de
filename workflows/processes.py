"""Child processes that never outlive us, and locks that say who holds them."""

import ctypes
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from agent.domain.errors import SettingsError

_PR_SET_PDEATHSIG = 1


def _die_with_parent() -> None:
    """In the child: a group of its own, and SIGTERM when the parent's thread dies (Linux)."""
    os.setpgid(0, 0)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def spawn(
    argv: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start a child whose output goes to `log`. Call it from the main thread only.

    The kernel's parent-death signal follows the thread that started the child, not the process.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        return subprocess.Popen(  # noqa: S603 - argv is ours
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env=dict(environment) if environment is not None else None,
            preexec_fn=_die_with_parent,
        )


def stop(process: subprocess.Popen[bytes], patience_seconds: float = 30) -> None:
    """Ask a child to end, and end it when it does not."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(patience_seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def is_taken(host: str, port: int) -> bool:
    """Tell whether something listens on a port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def holder_of(port: int) -> str:
    """Say which process listens on a port, as far as the system lets us see (Linux)."""
    inodes = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended, or belongs to somebody else
            if any(_target(link) in inodes for link in (process / "fd").iterdir()):
                return f"process {process.name} ({(process / 'comm').read_text().strip()})"
    return "another process"


def _target(link: Path) -> str:
    with suppress(OSError):  # closed meanwhile
        return str(link.readlink())
    return ""


def _listening_inodes(port: int) -> set[str]:
    """Return the sockets that listen on a port. Source: proc(5), /proc/net/tcp."""
    found: set[str] = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError):
            rows = [line.split() for line in Path(table).read_text().splitlines()[1:]]
            found |= {row[9] for row in rows if row[3] == "0A" and _port_of(row[1]) == port}
    return found


def _port_of(address: str) -> int:
    return int(address.rsplit(":", 1)[1], 16)


class HomeLock:
    """The exclusive right to a home folder, held by one process at a time."""

    def __init__(self, path: Path, purpose: str) -> None:
        self._path = path
        self._purpose = purpose
        self._file: IO[str] | None = None

    def __enter__(self) -> Self:
        """Take the lock. Raises SettingsError that says who holds it."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = self._path.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SettingsError(self._held(file)) from error
        file.truncate(0)
        json.dump({"pid": os.getpid(), "purpose": self._purpose}, file)
        file.flush()
        self._file = file
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the lock back."""
        if self._file:
            self._file.close()

    def _held(self, file: IO[str]) -> str:
        file.seek(0)
        try:
            holder = json.loads(file.read())
            who = f"process {holder['pid']} ({holder['purpose']})"
        except (ValueError, KeyError):
            who = "another process"
        finally:
            file.close()
        return f"{self._path.parent} is in use by {who}: stop it, or set another BACKSMITH_HOME"


STATE_FILE = "up.json"
"""Where `up` says which processes it runs."""


def running_address(home: Path) -> str | None:
    """Return the address of the Temporal server that `up` runs for this home, if it does."""
    try:
        state = json.loads((home / STATE_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    address = state.get("address")
    return address if isinstance(address, str) else None
