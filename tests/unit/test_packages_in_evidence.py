"""With which packages the gates ran is asked for by the desk, and stands in what they say."""

from dataclasses import replace
from datetime import date

from agent.domain.evidence import Gate, GateStatus
from agent.evidence.gates import run_gate
from agent.ports import Preparation
from agent.stacks.commands import Stack
from tests.fakes.bench import LIFE, REPOSITORY, junit, office, passed

TOX = """[tox]
envlist = py311, lint
[testenv]
commands = pytest tests
extras = redis
[testenv:lint]
commands = flake8 shop
deps = flake8==7.1.0
"""
NOTE = "watcher is not installed: it has no wheel"


def test_base_and_head_are_prepared_for_the_day_of_the_base() -> None:
    at = office(files={"tox.ini": TOX})
    at.workspace.day = date(2026, 3, 1)
    at.desk.bench(REPOSITORY, LIFE, at.base)
    head = at.workspace.commit_on_remote(REPOSITORY, "main", {"shop.py": ""})
    at.desk.bench(REPOSITORY, LIFE, head, at.base)
    at_base, at_head = at.sandbox.asked
    expected = Preparation(as_of=date(2026, 3, 1), tools=("flake8==7.1.0",), extras=("redis",))
    assert at_base == expected
    assert at_head == expected.model_copy(update={"later": date(2026, 3, 1)})


def test_a_worktree_that_is_only_read_is_not_prepared() -> None:
    at = office()
    at.desk.bench(REPOSITORY, LIFE, at.base, for_reading=True)
    assert at.sandbox.asked == []


def test_what_is_not_installed_stands_in_what_the_tests_say() -> None:
    at = office(files={"tests/test_app.py": ""})
    at.sandbox.notes = (NOTE,)
    at.shell.on("pytest", writes={".backsmith-results/junit.xml": junit(passed())})
    bench = replace(at.desk.bench(REPOSITORY, LIFE, at.base), stack=Stack(tests=("pytest -q",)))
    found = run_gate(Gate.TESTS, bench)
    assert found.status is GateStatus.PASS
    assert found.reason == f"1 passed; {NOTE}"


def test_a_linter_that_is_not_installed_is_named_and_is_no_failure() -> None:
    at = office()
    at.shell.on("flake8", exit_code=127, output="bash: line 1: flake8: command not found")
    found = run_gate(Gate.LINT, at.bench(Stack(lint=("flake8 shop",))))
    assert found.status is GateStatus.NOT_RUN
    assert found.reason == "flake8 is not installed here"


def test_a_script_that_prints_as_djangos_test_command_does_is_read() -> None:
    at = office()
    printed = (
        f"{'=' * 70}\nFAIL: test_a (tests.test_app.Cases.test_a)\n{'-' * 70}\nTraceback\n"
        f"AssertionError: 1 != 2\n\n{'-' * 70}\nRan 3 tests in 0.001s\n\nFAILED (failures=1)\n"
    )
    at.shell.on("runtests.py", exit_code=1, output=printed)
    found = run_gate(Gate.TESTS, at.bench(Stack(tests=("python runtests.py",))))
    assert found.failing == ("tests.test_app.Cases.test_a",)
    assert found.reason == "2 passed, 1 failed"
