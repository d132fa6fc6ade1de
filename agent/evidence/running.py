"""Running a gate's command in the sandbox, and telling a failure from one that never ran."""

import re
from datetime import timedelta

from agent.domain.evidence import Gate
from agent.evidence.result import Problem, Result
from agent.evidence.services.running import filling, not_started, run_served
from agent.ports import Command, CommandResult, Needs
from agent.text import head_and_tail, plain_output
from agent.tools.base import Bench

RESULTS = ".backsmith-results"
"""The workspace keeps this folder out of every snapshot."""
_OUTPUT_CAP_BYTES = 8 << 20
_UNABLE_LIMIT = 3_000
_HANGS = "To find out what hangs, run a part of it, with a short time limit."
_NOT_FOUND, _NOT_EXECUTABLE = 127, 126
"""The shell's exit codes for a command that is not there, or is no program."""
_NO_MODULE = re.compile(r"^\S*python[\d.]*: No module named \S+$", re.MULTILINE)


def run_line(
    bench: Bench,
    line: str,
    timeout: timedelta,
    needs: Needs | None = None,
    *,
    is_served: bool = False,
) -> CommandResult:
    """Run a shell line at the root, with settings that make the tools' output plain.

    With `is_served` it runs beside the servers that the repository's tests need.
    """
    environment = (
        ("RUFF_OUTPUT_FORMAT", "concise"),
        ("COVERAGE_FILE", f"{bench.worktree.path}/{RESULTS}/coverage"),
    )
    whole = f"{filling(bench.stack.services)}{line}" if is_served else line
    command = Command(
        argv=("bash", "-c", whole),
        timeout=bench.time_for(timeout),
        environment=environment,
        output_cap_bytes=_OUTPUT_CAP_BYTES,
        needs=needs,
    )
    run = run_served if is_served else _run_plain
    result = run(bench, command)
    return result.model_copy(update={"output": plain_output(result.output).strip()})


def _run_plain(bench: Bench, command: Command) -> CommandResult:
    return bench.sandbox.run(bench.worktree, command)


def time_is_over(time: timedelta) -> str:
    """Return `15 minutes were over`."""
    seconds = int(time.total_seconds())
    whole, unit = (seconds // 60, "minute") if seconds % 60 == 0 else (seconds, "second")
    return f"{whole} {unit}{'s were' if whole != 1 else ' was'} over"


def is_missing(result: CommandResult) -> bool:
    """Tell whether the program itself, or the module that it is, is not installed."""
    if result.exit_code in (_NOT_FOUND, _NOT_EXECUTABLE):
        return True
    return result.exit_code == 1 and _NO_MODULE.search(result.output[:1_000]) is not None


def unable(gate: Gate, command: str, result: CommandResult, why: str) -> Result:
    """Return the result of a command that did not come to one."""
    hint = f"{_HANGS}\n" if result.timed_out else ""
    problem = Problem(
        key=f"could not run: {command}",
        text=hint + head_and_tail(result.output, _UNABLE_LIMIT),
        place=why,
    )
    return Result(
        gate=gate,
        command=command,
        exit_code=result.exit_code,
        seconds=result.seconds,
        unable=(problem,),
        was_missing=is_missing(result) or bool(not_started(result)),
        took_too_long=result.timed_out,
    )
