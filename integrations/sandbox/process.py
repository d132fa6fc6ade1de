"""One child process: fed, read up to a cap, timed, and never left behind."""

import errno
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from pathlib import Path

from agent.domain.errors import SandboxUnavailableError, ToolError
from agent.domain.value import Value
from agent.ports import CommandResult

FLOOD_FACTOR = 64
"""A command that writes this many times its output cap is ended."""
_POLL_SECONDS = 0.2


class Launch(Value):
    """How to start a child process."""

    argv: tuple[str, ...]
    environment: dict[str, str]
    folder: Path
    stdin: bytes
    timeout: timedelta
    output_cap_bytes: int


@contextmanager
def memory_files(contents: Sequence[bytes]) -> Iterator[list[int]]:
    """Hold contents in anonymous files, to be handed to a child by number."""
    with ExitStack() as stack:
        numbers = []
        for content in contents:
            number = os.memfd_create("backsmith", os.MFD_CLOEXEC)
            stack.callback(os.close, number)
            with os.fdopen(number, "wb", closefd=False) as file:
                file.write(content)
            os.lseek(number, 0, os.SEEK_SET)
            numbers.append(number)
        yield numbers


def execute(launch: Launch, inherited: Sequence[int] = ()) -> CommandResult:
    """Run a child to its end, to its time-out, or until it floods us.

    When the calling thread gets an exception meanwhile, such as a cancellation, the child is
    killed before the exception goes on.
    """
    started = time.monotonic()
    output = _Output(launch.output_cap_bytes)
    with memory_files([launch.stdin]) as [source]:
        process = _start(launch, source, inherited)
        try:
            timed_out = _follow(process, started + launch.timeout.total_seconds(), output)
        finally:
            _end(process)
    return CommandResult(
        exit_code=process.returncode,
        output=output.kept.decode("utf-8", "replace"),
        seconds=round(time.monotonic() - started, 3),
        timed_out=timed_out,
        truncated_bytes=output.total - len(output.kept),
    )


def _start(launch: Launch, source: int, inherited: Sequence[int]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603 - running commands is what this is for
            launch.argv,
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=launch.environment,
            cwd=launch.folder,
            close_fds=True,
            pass_fds=inherited,
            start_new_session=True,
        )
    except ValueError as error:
        raise ToolError("a command cannot hold NUL characters; write them to a file") from error
    except OSError as error:
        if error.errno == errno.E2BIG:
            raise ToolError("the command is too long; write its text to a file") from error
        raise SandboxUnavailableError(f"{launch.argv[0]} cannot be started: {error}") from error


class _Output:
    """The first bytes of what a child writes, and a count of all."""

    def __init__(self, cap: int) -> None:
        self.cap = cap
        self.kept = bytearray()
        self.total = 0

    def add(self, chunk: bytes) -> None:
        self.total += len(chunk)
        self.kept += chunk[: max(0, self.cap - len(self.kept))]

    def is_flood(self) -> bool:
        return self.total > FLOOD_FACTOR * self.cap


def _follow(process: subprocess.Popen[bytes], deadline: float, output: _Output) -> bool:
    """Read until the child has ended; tell whether its time ran out."""
    assert process.stdout is not None  # noqa: S101 - it was started with a pipe
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while (remaining := deadline - time.monotonic()) > 0:
            if selector.select(min(remaining, _POLL_SECONDS)):
                chunk = os.read(process.stdout.fileno(), 1 << 16)
                output.add(chunk)
                if output.is_flood():
                    return False
                if not chunk:
                    return not _ended(process, deadline)
            elif process.poll() is not None and not selector.select(0):
                return False  # a child of the child still holds the pipe
    return True


def _ended(process: subprocess.Popen[bytes], deadline: float) -> bool:
    """Wait for a child that has closed its output."""
    while process.poll() is None and (remaining := deadline - time.monotonic()) > 0:
        with suppress(subprocess.TimeoutExpired):
            process.wait(min(remaining, _POLL_SECONDS))
    return process.poll() is not None


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the child's process group and wait for the child."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        _drain(process.stdout.fileno())
        process.stdout.close()


def _drain(pipe: int) -> None:
    """Wait until nobody holds the pipe any more, so that what was killed is gone; 2 s at most."""
    deadline = time.monotonic() + 2
    os.set_blocking(pipe, False)
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while (remaining := deadline - time.monotonic()) > 0:
            if selector.select(remaining) and not os.read(pipe, 1 << 16):
                return
