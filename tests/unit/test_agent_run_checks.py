"""The tool that runs the checks, with scripted commands."""

from dataclasses import replace

from agent.domain.evidence import Gate, GateStatus
from agent.stacks.commands import Stack
from agent.tools.checks import RunChecks
from tests.fakes.bench import RESULT, evidence, failed, junit, office, passed


def test_checks_that_all_pass_are_no_failure() -> None:
    at = office()
    at.shell.on("pytest", {RESULT: junit(passed())})
    assert not RunChecks().run(at.bench(Stack(tests=("pytest",)))).failed


def test_a_selection_is_about_tests_alone() -> None:
    at = office(files={"tests/test_a.py": ""})
    at.shell.on("pytest", {RESULT: junit(passed())})
    stack = Stack(tests=("pytest -q tests",), lint=("ruff check .",), types=("mypy .",))
    shown = RunChecks(select=["tests/test_a.py::test_a"]).run(at.bench(stack)).text
    assert shown.startswith("tests: passed: 1 passed")
    [command] = at.ran()
    assert "pytest -q tests/test_a.py::test_a --junitxml" in command.argv[2]


def test_what_is_known_to_fail_at_the_base_is_no_failure() -> None:
    at = office()
    at.shell.on("pytest", {RESULT: junit(passed(), failed("test_b"))}, exit_code=1)
    known = evidence(status=GateStatus.FAIL, failing=("test_b",), total=1)
    bench = replace(at.bench(Stack(tests=("pytest",))), at_base=(known,))
    outcome = RunChecks(checks=[Gate.TESTS]).run(bench)
    assert outcome.text.startswith("tests: passed: 1 passed, 1 failed as at the base")
    assert not outcome.failed


def test_the_outputs_of_all_checks_share_one_message() -> None:
    at = office()
    cases = [failed(f"test_{n}", "x" * 2_000) for n in range(20)]
    at.shell.on("pytest", {RESULT: junit(*cases)}, exit_code=1)
    rows = "\n".join(f"app/m{n}.py:{n}: error: Wrong thing  [misc]" for n in range(1, 400))
    at.shell.on("mypy", exit_code=1, output=rows)
    shown = RunChecks().run(at.bench(Stack(tests=("pytest",), types=("mypy .",)))).text
    assert len(shown) < 6_100
    assert "more failed: " in shown
    assert "app/m1.py:1: misc Wrong thing" in shown
    assert "more in 3" in shown.partition("\n\nred_to_green: ")[0].splitlines()[-1]
