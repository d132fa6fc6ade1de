"""How fast and how large the differ is on GitHub's 12 MB descriptions, beside two peers.

Each is measured as a whole process, from its start to its exit, on the same files.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench.differ_peers import (
    MAJORS,
    ROOT,
    NotRunError,
    github_description,
    smart_diff,
    specshift,
)

RUNS = 3
OURS = "backsmith openapi diff"


class Measured(NamedTuple):
    """One run of one program."""

    seconds: float
    megabytes: float
    """The most memory that it held at once."""
    changes: int


def measure_differ() -> dict[str, Any]:
    """Return seconds, peak memory and number of changes of each, and their ratio to ours."""
    try:
        files = [github_description(version) for version in MAJORS]
    except NotRunError as error:
        return {"not run": str(error)}
    sizes = " and ".join(f"{file.stat().st_size / 1e6:.1f} MB" for file in files)
    rows = in_turn({OURS: _ours, "specshift": _specshift, "api-smart-diff": _smart_diff}, files)
    return {"descriptions": f"GitHub {' and '.join(MAJORS)}, {sizes}"} | rows


Command = Callable[[list[str]], list[str]]
"""From the names of the two files to a command line that prints JSON with a list `changes`."""


def _ours(files: list[str]) -> list[str]:
    # What the installed command does, but with the code of this tree.
    start = "from workflows.cli import main; main()"
    words = ["openapi", "diff", *files, "--format", "json", "--fail-on", "never"]
    return [sys.executable, "-c", start, *words]


def _specshift(files: list[str]) -> list[str]:
    return [*specshift(), "diff", *files, "--format", "json", "--fail-on", "none"]


def _smart_diff(files: list[str]) -> list[str]:
    return [*smart_diff(), *files]


def in_turn(commands: dict[str, Command], files: list[Path]) -> dict[str, Any]:
    """Run each some times, one after the other in each round, so that a busy hour is shared."""
    runs: dict[str, list[Measured]] = {name: [] for name in commands}
    faults: dict[str, str] = {}
    for _round in range(RUNS):
        for name in (name for name in commands if name not in faults):
            try:
                runs[name].append(_run(commands[name], files))
            except NotRunError as error:
                faults[name] = str(error)
    best = {name: _best(runs[name]) for name in commands if name not in faults}
    ours = best.get(OURS)
    rows: dict[str, Any] = {name: _row(measured, ours) for name, measured in best.items()}
    return rows | {name: {"not run": fault} for name, fault in faults.items()}


def _best(runs: list[Measured]) -> Measured:
    """Return the shortest time and the least memory of some runs."""
    seconds, megabytes, changes = zip(*runs, strict=True)
    return Measured(min(seconds), min(megabytes), changes[0])


def _run(command: Command, files: list[Path]) -> Measured:
    words = command([str(file) for file in files])
    with tempfile.TemporaryFile() as found, tempfile.TemporaryFile("w+") as said:
        started = time.perf_counter()
        process = subprocess.Popen(words, cwd=ROOT, stdout=found, stderr=said)
        _pid, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise NotRunError(f"exit {process.returncode}: {said.read()[-300:].strip()}")
        found.seek(0)
        changes = json.load(found)["changes"]
    # ru_maxrss counts KiB on Linux and bytes on macOS.
    unit = 1024 if sys.platform != "darwin" else 1
    return Measured(seconds, usage.ru_maxrss * unit / 1e6, len(changes))


def _row(measured: Measured, ours: Measured | None) -> dict[str, Any]:
    row: dict[str, Any] = {
        "seconds": round(measured.seconds, 2),
        "peak_mb": round(measured.megabytes),
        "changes": measured.changes,
    }
    if ours is not None:
        row["times_our_seconds"] = round(measured.seconds / ours.seconds, 1)
        row["times_our_memory"] = round(measured.megabytes / ours.megabytes, 1)
    return row
