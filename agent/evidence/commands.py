"""The gates that are one or more commands whose output is findings: lint and types."""

import re
from datetime import timedelta

from agent.domain.evidence import Gate
from agent.evidence.findings import Finding, parse_findings
from agent.evidence.result import Problem, Result, merged
from agent.evidence.running import is_missing, run_line, unable
from agent.ports import CommandResult
from agent.stacks.line import CommandLine, parse_line
from agent.tools.base import Bench

TIMEOUT = timedelta(minutes=15)
_MOST_LINES = 200


def check_commands(gate: Gate, bench: Bench) -> Result:
    """Run all commands of a gate and read what they found."""
    commands = bench.stack.commands(gate)
    if not commands:
        reason = f"no {gate} command is set up in this repository"
        return Result(gate=gate, nothing_to_do=reason)
    return merged([_check(gate, bench, command) for command in commands])


def _check(gate: Gate, bench: Bench, command: str) -> Result:
    line = parse_line(command)
    result = run_line(bench, _plain(line), TIMEOUT)
    if result.timed_out:
        return unable(gate, command, result, f"`{command}` took too long")
    if result.exit_code == 0:
        return _result(gate, command, result, ())
    found = read_output(bench, command, result.output)
    if found:
        return _result(gate, command, result, tuple(map(problem_of, found)))
    if is_missing(result):
        return unable(gate, command, result, f"{line.tool} is not installed here")
    if result.exit_code < 0 or result.exit_code > 1:
        return unable(gate, command, result, f"`{command}` ended with {result.exit_code}")
    return _result(gate, command, result, _unread(command, result.output))


def read_output(bench: Bench, command: str, output: str) -> list[Finding]:
    """Return what a command found, with paths relative to the worktree."""
    return parse_findings(output, str(bench.worktree.path), parse_line(command).folder)


def problem_of(finding: Finding) -> Problem:
    """Return a finding as a problem that can be compared with the base."""
    return Problem(key=finding.key(), text=finding.text(), place=finding.path, line=finding.line)


def _result(
    gate: Gate, command: str, result: CommandResult, findings: tuple[Problem, ...]
) -> Result:
    return Result(
        gate=gate,
        command=command,
        exit_code=result.exit_code,
        seconds=result.seconds,
        findings=findings,
    )


def _unread(command: str, output: str) -> tuple[Problem, ...]:
    """Return output of no known form line by line, so that it can be compared at all."""
    lines = [line for line in output.splitlines() if line.strip()]
    if len(lines) > _MOST_LINES:
        lines = [*lines[: _MOST_LINES // 2], "[...]", *lines[-_MOST_LINES // 2 :]]
    lines = lines or [f"`{command}` failed without a word"]
    return tuple(
        Problem(key=f"{command}: {re.sub('[0-9]+', '0', line.strip())}", text=line)
        for line in lines
    )


def _plain(line: CommandLine) -> str:
    """Return the shell line with one finding a line where the tool would draw pictures."""
    if line.tool == "mypy":
        return f"{line.shell()} --no-pretty"
    return line.shell()
