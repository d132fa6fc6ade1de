"""The gates with real git, real files, and the pytest, ruff and mypy that we use ourselves."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from agent.domain.evidence import Gate, GateStatus
from agent.domain.run import RunSpec, Stage
from agent.evidence.changes import changed_python
from agent.evidence.contract.gate import NOT_ASKED
from agent.evidence.gates import run_gate
from agent.evidence.result import WRITE_TESTS
from agent.evidence.tidy import tidy
from agent.proving import measure, prove
from agent.stacks.commands import Stack
from agent.tools.checks import RunChecks
from tests.fakes.bench import KEY, LIFE
from tests.fakes.live import Live

STACK = Stack(
    tests=("python -m pytest -q -x tests",),
    lint=("ruff check .", "ruff format --check ."),
    types=("mypy app",),
)
PYPROJECT = """[tool.pytest.ini_options]
[tool.ruff.lint]
select = ["E", "F", "I"]
[tool.mypy]
strict = true
"""
FILES = {
    "pyproject.toml": PYPROJECT,
    "app/__init__.py": "",
    "app/one.py": "def one() -> int:\n    return 1\n",
    "app/untidy.py": 'import os\nx: int = "a"\n',
    "tests/test_one.py": "from app.one import one\n\n\ndef test_one():\n    assert one() == 1\n",
    "tests/test_old.py": "def test_old():\n    assert 0\n",
    "tests/test_broken.py": "import nowhere  # noqa: F401\n",
}
UNTIDY = "import sys\nimport os\ndef two( ) -> str:\n    return os.name+sys.version\n"


@pytest.fixture
def live(tmp_path: Path) -> Live:
    at = Live(tmp_path, FILES)
    at.ledger.keep(LIFE, "stack", "current", STACK.model_dump(mode="json"))
    return at


def spec(live: Live) -> RunSpec:
    return RunSpec(
        life=LIFE,
        run=f"{LIFE}/1-develop",
        ticket=KEY,
        stage=Stage.DEVELOP,
        repository=live.repository,
        base=live.base,
        head=live.base,
        position=0,
        model="m",
        budget_usd=Decimal(5),
    )


def test_a_repository_that_is_broken_at_its_base_can_be_finished(live: Live) -> None:
    measure(live.desk, spec(live), live.base, (Gate.TESTS,))
    case = "from app.two import two\n\n\ndef test_two() -> None:\n    assert two() == 2\n"
    code = "def two() -> int:\n    return 2\n"
    head = live.change({"app/two.py": code, "tests/test_two.py": case})
    assert prove(live.desk, spec(live), 5, head).passed
    found = live.ledger.evidence(LIFE, head)
    assert not any(item.status is GateStatus.FAIL for item in found)
    measured = (Gate.RED_TO_GREEN, Gate.COVERAGE)
    assert [item.reason for item in found if item.gate not in measured] == [
        "2 passed, 2 failed as at the base",
        "3 findings as at the base",
        "1 finding as at the base",
        "no FastAPI, Django REST framework or Django Ninja application was found",
        "there are no migrations of Alembic or Django",
        "nothing is checked less than at the base",
        "detect-secrets==1.5.0 cannot be installed: nothing is installed here",
        "the change touches no dependency",
        "none of 2 changed files is protected",
        "no new settings; no changelog is kept",
        NOT_ASKED,
    ]


def test_the_developer_hears_of_what_the_change_brought_alone(live: Live) -> None:
    head = live.change({"app/two.py": "import os\n\n\ndef two() -> str:\n    return 2\n"})
    proof = prove(live.desk, spec(live), 5, head)
    told = live.ledger.message(LIFE, 5)
    assert not proof.passed
    assert told is not None
    assert "app/two.py:1: F401 `os` imported but unused" in told.content
    assert 'app/two.py:5: return-value Incompatible return value type (got "int"' in told.content
    assert "untidy" not in told.content
    assert "test_old" not in told.content


def test_changed_files_are_put_in_order_before_the_checks(live: Live) -> None:
    bench = live.bench(STACK, {"app/two.py": UNTIDY, "app/untidy.py": 'x: int = "b"; y = 2\n'})
    outcome = RunChecks(checks=[Gate.LINT]).run(bench)
    assert outcome.text.splitlines()[-2:] == [
        "sorted imports: app/two.py",
        "formatted: app/two.py",
    ]
    text = (bench.worktree.path / "app/two.py").read_text()
    assert text == (
        "import os\nimport sys\n\n\ndef two() -> str:\n    return os.name + sys.version\n"
    )
    assert (bench.worktree.path / "app/untidy.py").read_text() == 'x: int = "b"; y = 2\n'


def test_nothing_is_touched_when_all_is_in_order_or_no_formatter_is_a_gate(live: Live) -> None:
    assert tidy(live.bench(STACK)) == ()
    untidy = live.bench(STACK, {"app/two.py": UNTIDY})
    assert tidy(replace(untidy, stack=Stack(lint=("flake8",)))) == ()
    assert tidy(replace(untidy, base=None)) == ()


def test_unused_imports_go_only_when_the_work_is_said_to_be_done(live: Live) -> None:
    files = {"app/two.py": "import os\n", "app/sub/__init__.py": "import json\n"}
    bench = live.bench(STACK, files)
    assert tidy(bench) == ()
    assert tidy(bench, final=True) == ("removed unused imports: app/two.py",)
    assert (bench.worktree.path / "app/sub/__init__.py").read_text() == "import json\n"


def test_a_failing_test_is_shown_with_what_it_printed(live: Live) -> None:
    text = (
        "from app.one import one\n\n\ndef test_two():\n    print('hello')\n    assert one() == 2\n"
    )
    bench = live.bench(STACK, {"tests/test_two.py": text})
    outcome = RunChecks(select=["tests/test_two.py::test_two"]).run(bench)
    assert outcome.failed
    assert outcome.text.split("s]\n", 1)[1] == (
        "tests/test_two.py::test_two\n"
        "tests/test_two.py:6: in test_two\n"
        "    assert one() == 2\n"
        "E   assert 1 == 2\n"
        "E    +  where 1 = one()\n"
        "captured out: hello"
    )


def test_a_selection_that_does_not_exist_is_told_in_one_line(live: Live) -> None:
    shown = RunChecks(select=["tests/test_zz.py"]).run(live.bench(STACK)).text
    assert shown.splitlines()[0] == (
        "tests: FAILED: the tests did not run to their end "
        "(file or directory not found: tests/test_zz.py)"
    )


def test_a_change_to_code_needs_tests_also_where_there_are_none_and_one_to_texts_does_not(
    tmp_path: Path,
) -> None:
    at = Live(tmp_path, {"README.md": "# Shop\n", "app.py": "x = 1\n"})
    stack = Stack(tests=("python -m unittest",))
    documented = run_gate(Gate.TESTS, at.bench(stack, {"README.md": "# A shop\n"}))
    assert documented.status is GateStatus.NOT_APPLICABLE
    programmed = run_gate(Gate.TESTS, at.bench(stack, {"app.py": "x = 2\n"}))
    assert programmed.status is GateStatus.FAIL
    assert programmed.reason.startswith(WRITE_TESTS)
    base = run_gate(Gate.TESTS, replace(at.bench(stack), base=None))
    found = run_gate(Gate.TESTS, replace(at.bench(stack, {"app.py": "x = 2\n"}), at_base=(base,)))
    assert (found.status, found.is_passable()) == (GateStatus.NOT_RUN, False)


def test_the_files_of_the_change_are_those_that_git_sees(live: Live) -> None:
    live.change({"app/one.py": "x = 1\n"})
    bench = live.bench(STACK, {"app/one.py": "x = 1\n", "b c.py": "", "notes.md": ""})
    assert changed_python(bench) == ("app/one.py", "b c.py")
    assert changed_python(replace(bench, base=None)) is None


def test_tests_in_a_folder_of_their_own_have_names_seen_from_the_root(tmp_path: Path) -> None:
    files = {
        "api/pyproject.toml": PYPROJECT,
        "api/tests/test_a.py": "def test_a():\n    assert 0\n",
    }
    at = Live(tmp_path, files)
    stack = Stack(tests=("cd api && MODE=test python -m pytest -q tests",))
    found = run_gate(Gate.TESTS, at.bench(stack))
    assert found.failing == ("api/tests/test_a.py::test_a",)
    again = run_gate(Gate.TESTS, at.bench(stack), found.failing)
    assert (
        again.command
        == "cd api && MODE=test python -m pytest -q api/tests/test_a.py::test_a".replace(
            "-q api/", "-q "
        )
    )
    assert again.reason == "1 failed"


def test_nothing_that_the_gates_write_becomes_part_of_the_change(live: Live) -> None:
    bench = live.bench(STACK)
    run_gate(Gate.TESTS, bench)
    assert live.workspace.snapshot(bench.worktree, LIFE) == live.base
