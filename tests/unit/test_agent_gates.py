"""The gates: what a command's end and its result file say about a commit."""

from typing import Any

import pytest

from agent.domain.evidence import Evidence, Gate, GateStatus, TestCount
from agent.evidence.gates import run_gate
from agent.evidence.result import WRITE_TESTS
from agent.evidence.words import evidence_text
from agent.stacks.commands import Stack
from tests.fakes.bench import RESULT, Office, evidence, failed, junit, office, passed

STACK = Stack(
    tests=("pytest -q",), lint=("ruff check .", "ruff format --check ."), types=("mypy .",)
)
PLAIN = Stack(tests=("python manage.py test",))


def measure_tests(at: Office, stack: Stack = STACK, select: tuple[str, ...] = ()) -> Evidence:
    return run_gate(Gate.TESTS, at.bench(stack), select)


def after_pytest(exit_code: int, *cases: str) -> Office:
    at = office()
    at.shell.on("pytest", {RESULT: junit(*cases)}, exit_code=exit_code, output="the log")
    return at


def test_tests_that_pass_are_counted() -> None:
    found = measure_tests(at := after_pytest(0, passed("a"), passed("b")))
    assert (found.status, found.reason) == (GateStatus.PASS, "2 passed")
    assert found.tests == TestCount(passed=2)
    assert (found.command, found.exit_code, found.commit) == ("pytest -q", 0, at.base)
    assert found.output == ""


def test_tests_that_fail_are_shown() -> None:
    found = measure_tests(after_pytest(1, passed(), failed("test_b", "assert 1 == 2")))
    assert (found.status, found.reason) == (GateStatus.FAIL, "1 passed, 1 failed")
    assert found.output == "test_b\nassert 1 == 2"


def test_failures_without_room_are_named() -> None:
    found = measure_tests(after_pytest(1, *(failed(f"test_{n}", "x" * 990) for n in range(12))))
    assert len(found.output) < 6_100
    assert "test_5\nxxx" in found.output
    assert "[6 more failed: test_6, test_7, test_8, " in found.output
    assert found.failing == tuple(f"test_{n}" for n in range(12))


def test_failures_in_the_result_file_outweigh_a_good_exit_code() -> None:
    assert measure_tests(after_pytest(0, passed(), failed())).status is GateStatus.FAIL


def test_a_bad_exit_code_outweighs_a_good_result_file() -> None:
    found = measure_tests(after_pytest(1, passed()))
    assert found.status is GateStatus.FAIL
    assert found.reason == "1 passed; the test command ended with exit code 1"
    assert found.output == "the test command ended with exit code 1\nthe log"


def test_a_run_that_collects_nothing_fails() -> None:
    found = measure_tests(after_pytest(5))
    assert (found.status, found.reason) == (GateStatus.FAIL, WRITE_TESTS)


def test_a_run_without_a_result_file_fails_with_its_log() -> None:
    at = office()
    at.shell.on("pytest", exit_code=4, output="usage error")
    found = measure_tests(at)
    assert found.status is GateStatus.FAIL
    assert found.reason == "the tests did not run to their end (exit code 4)"
    assert found.output == "usage error"


def test_a_broken_result_file_fails() -> None:
    at = office()
    at.shell.on("pytest", {RESULT: "<testsuite><testca"})
    assert measure_tests(at).status is GateStatus.FAIL


def test_a_run_out_of_time_fails_and_says_so() -> None:
    at = office()
    log = "tests/test_a.py::test_a PASSED\ntests/test_a.py::test_hangs "
    at.shell.on("pytest", {RESULT: junit(passed())}, exit_code=-9, timed_out=True, output=log)
    found = measure_tests(at)
    assert found.status is GateStatus.FAIL
    assert found.reason == (
        "the tests did not run to their end "
        "(60 minutes were over; the last line: tests/test_a.py::test_hangs)"
    )
    assert "a short time limit" in found.output


def test_a_run_that_was_killed_fails() -> None:
    at = office()
    at.shell.on("pytest", {RESULT: junit(passed())}, exit_code=-11)
    assert measure_tests(at).status is GateStatus.FAIL


def test_the_result_of_an_earlier_run_is_removed_before_the_tests_run() -> None:
    measure_tests(at := after_pytest(0, passed()))
    [command] = at.ran()
    before, _, after = command.argv[2].partition(f"; rm -f {RESULT}; ")
    assert before.startswith("mkdir -p .backsmith-results")
    assert after.startswith("pytest -q ")


def test_a_selection_is_quoted_for_the_shell() -> None:
    at = after_pytest(0, passed())
    found = measure_tests(at, select=("tests/test_a.py", "x; rm -rf ."))
    assert found.command == "pytest -q tests/test_a.py 'x; rm -rf .'"
    [command] = at.ran()
    assert command.argv[:2] == ("bash", "-c")
    assert f"{found.command} --junitxml={RESULT} " in command.argv[2]


def test_a_repository_without_tests_is_not_applicable() -> None:
    found = measure_tests(at := office(), Stack())
    assert (found.status, found.tests) == (GateStatus.NOT_APPLICABLE, None)
    assert at.sandbox.commands == []


@pytest.mark.parametrize(("code", "status"), [(0, GateStatus.PASS), (1, GateStatus.FAIL)])
def test_a_plain_test_command_is_judged_by_its_exit_code(code: int, status: GateStatus) -> None:
    at = office()
    at.shell.on("check-all", exit_code=code, output="something ran")
    found = measure_tests(at, Stack(tests=("./check-all",)))
    assert (found.status, found.tests) == (status, None)
    assert found.reason == f"the test command ended with exit code {code}"


def test_a_plain_test_command_out_of_time_fails() -> None:
    at = office()
    at.shell.on("manage.py", exit_code=0, timed_out=True)
    assert measure_tests(at, PLAIN).status is GateStatus.FAIL


def test_lint_passes_when_all_its_commands_do() -> None:
    at = office()
    at.shell.on("ruff", seconds=0.25)
    found = run_gate(Gate.LINT, at.bench(STACK))
    assert (found.status, found.reason, found.output) == (GateStatus.PASS, "no findings", "")
    assert (found.command, found.seconds) == ("ruff check . && ruff format --check .", 0.5)


def test_what_all_lint_commands_found_is_one_list() -> None:
    at = office()
    at.shell.on("ruff check", exit_code=1, output="app.py:1:8: \x1b[31mF401\x1b[0m [*] `os` unused")
    at.shell.on("ruff format", exit_code=1, output="Would reformat: app.py\n1 file would be")
    found = run_gate(Gate.LINT, at.bench(STACK))
    assert (found.status, found.exit_code) == (GateStatus.FAIL, 1)
    assert found.command == "ruff check . && ruff format --check ."
    assert found.reason == "2 findings"
    assert found.output == "app.py:1: F401 `os` unused\napp.py: unformatted would be reformatted"
    assert found.findings == (
        "app.py: F401 `os` unused",
        "app.py: unformatted would be reformatted",
    )


@pytest.mark.parametrize(
    "end",
    [{"exit_code": 127}, {"exit_code": 126}, {"exit_code": -9, "timed_out": True}],
    ids=["not found", "not executable", "out of time"],
)
def test_a_check_that_cannot_run_is_not_run_rather_than_failed(end: dict[str, Any]) -> None:
    at = office()
    at.shell.on("mypy", **end)
    assert run_gate(Gate.TYPES, at.bench(STACK)).status is GateStatus.NOT_RUN


def test_a_check_out_of_time_says_so() -> None:
    at = office()
    at.shell.on("mypy", exit_code=-9, timed_out=True)
    assert run_gate(Gate.TYPES, at.bench(STACK)).reason == "`mypy .` took too long"


@pytest.mark.parametrize("gate", [Gate.LINT, Gate.TYPES])
def test_a_check_that_is_not_set_up_is_not_applicable(gate: Gate) -> None:
    found = run_gate(gate, office().bench(Stack()))
    assert found.status is GateStatus.NOT_APPLICABLE
    assert found.reason == f"no {gate} command is set up in this repository"


def test_evidence_in_words_has_verdict_command_and_output() -> None:
    item = evidence(
        status=GateStatus.FAIL, reason="1 failed", command="pytest -q", seconds=1.25, output="E  x"
    )
    assert evidence_text(item) == "tests: FAILED: 1 failed\n$ pytest -q  [1.2 s]\nE  x"


def test_evidence_of_what_passed_is_one_line() -> None:
    item = evidence(reason="3 passed", command="pytest -q", seconds=1.25, output="all of it")
    assert evidence_text(item) == "tests: passed: 3 passed  [1.2 s]"


def test_evidence_without_a_command_is_one_line() -> None:
    item = evidence(Gate.TYPES, GateStatus.NOT_APPLICABLE, reason="no types command")
    assert evidence_text(item) == "types: not applicable: no types command"
