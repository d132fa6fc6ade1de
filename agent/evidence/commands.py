"""The gates that are one or more commands with an exit code: lint and types."""

from datetime import timedelta

from agent.domain.evidence import Evidence, Gate, GateStatus
from agent.ports import Command
from agent.text import head_and_tail, plain_output
from agent.tools.base import Bench

TIMEOUT = timedelta(minutes=10)
_CANNOT_RUN = 127
"""The shell's exit code for a command that it did not find."""


def run_commands(gate: Gate, bench: Bench) -> Evidence:
    """Run a gate's commands one after the other; the first that fails decides."""
    commands = bench.stack.commands(gate)
    if not commands:
        return Evidence(
            gate=gate,
            status=GateStatus.NOT_APPLICABLE,
            commit=bench.worktree.head,
            reason=f"no {gate} command is set up in this repository",
        )
    seconds = 0.0
    for command in commands:
        result = bench.sandbox.run(
            bench.worktree, Command(argv=("bash", "-c", command), timeout=TIMEOUT)
        )
        seconds += result.seconds
        if result.exit_code != 0:
            break
    passed = result.exit_code == 0
    could_run = not result.timed_out and result.exit_code not in (_CANNOT_RUN, 126)
    status = GateStatus.PASS if passed else GateStatus.FAIL if could_run else GateStatus.NOT_RUN
    output = plain_output(result.output).strip()
    return Evidence(
        gate=gate,
        status=status,
        commit=bench.worktree.head,
        reason="no findings" if passed else _reason(command, result.exit_code, result.timed_out),
        command=" && ".join(commands) if passed else command,
        exit_code=result.exit_code,
        seconds=round(seconds, 2),
        output="" if passed else head_and_tail(output, 6_000),
    )


def _reason(command: str, exit_code: int, timed_out: bool) -> str:
    return f"`{command}` " + ("took too long" if timed_out else f"ended with {exit_code}")
