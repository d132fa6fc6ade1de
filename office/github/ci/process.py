"""Runs one script of a job in a process group of its own, and leaves nothing of it behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_LONGEST_LINE = 1 << 20


async def run_script(
    command: Sequence[str],
    *,
    directory: Path,
    environment: Mapping[str, str],
    seconds: float,
    say: Callable[[str], None],
) -> int:
    """Run a command and pass on each line that it prints; return its exit code.

    Raises:
        TimeoutError: it did not end in time; it is dead by then.
    """
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=directory,
        env=dict(environment),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
        limit=_LONGEST_LINE,
    )
    try:
        async with asyncio.timeout(seconds):
            await _listen(process, say)
            return await process.wait()
    finally:
        # The group may have outlived its leader.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _listen(process: asyncio.subprocess.Process, say: Callable[[str], None]) -> None:
    if process.stdout is None:
        return
    while True:
        try:
            line = await process.stdout.readline()
        except ValueError:
            say("(a line longer than 1 MB was left out)")
            continue
        if not line:
            return
        say(line.decode(errors="replace").rstrip("\r\n"))
