"""Finding out how a repository is checked."""

import pytest

from agent.domain.evidence import Gate
from agent.stacks.commands import Stack, detect_stack
from agent.stacks.runners import ReadText
from tests.fakes.bench import LIFE, REPOSITORY, office

CI = """
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: pip install -r requirements.txt
      - name: Checks
        run: |
          ruff check .
          ruff format --check .
          mypy shop
      - run: pytest -q --strict-markers
"""


def workflow(*lines: str) -> str:
    steps = "".join(f"      - run: {line}\n" for line in lines)
    return f"jobs:\n  a:\n    steps:\n{steps}"


def files(**named: str) -> ReadText:
    """Read files whose names are written with `__` for a dot."""
    return {name.replace("__", "."): text for name, text in named.items()}.get


NOTHING = files()


def test_the_commands_of_ci_are_taken_line_by_line() -> None:
    assert detect_stack([CI], NOTHING) == Stack(
        tests=("pytest -q --strict-markers",),
        lint=("ruff check .", "ruff format --check ."),
        types=("mypy shop",),
    )


def test_several_workflows_are_read_and_the_same_command_counts_once() -> None:
    found = detect_stack(
        [workflow("pytest", "ruff check ."), workflow("pytest", "mypy .")], NOTHING
    )
    assert found == Stack(tests=("pytest",), lint=("ruff check .",), types=("mypy .",))


@pytest.mark.parametrize(
    "line",
    [
        "pytest ${{ matrix.args }}",
        "pytest | tee log",
        "pytest > log",
        "pytest && echo done",
        "pytest; true",
        "pytest `cat args`",
        "pytest 'unclosed",
        "echo pytest",
        "pip install pytest",
    ],
)
def test_a_line_that_cannot_be_run_by_itself_is_skipped(line: str) -> None:
    assert detect_stack([workflow(f"|\n          {line}")], NOTHING) == Stack()


@pytest.mark.parametrize(
    ("line", "gate"),
    [
        ("python -m pytest", Gate.TESTS),
        ("python3 -m pytest tests", Gate.TESTS),
        ("python manage.py test", Gate.TESTS),
        ("black --check .", Gate.LINT),
        ("python -m flake8", Gate.LINT),
        ("isort --check .", Gate.LINT),
        ("pyright", Gate.TYPES),
        ("python -m mypy .", Gate.TYPES),
    ],
)
def test_common_commands_are_known_by_their_gate(line: str, gate: Gate) -> None:
    assert detect_stack([workflow(line)], NOTHING).commands(gate) == (line,)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "jobs: [",
        "just text",
        "- a\n- list",
        "jobs: 5",
        "jobs:\n  a: text",
        "jobs:\n  a:\n    uses: other/workflow.yml",
        "jobs:\n  a:\n    steps:\n",
        "jobs:\n  a:\n    steps:\n      - text",
        "jobs:\n  a:\n    steps:\n      - run: {pytest: 1}",
        "x: !!python/object/apply:os.system [ls]",
    ],
)
def test_a_workflow_of_another_shape_gives_nothing(text: str) -> None:
    assert detect_stack([text], NOTHING) == Stack()


def test_a_broken_workflow_does_not_hide_another() -> None:
    assert detect_stack(["jobs: [", workflow("pytest")], NOTHING).tests == ("pytest",)


def test_what_ci_does_not_run_comes_from_the_configuration() -> None:
    read = files(pyproject__toml="[tool.mypy]\nstrict = true\n")
    assert detect_stack([workflow("pytest")], read).types == ("mypy .",)


def test_a_fastapi_repository_without_ci_is_known_by_its_configuration() -> None:
    read = files(
        pyproject__toml="[tool.pytest.ini_options]\n[tool.ruff]\n[tool.mypy]\n",
        requirements__txt="fastapi\n",
    )
    assert detect_stack([], read) == Stack(
        tests=("pytest -q",), lint=("ruff check .", "ruff format --check ."), types=("mypy .",)
    )


def test_a_django_repository_without_ci_is_tested_by_its_manage_file() -> None:
    read = files(manage__py="import django\n", requirements__txt="django\n")
    assert detect_stack([], read).tests == ("python manage.py test",)


def test_a_django_repository_that_speaks_of_pytest_is_tested_by_it() -> None:
    read = files(manage__py="import django\n", pyproject__toml="[tool.pytest.ini_options]\n")
    assert detect_stack([], read).tests == ("pytest -q",)


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ({"requirements__txt": "pytest==8\n"}, Stack(tests=("pytest -q",))),
        ({"pytest__ini": "[pytest]\n"}, Stack(tests=("pytest -q",))),
        ({"ruff__toml": ""}, Stack(lint=("ruff check .", "ruff format --check ."))),
        ({"__flake8": "[flake8]\n"}, Stack(lint=("flake8",))),
        ({"mypy__ini": "[mypy]\n"}, Stack(types=("mypy .",))),
        ({}, Stack()),
    ],
)
def test_each_configuration_file_speaks_for_its_tool(
    named: dict[str, str], expected: Stack
) -> None:
    assert detect_stack([], files(**named)) == expected


def test_the_workflows_of_a_worktree_are_read_in_the_sandbox() -> None:
    at = office(
        files={
            ".github/workflows/ci.yml": workflow("pytest -x"),
            ".github/workflows/lint.yaml": workflow("flake8 src"),
            ".github/workflows/README.md": workflow("mypy ."),
        }
    )
    stack = at.desk.bench(REPOSITORY, LIFE, at.base).stack
    assert stack == Stack(tests=("pytest -x",), lint=("flake8 src",))


def test_a_worktree_without_workflows_is_known_by_its_configuration() -> None:
    at = office(files={"pytest.ini": "[pytest]\n"})
    assert at.desk.bench(REPOSITORY, LIFE, at.base).stack == Stack(tests=("pytest -q",))
