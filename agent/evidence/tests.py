"""The tests gate: run the repository's tests and read what they report.

pytest writes a JUnit file; `manage.py test` and `python -m unittest` are read from what they print;
any other command is judged by its exit code alone.
"""

import re
from datetime import timedelta
from functools import partial
from posixpath import relpath

from agent.domain.evidence import Gate, Remark, TestCount
from agent.evidence.changes import changed_python
from agent.evidence.closing import DISAGREE, disagreement
from agent.evidence.covering.meter import Meter
from agent.evidence.covering.wrapping import Metered
from agent.evidence.junit import TestReport
from agent.evidence.reports import read_report
from agent.evidence.result import ENVIRONMENT, WRITE_TESTS, Problem, Result, merged
from agent.evidence.running import RESULTS, is_missing, run_line, time_is_over, unable
from agent.evidence.selection import by_line, is_there, selected
from agent.evidence.services.inside.serving import NOT_STARTED
from agent.evidence.services.running import not_started
from agent.evidence.unittests import parse_unittest
from agent.ports import CommandResult
from agent.stacks.line import CommandLine, parse_line
from agent.text import first_line, head_and_tail
from agent.tools.base import Bench

TIMEOUT = timedelta(minutes=60)
_JUNIT = f"{RESULTS}/junit.xml"
_NO_TESTS = 5
"""pytest's exit code when it collected nothing."""
_ENDED = "the test command ended with exit code"
_USAGE = (3, 4)
"""pytest's exit codes for a fault of its own, and for arguments or a conftest.py it cannot use."""
_REPORT_OPTIONS = re.compile(r"\s--cov-report(?:=|\s+)\S+")
_COVERAGE = re.compile(r"Required test coverage of .*|.*total of \S+ is less than fail-under=.*")
_NOT_FOUND = re.compile(r"ERROR: (?P<error>(?:file or directory )?not found: \S+)")
_NOISE = re.compile(
    r"^(?:platform|rootdir|configfile|plugins|cachedir|asyncio|django|testpaths|Using)\b.*\n"
    r"|^[-=]+ (?:test session starts|generated xml file.*) [-=]+\n|^.*PytestDeprecationWarning.*\n",
    re.MULTILINE,
)
"""What pytest says about itself."""
_LOW_COVERAGE = "coverage below what is required"
_UNITTEST = ("manage.py", "unittest")


def check_tests(bench: Bench, select: tuple[str, ...] = (), meter: Meter | None = None) -> Result:
    """Run the tests, all or a selection, and read which failed; `meter` notes what they covered."""
    lines = [parse_line(command) for command in bench.stack.tests]
    if not lines:  # no file of the repository speaks of Python at all
        return Result(gate=Gate.TESTS, nothing_to_do="no test command was found")
    parts = by_line(lines, select) if select else [(line, ()) for line in lines]
    exists = partial(is_there, bench)
    results = [_run_one(bench, selected(line, part, exists), meter) for line, part in parts]
    notes = tuple(Remark(kind=ENVIRONMENT, what=note) for note in bench.notes)
    result = merged(results).model_copy(update={"remarks": notes})
    return _of_selection(result) if select else _with_tests(bench, result)


def _of_selection(result: Result) -> Result:
    """Return a selection's result: what is asked of the whole suite is not asked of a part."""
    findings = tuple(f for f in result.findings if f.key != _LOW_COVERAGE)
    if findings and not any(finding.key for finding in findings):
        findings = (Problem(key="", text="no test fits the selection"),)
    return result.model_copy(update={"is_selection": True, "findings": findings})


def _with_tests(bench: Bench, result: Result) -> Result:
    """Forgive that there are no tests when the change is not about code."""
    is_empty = not (result.tests or result.unable or result.count)
    if is_empty and not any(f.key for f in result.findings) and changed_python(bench) == ():
        reason = "there are no tests, and no Python file was changed"
        return Result(gate=Gate.TESTS, nothing_to_do=reason)
    return result


def _nothing(line: CommandLine) -> Problem:
    """Return the problem that there are no tests, for which the base is no excuse."""
    where = " (unittest finds test*.py in folders with an __init__.py)"
    return Problem(key="", text=WRITE_TESTS + (where if line.tool == "unittest" else ""))


def _run_one(bench: Bench, line: CommandLine, meter: Meter | None) -> Result:
    """Run a command under the meter; without it where that is what stops the tests."""
    measured = meter.begin(line) if meter else None
    if meter is None or measured is None:
        return _run(bench, line, Metered(line=line))
    result = _run(bench, line, measured)
    ended_badly = result.unable or any(f.key.startswith(_ENDED) for f in result.findings)
    if ended_badly and not result.took_too_long and result.exit_code != NOT_STARTED:
        meter.give_up()
        return _run(bench, line, Metered(line=line))
    meter.end(line)
    return result


def _run(bench: Bench, line: CommandLine, measured: Metered) -> Result:
    if line.tool == "pytest":
        return _run_pytest(bench, line, measured)
    text = f"{measured.before}{prepared(line, measured.line)}{measured.after}"
    result = run_line(bench, text, TIMEOUT, measured.needs, is_served=True)
    if _is_broken(result):
        return _broken(bench, line, result)
    report = parse_unittest(result.output, str(bench.worktree.path))
    if report is not None:
        return _judged(line, result, report)
    if result.exit_code == 0:
        return _result(line, result)
    why = f"the test command ended with exit code {result.exit_code}"
    return unable(Gate.TESTS, line.shell(), result, why)


def prepared(line: CommandLine, measured: CommandLine) -> str:
    """Return the shell line so that nothing stops early, nobody is asked and all tests are named.

    Workers of Django's `--parallel` cannot hand every failure over to the runner.
    """
    if line.tool not in _UNITTEST:
        return measured.shell()
    plain = re.sub(r"\s--(?:failfast|parallel(?:[= ](?:auto|\d+))?)(?=\s|$)", "", measured.text)
    plain += " -v" if line.tool == "unittest" else " -v 2"
    if line.tool == "manage.py" and "--no-input" not in plain and "--noinput" not in plain:
        plain += " --noinput"
    return line.model_copy(update={"text": plain}).shell()


def _run_pytest(bench: Bench, line: CommandLine, measured: Metered) -> Result:
    """Run pytest; our options come last, and the last one counts.

    All tests run in spite of `-x` and of files that cannot be collected, for else two commits could
    not be compared. The names of the tests go to the output, so that a time-out shows the last one.
    """
    options = pytest_options(relpath(_JUNIT, line.folder) if line.folder else _JUNIT)
    text = f"{_REPORT_OPTIONS.sub('', measured.line.text)} {options}"
    plain = line.model_copy(update={"text": text})
    before = f"mkdir -p {RESULTS}; {measured.before}rm -f {_JUNIT}; "
    shell = f"{before}{plain.shell()}{measured.after}"
    result = run_line(bench, shell, TIMEOUT, measured.needs, is_served=True)
    root = str(bench.worktree.path)
    report, fault = read_report(bench, _JUNIT, result.output, root=root, folder=line.folder)
    if result.exit_code == _NO_TESTS and not result.timed_out:
        return _result(line, result, findings=(_nothing(line),))
    if _is_broken(result) or report is None or result.exit_code in _USAGE:
        return _broken(bench, line, result, fault)
    return _judged(line, result, report, disagreement(result, report, _JUNIT))


def pytest_options(file: str) -> str:
    """Return the options for a run of pytest that is to be read: its report goes to `file`.

    Names of tests begin where the command runs, also when pytest's settings lie beside the tests.
    """
    return (
        f"--junitxml={file} --rootdir=. -p no:cacheprovider -o junit_family=xunit1 "
        "-o junit_logging=all -o junit_log_passing_tests=false --tb=short --verbosity=2 "
        "--maxfail=0 --continue-on-collection-errors"
    )


def _judged(
    line: CommandLine, result: CommandResult, report: TestReport, forged: str = ""
) -> Result:
    """Return what a report says; `forged` is how pytest's output contradicts it."""
    if forged:
        tail = head_and_tail(result.output, 4_000)
        findings = (Problem(key=DISAGREE, text=f"{DISAGREE}: {forged}\n{tail}", place=DISAGREE),)
        return _result(line, result, report, _failures(report), findings)
    if report.count == TestCount():
        return _result(line, result, findings=(_nothing(line),))
    return _result(line, result, report, _failures(report), _other_faults(result, report))


def _failures(report: TestReport) -> tuple[Problem, ...]:
    return tuple(Problem(key=f.name, text=f.text, place=f.name) for f in report.failures)


def _other_faults(result: CommandResult, report: TestReport) -> tuple[Problem, ...]:
    """Return why a run is not green, beside tests that failed."""
    coverage = _COVERAGE.findall(result.output) if result.exit_code else []
    if coverage:
        return (Problem(key=_LOW_COVERAGE, text=coverage[-1]),)
    if report.failures:
        return ()
    if result.exit_code:
        ended = f"{_ENDED} {result.exit_code}"
        text = f"{ended}\n{head_and_tail(result.output, 4_000)}"
        return (Problem(key=ended, text=text),)
    return () if report.count.passed else (Problem(key="no test passed", text="no test passed"),)


def _is_broken(result: CommandResult) -> bool:
    is_ended = result.timed_out or result.exit_code < 0
    return is_ended or is_missing(result) or bool(not_started(result))


def _broken(bench: Bench, line: CommandLine, result: CommandResult, fault: str = "") -> Result:
    """Return why there is no result; with a time-out the last line names the test that ran.

    `fault` is what is wrong with the report of a run that may have come to its end.
    """
    ended = f"exit code {result.exit_code}"
    if why := not_started(result):
        return unable(Gate.TESTS, line.shell(), result, why)
    if result.timed_out:
        last = first_line(result.output.rpartition("\n")[2], 200)
        ended = f"{time_is_over(bench.time_for(TIMEOUT))}; the last line: {last}"
    elif is_missing(result):
        ended = "it is not installed here"
    elif usage := _NOT_FOUND.search(result.output):
        ended = usage["error"]
    why = f"the tests did not run to their end ({ended})"
    if fault and not _is_broken(result) and result.exit_code not in _USAGE:
        why = fault
    essence = result.model_copy(update={"output": _NOISE.sub("", result.output).strip()})
    return unable(Gate.TESTS, line.shell(), essence, why)


def _result(
    line: CommandLine,
    result: CommandResult,
    report: TestReport | None = None,
    tests: tuple[Problem, ...] = (),
    findings: tuple[Problem, ...] = (),
) -> Result:
    return Result(
        gate=Gate.TESTS,
        command=line.shell(),
        exit_code=result.exit_code,
        seconds=result.seconds,
        tests=tests,
        findings=findings,
        count=report.count if report else None,
        ran=report.names if report else frozenset(),
        skipped=report.skipped if report else frozenset(),
    )
