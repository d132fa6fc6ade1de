"""The tests gate: run the repository's tests and read the JUnit file that they wrote."""

import shlex
from datetime import timedelta

from agent.domain.errors import ToolError
from agent.domain.evidence import Evidence, Gate, GateStatus, TestCount
from agent.evidence.junit import TestReport, parse_junit
from agent.ports import Command, CommandResult
from agent.text import head_and_tail, plain_output
from agent.tools.base import Bench

TIMEOUT = timedelta(minutes=20)
_RESULT = ".backsmith-results/junit.xml"
"""The workspace keeps this folder out of every snapshot."""
_NO_TESTS = 5
"""pytest's exit code when it collected nothing."""


def run_tests(bench: Bench, select: tuple[str, ...] = ()) -> Evidence:
    """Run the tests, all or a selection, and say how many passed."""
    commands = bench.stack.tests[:1] if select else bench.stack.tests
    if not commands:
        return _evidence(bench, GateStatus.NOT_APPLICABLE, "no test command was found")
    return _merged([_run_one(bench, command, select) for command in commands])


def _run_one(bench: Bench, command: str, select: tuple[str, ...]) -> Evidence:
    if "pytest" in command:
        return _run_pytest(bench, command, select)
    return _run_plain(bench, " ".join([command, *map(shlex.quote, select)]))


def _merged(runs: list[Evidence]) -> Evidence:
    """Return several test commands as one piece of evidence: green only if all are."""
    if len(runs) == 1:
        return runs[0]
    worst = next((run for run in runs if run.status is GateStatus.FAIL), runs[0])
    counts = [run.tests for run in runs if run.tests]
    total = TestCount(
        passed=sum(count.passed for count in counts),
        failed=sum(count.failed for count in counts),
        skipped=sum(count.skipped for count in counts),
    )
    return worst.model_copy(
        update={
            "reason": worst.reason if worst.status is GateStatus.FAIL else count_text(total),
            "command": " && ".join(run.command for run in runs),
            "seconds": round(sum(run.seconds for run in runs), 2),
            "tests": total,
        }
    )


def _run_pytest(bench: Bench, command: str, select: tuple[str, ...]) -> Evidence:
    shown = " ".join([command, *map(shlex.quote, select)])
    fresh = f"rm -f {_RESULT}; {shown} --junitxml={_RESULT} -p no:cacheprovider"
    result = _run(bench, fresh)
    report = _read_report(bench)
    if result.timed_out or report is None or result.exit_code < 0:
        return _broken(bench, shown, result)
    if result.exit_code == _NO_TESTS:
        return _evidence(bench, GateStatus.FAIL, "no test was collected", shown, result)
    return _judged(bench, shown, result, report)


def _judged(bench: Bench, command: str, result: CommandResult, report: TestReport) -> Evidence:
    count = report.count
    is_green = result.exit_code == 0 and not count.failed and count.passed > 0
    status = GateStatus.PASS if is_green else GateStatus.FAIL
    failures = "\n\n".join(f"{item.name}\n{item.text}" for item in report.failures[:10])
    more = len(report.failures) - 10
    if more > 0:
        failures += f"\n\n[{more} more failures]"
    output = failures or ("" if status is GateStatus.PASS else _tail(result))
    return _evidence(bench, status, count_text(count), command, result, count, output)


def count_text(count: TestCount) -> str:
    """Return `30 passed, 1 failed`, with the parts that are not zero."""
    parts = ((count.passed, "passed"), (count.failed, "failed"), (count.skipped, "skipped"))
    return ", ".join(f"{number} {word}" for number, word in parts if number) or "no tests"


def _run_plain(bench: Bench, command: str) -> Evidence:
    result = _run(bench, command)
    if result.timed_out or result.exit_code < 0:
        return _broken(bench, command, result)
    status = GateStatus.PASS if result.exit_code == 0 else GateStatus.FAIL
    reason = f"the test command ended with exit code {result.exit_code}"
    return _evidence(bench, status, reason, command, result, output=_tail(result))


def _run(bench: Bench, command: str) -> CommandResult:
    return bench.sandbox.run(bench.worktree, Command(argv=("bash", "-c", command), timeout=TIMEOUT))


def _read_report(bench: Bench) -> TestReport | None:
    try:
        found = bench.files("result", path=_RESULT, cap=8_000_000)
    except ToolError:
        return None
    return parse_junit(found["text"])


def _broken(bench: Bench, command: str, result: CommandResult) -> Evidence:
    ended = "time was up" if result.timed_out else f"exit code {result.exit_code}"
    reason = f"the tests did not run to their end ({ended})"
    return _evidence(bench, GateStatus.FAIL, reason, command, result, output=_tail(result))


def _tail(result: CommandResult) -> str:
    return head_and_tail(plain_output(result.output).strip(), 6_000)


def _evidence(
    bench: Bench,
    status: GateStatus,
    reason: str,
    command: str = "",
    result: CommandResult | None = None,
    count: TestCount | None = None,
    output: str = "",
) -> Evidence:
    return Evidence(
        gate=Gate.TESTS,
        status=status,
        commit=bench.worktree.head,
        reason=reason,
        command=command,
        exit_code=result.exit_code if result else None,
        seconds=round(result.seconds, 2) if result else 0.0,
        tests=count,
        output=output,
    )
