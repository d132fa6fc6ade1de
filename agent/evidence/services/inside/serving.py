"""The script's way: start the servers of a job, run a command beside them, and stop them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from agent.evidence.services.inside.caches import CacheServer, cache_programs
from agent.evidence.services.inside.servers import Server, server_folders

NOT_STARTED = 96
"""The exit code where a server cannot be started; the command does not run then."""
BESIDE = "BACKSMITH_BESIDE"
"""The variable with the environment of packages beside those of the repository."""
USUAL_SOCKETS = ("/var/run/postgresql", "/run/postgresql", "/tmp")  # noqa: S108 - where libpq looks
FOR_TESTS = (
    *("-c", "max_connections=100", "-c", "wal_level=minimal", "-c", "max_wal_senders=0"),
    *("-c", "max_wal_size=64MB", "-c", "min_wal_size=32MB"),
)


def postgres(job: dict[str, Any], beside: str) -> Server:
    """Return a PostgreSQL as the job asks for it; raises OSError when none can be had."""
    usual = sorted({os.path.realpath(place) for place in USUAL_SOCKETS})
    # As root, and so without a sandbox, the server runs as somebody who may not write there.
    sockets = tuple(place for place in usual if os.access(place, os.W_OK) and os.geteuid())
    options = ("-p", str(job["port"]), "-c", "listen_addresses=127.0.0.1,::1", *FOR_TESTS)
    problems = []
    for kind, programs in server_folders(job["wants_extensions"], beside):
        try:
            must_be_free(job["port"])
            server = Server(kind, programs, options, statements(job), sockets)
            server.wait()
        except (OSError, subprocess.SubprocessError) as error:
            problems.append(f"{kind}: {error}")
        else:
            return server
    raise OSError("; ".join(problems) or "there is none here")


def must_be_free(port: int) -> None:
    """Raise OSError when something listens there already, as it may without a sandbox."""
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise OSError(f"port {port} is taken")


def statements(job: dict[str, Any]) -> str:
    """Return what makes the roles and the empty databases, one statement a line."""
    roles = [f"CREATE ROLE {quoted(name)} SUPERUSER LOGIN" for name in job["users"]]
    owner = quoted((job["users"] or ["postgres"])[0])
    made = [f"CREATE DATABASE {quoted(name)} OWNER {owner}" for name in job["databases"]]
    return "".join(f"{line}\n" for line in (*roles, *made))


def quoted(name: str) -> str:
    """Return a name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def cache(job: dict[str, Any], beside: str) -> CacheServer:
    """Return a Redis as the job asks for it; raises OSError when none can be had."""
    problems = []
    for program in cache_programs(beside):
        try:
            must_be_free(job["port"])
            server = CacheServer(program, job["port"], job["password"])
            server.wait()
        except OSError as error:
            problems.append(f"{program.name}: {error}")
        else:
            return server
    raise OSError("; ".join(problems) or "there is none here")


def started(job: dict[str, Any], beside: str, stack: ExitStack) -> Iterator[tuple[str, str]]:
    """Start what a job asks for; yield the variables that programs find it by."""
    if job["postgres"]:
        server = named("PostgreSQL", postgres, job["postgres"], beside)
        stack.callback(server.stop)
        yield from {
            "PGHOST": "localhost",
            "PGPORT": str(job["postgres"]["port"]),
            "PGUSER": (job["postgres"]["users"] or ["postgres"])[0],
            "PATH": f"{os.environ.get('PATH', os.defpath)}:{server.programs}",
        }.items()
    if job["redis"]:
        stack.callback(named("Redis", cache, job["redis"], beside).stop)
    yield from job["environment"].items()


def named(name: str, start: Any, job: dict[str, Any], beside: str) -> Any:
    """Start a server; raises OSError with its name."""
    try:
        return start(job, beside)
    except OSError as error:
        text = " ".join(str(error).split())[:300]
        raise OSError(f"{name} could not be started ({text})") from error


def main() -> None:
    """Run the command behind the job, and end as it ends."""
    job, command = json.loads(sys.argv[1]), sys.argv[2:]
    beside = os.environ.pop(BESIDE, "")
    with ExitStack() as stack:
        try:
            added = dict(started(job, beside, stack))
        except OSError as error:
            sys.stdout.write(f"\n{error}\n")
            sys.exit(NOT_STARTED)
        done = subprocess.run(command, env={**os.environ, **added}, check=False)
    sys.exit(done.returncode if done.returncode >= 0 else 128 - done.returncode)


if __name__ == "__main__":
    main()
