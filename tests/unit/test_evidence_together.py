"""Gates side by side, and a change judged at its head and its base."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from agent.domain.errors import TransientError
from agent.domain.evidence import Evidence, Gate, GateStatus, TestCount
from agent.domain.ids import CommitSha
from agent.evidence.judging import judge
from agent.evidence.result import Result
from agent.evidence.together import examine_all, together
from agent.ports import Command, CommandResult
from agent.stacks.commands import Stack
from agent.tools.base import Bench
from tests.fakes.bench import RESULT, Office, evidence, failed, junit, office, passed
from tests.fakes.sandbox import Files

STACK = Stack(tests=("pytest",), lint=("ruff check .",), types=("mypy .",))
SECONDS = 20
BASE = CommitSha("b" * 40)


def repository(*cases: str) -> Office:
    at = office()
    at.shell.on("pytest", {RESULT: junit(*cases)}, exit_code=int(len(cases) > 1))
    return at


def bench(at: Office, known: tuple[Evidence, ...] = ()) -> Bench:
    return replace(at.bench(STACK), base=BASE, at_base=known)


def test_results_come_in_the_order_of_the_jobs_whichever_ends_first() -> None:
    second = threading.Event()

    def first() -> str:
        assert second.wait(SECONDS)
        return "first"

    def last() -> str:
        second.set()
        return "last"

    assert together([first, last]) == ["first", "last"]


def test_a_job_that_fails_stops_the_others_at_once() -> None:
    begun, ended = threading.Event(), threading.Event()

    def endless() -> None:
        begun.set()
        try:
            while True:
                time.sleep(0.01)
        finally:
            ended.set()

    def fail() -> None:
        assert begun.wait(SECONDS)
        raise TransientError("the index is away")

    with pytest.raises(TransientError, match="the index is away"):
        together([endless, fail])
    assert ended.is_set()


def test_a_cancelled_caller_stops_jobs_within_jobs() -> None:
    begun, ended = threading.Semaphore(0), threading.Semaphore(0)

    def endless() -> None:
        try:
            begun.release()  # whoever is stopped while it waits at a barrier may leave it locked
            while True:
                time.sleep(0.01)
        finally:
            ended.release()

    def inner() -> None:
        together([endless, endless])

    def cancel() -> None:
        assert begun.acquire(timeout=SECONDS)
        assert begun.acquire(timeout=SECONDS)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        together([inner, cancel])
    assert ended.acquire(timeout=SECONDS)
    assert ended.acquire(timeout=SECONDS)


def test_gates_give_their_results_in_the_order_that_was_asked_for() -> None:
    gates = (Gate.TYPES, Gate.COVERAGE, Gate.TESTS, Gate.LINT)
    found = examine_all(gates, bench(repository(passed())))
    assert tuple(result.gate for result in found) == gates


def test_the_suite_and_the_linters_run_at_the_same_time() -> None:
    at = repository(passed())
    both = threading.Barrier(2)
    at.sandbox.answer = meeting(at, both, "pytest", "mypy")
    found = examine_all((Gate.TESTS, Gate.TYPES), bench(at))
    assert [result.exit_code for result in found] == [0, 0]


def meeting(
    at: Office, both: threading.Barrier, *programs: str
) -> Callable[[Files, Command], CommandResult]:
    """Answer as the shell does, once commands of these programs have met."""

    def answer(files: Files, command: Command) -> CommandResult:
        line = command.argv[2] if command.argv[0] == "bash" else ""
        if any(f"{program} " in line for program in programs):
            both.wait(SECONDS)
        return at.shell(files, command)

    return answer


def test_gates_that_run_the_code_in_the_worktree_never_run_at_the_same_time() -> None:
    heard: list[tuple[Gate, bool]] = []

    def tell(gate: Gate, result: Result | None) -> None:
        heard.append((gate, result is None))

    gates = (Gate.TESTS, Gate.COVERAGE, Gate.OPENAPI)
    examine_all(gates, bench(repository(passed())), tell=tell)
    assert heard == [(gate, begins) for gate in gates for begins in (True, False)]


def test_a_complaint_about_a_file_that_the_tests_made_and_removed_is_checked_again() -> None:
    at = repository(passed())
    answers = iter((1, 0))

    def answer(files: Files, command: Command) -> CommandResult:
        if "ruff" in command.argv[-1]:
            said = "made_by_a_test.py:1:1: F401 unused"
            return CommandResult(exit_code=next(answers), output=said, seconds=0.1)
        return at.shell(files, command)

    at.sandbox.answer = answer
    found = examine_all((Gate.TESTS, Gate.LINT), bench(at))
    assert found[1].findings == ()


def test_a_complaint_about_a_file_that_is_there_stands() -> None:
    at = repository(passed())
    at.shell.on("ruff", exit_code=1, output="app.py:1:1: F401 unused")
    examine_all((Gate.TESTS, Gate.LINT), bench(at))
    assert sum("ruff" in command.argv[2] for command in at.ran()) == 1


def test_what_the_base_showed_is_asked_for_only_by_gates_that_compare() -> None:
    asked: list[str] = []

    def known() -> tuple[Evidence, ...]:
        asked.append("known")
        return ()

    at = repository(passed())
    examine_all((Gate.TESTS, Gate.LINT), bench(at), known=known)
    assert asked == []
    examine_all((Gate.TESTS, Gate.COVERAGE), bench(at), known=known)
    assert asked == ["known"]


@pytest.mark.parametrize("is_apart", [False, True])
def test_what_was_red_at_the_base_is_not_held_against_the_change(is_apart: bool) -> None:
    at = repository(passed(), failed("test_old"), failed("test_new"))
    measured: list[tuple[Gate, ...]] = []

    def measure(gates: tuple[Gate, ...]) -> tuple[Evidence, ...]:
        measured.append(gates)
        return (evidence(status=GateStatus.FAIL, failing=("test_old",), total=1, commit=BASE),)

    gates = (Gate.TESTS, Gate.COVERAGE, Gate.LINT)
    tests, _, lint = judge(gates, lambda: bench(at), measure, is_apart=is_apart)
    assert tests.evidence.reason == "1 passed, 2 failed (1 of them at the base too)"
    assert [problem.key for problem in tests.new] == ["test_new"]
    assert (lint.evidence.status, lint.new) == (GateStatus.PASS, ())
    assert measured == [(Gate.COVERAGE,), (Gate.TESTS,)]


def test_a_suite_in_which_nothing_passes_at_base_or_head_proves_nothing() -> None:
    at = repository(failed("test_a"), failed("test_b"))

    def measure(gates: tuple[Gate, ...]) -> tuple[Evidence, ...]:
        return (evidence(status=GateStatus.FAIL, failing=("test_a", "test_b"), total=2),)

    [found] = judge((Gate.TESTS,), lambda: bench(at), measure)
    assert (found.evidence.status, found.evidence.as_at_base) == (GateStatus.NOT_RUN, True)
    assert "no test passes, at the base neither" in found.evidence.reason


@pytest.mark.parametrize(
    ("failing_at_base", "status"),
    [(1, GateStatus.NOT_RUN), (0, GateStatus.FAIL)],
    ids=["nothing passes at the base", "there are no tests at the base"],
)
def test_one_more_failure_where_nothing_passes_is_not_held_against_the_change(
    failing_at_base: int, status: GateStatus
) -> None:
    at = repository(failed("test_a"), failed("test_b"))
    count = TestCount(passed=0, failed=failing_at_base, skipped=0)

    def measure(gates: tuple[Gate, ...]) -> tuple[Evidence, ...]:
        known = ("test_a",)[:failing_at_base]
        return (evidence(status=GateStatus.FAIL, failing=known, total=len(known), tests=count),)

    [found] = judge((Gate.TESTS,), lambda: bench(at), measure)
    assert found.evidence.status is status
    assert bool(found.new) is (status is GateStatus.FAIL)


def test_a_time_limit_is_said_openly() -> None:
    at = office()
    at.shell.on("pytest", exit_code=-9, timed_out=True, output="test_a.py::test_hangs")
    limited = replace(bench(at), limit=timedelta(seconds=90))
    [found] = examine_all((Gate.TESTS,), limited)
    assert "90 seconds were over; the last line: test_a.py::test_hangs" in found.unable[0].place
    assert at.ran()[-1].timeout == timedelta(seconds=90)
