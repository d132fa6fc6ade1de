"""`backsmith up`: the embedded Temporal, the gateway and the worker as our children.

A child that dies is started again; none of them outlives us.
"""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import structlog

from agent.domain.errors import SettingsError, TransientError
from workflows.embedded import EmbeddedTemporal
from workflows.processes import STATE_FILE, HomeLock, spawn, stop

log = structlog.get_logger()
LOCK_FILE = "backsmith.lock"
TOO_SOON_SECONDS = 15.0
"""A child that ends earlier has probably never worked."""
WRONG_SETTINGS = 2
"""Exit code of a child whose settings no second start would mend."""
MAX_EARLY_DEATHS = 5


@dataclass
class _Child:
    """One of our processes and how often it died right after its start."""

    name: str
    process: subprocess.Popen[bytes]
    started: float
    early_deaths: int = 0


@dataclass
class Supervisor:
    """Keeps the processes of one home running."""

    home: Path
    temporal: EmbeddedTemporal | None
    environment: dict[str, str]
    _children: list[_Child] = field(default_factory=list)
    _is_stopping: bool = False

    def run(self) -> None:
        """Run until SIGTERM or SIGINT; stop everything cleanly."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask_to_stop)
        with HomeLock(self.home / LOCK_FILE, "backsmith up"):
            try:
                self._start()
                while not self._is_stopping:
                    self._look_after()
                    signal.sigtimedwait([signal.SIGCHLD], 0.5)
            finally:
                self._stop()

    def _ask_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._is_stopping = True

    def _start(self) -> None:
        if self.temporal:
            self.temporal.start()
            self.environment = self.environment | {"TEMPORAL_ADDRESS": self.temporal.address}
        self._children = [self._spawn(name) for name in ("worker", "gateway")]
        self._write_state()

    def _spawn(self, name: str, early_deaths: int = 0) -> _Child:
        argv = [sys.executable, "-m", "workflows", name]
        log_file = self.home / "logs" / f"{name}.log"
        process = spawn(argv, log_file, self.environment)
        log.info("started", process=name, pid=process.pid)
        return _Child(name, process, time.monotonic(), early_deaths)

    def _look_after(self) -> None:
        if self.temporal and not self.temporal.is_alive():
            log.error("temporal_died")
            self.temporal.start()
            self._write_state()
        for number, child in enumerate(self._children):
            code = child.process.poll()
            if code is not None:
                self._children[number] = self._again(child, code)
                self._write_state()

    def _again(self, child: _Child, code: int) -> _Child:
        log.warning("died", process=child.name, exit_code=code)
        was_killed = code < 0
        is_early = time.monotonic() - child.started < TOO_SOON_SECONDS and not was_killed
        early = child.early_deaths + 1 if is_early else 0
        cause = last_line(self.home / "logs" / f"{child.name}.log")
        if code == WRONG_SETTINGS:
            raise SettingsError(f"the {child.name} cannot work: {cause}")
        if early >= MAX_EARLY_DEATHS or (is_early and code == 1):
            raise TransientError(f"the {child.name} does not stay up: {cause}")
        return self._spawn(child.name, early)

    def _write_state(self) -> None:
        pids = {child.name: child.process.pid for child in self._children}
        temporal = (
            {"temporal": self.temporal.pid, "address": self.temporal.address}
            if self.temporal
            else {}
        )
        state = self.home / STATE_FILE
        fresh = state.with_suffix(".new")
        fresh.write_text(json.dumps({"up": os.getpid()} | pids | temporal))
        fresh.replace(state)

    def _stop(self) -> None:
        for child in self._children:
            if child.process.poll() is None:
                child.process.terminate()
        for child in self._children:
            stop(child.process)
        if self.temporal:
            self.temporal.stop()
        (self.home / STATE_FILE).unlink(missing_ok=True)


def last_line(log_file: Path) -> str:
    """Return the last line that a process wrote, which names the cause."""
    lines = log_file.read_text("utf-8", "replace").splitlines() if log_file.exists() else []
    said = [line for line in lines[-50:] if line.strip()]
    return f"{said[-1][:400]} (all of it in {log_file})" if said else f"see {log_file}"
