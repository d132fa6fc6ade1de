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
        "pytest | grep -v warning",
        "pytest || true",
        "pytest > log",
        "pytest --version",
        "ruff format .",
        "black .",
        "pytest $ARGUMENTS",
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


def commands(text: str, **named: str) -> Stack:
    return detect_stack([text], files(**named))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("uv run --frozen --group test pytest -q", "python -m pytest -q"),
        ("poetry run pytest", "python -m pytest"),
        ("pdm run pytest -n auto", "python -m pytest -n auto"),
        ("hatch run test:pytest --cov-fail-under=90", "python -m pytest --cov-fail-under=90"),
        ("uv run coverage run -m pytest tests", "coverage run -m pytest tests"),
        ("docker compose run --rm web pytest -x", "python -m pytest -x"),
        ("docker-compose -f ci.yml exec -T web python manage.py test", "python manage.py test"),
        ("DJANGO_SETTINGS_MODULE=a.b pytest -q", "DJANGO_SETTINGS_MODULE=a.b pytest -q"),
        ("cd backend && pytest", "cd backend && pytest"),
        ("cd ./backend && A='b c' pytest", "cd backend && A='b c' pytest"),
        ("pytest 2>&1 | tee out.txt", "pytest"),
        ("pytest -q && echo done", "pytest -q"),
        ("python -m unittest discover -s tests", "python -m unittest discover -s tests"),
        ("coverage run manage.py test", "coverage run manage.py test"),
    ],
)
def test_a_line_is_reduced_to_what_runs_here(line: str, expected: str) -> None:
    assert commands(workflow(f"|\n          {line}")).tests == (expected,)


@pytest.mark.parametrize(
    ("line", "lint", "types"),
    [
        ("uvx ruff check --output-format=github .", ("ruff check .",), ()),
        ("ruff check --fix src", ("ruff check src",), ()),
        ("poetry run mypy --install-types --non-interactive app", (), ("mypy app",)),
        ("ruff check . && mypy .", ("ruff check .",), ("mypy .",)),
        (
            "python manage.py makemigrations --check --dry-run",
            ("python manage.py makemigrations --check --dry-run",),
            (),
        ),
    ],
)
def test_lint_and_types_are_reduced_too(
    line: str, lint: tuple[str, ...], types: tuple[str, ...]
) -> None:
    found = commands(workflow(line))
    assert (found.lint, found.types) == (lint, types)


def test_a_project_that_ci_installs_is_looked_for_in_the_folder() -> None:
    assert commands(workflow("pip install -e .[dev]", "pytest -q")).tests == (
        "python -m pytest -q",
    )


IN_A_FOLDER = """
env:
  REGISTRY: ghcr.io
  DEBUG: 1
defaults: {run: {working-directory: api}}
jobs:
  a:
    env: {DATABASE_URL: "sqlite://", TOKEN: "${{ secrets.TOKEN }}"}
    steps:
      - run: |
          export MODE=test
          cd src
          pytest \\
            -q
      - run: ruff check .
        working-directory: worker
      - run: mypy .
        continue-on-error: true
      - run: pytest --slow
        working-directory: ${{ matrix.folder }}
"""


def test_folders_and_plain_variables_are_kept_and_secrets_are_not() -> None:
    found = commands(IN_A_FOLDER)
    assert found.tests == (
        "cd api/src && DEBUG=1 DATABASE_URL=sqlite:// MODE=test pytest -q",
        "cd api && DEBUG=1 DATABASE_URL=sqlite:// pytest --slow",
    )
    assert found.lint == ("cd worker && ruff check .",)
    assert found.types == ()


@pytest.mark.parametrize("folder", ["/etc", "../other", "a/../../b"])
def test_a_folder_outside_of_the_repository_is_not_gone_to(folder: str) -> None:
    text = f"jobs:\n  a:\n    steps:\n      - run: pytest\n        working-directory: {folder}\n"
    assert commands(text) == Stack()


MAKEFILE = """PYTEST ?= pytest
FLAGS = -q -x
.PHONY: test lint
test: lint
\t@$(PYTEST) $(FLAGS) tests
\t-rm -rf build
lint:
\truff check . && \\
\t  mypy .
\t$(UNKNOWN) pytest
"""
TOX = """[tox]
envlist = py311, lint
[testenv]
setenv =
    DJANGO_SETTINGS_MODULE = shop.settings
commands = pytest {posargs:tests} -q
[testenv:lint]
commands =
    flake8 shop
    {envpython} -m mypy shop
"""
NOX = """import nox
@nox.session
def tests(session):
    session.install("pytest")
    session.run("pytest", "-q", "tests", env={"A": "b"})
@nox.session
def lint(session):
    session.run("ruff", "check", ".")
"""
SCRIPTS = """[tool.hatch.envs.default.scripts]
test = "pytest {args:tests}"
[tool.poe.tasks]
lint = { cmd = "ruff check ." }
"""


def test_make_targets_come_down_to_their_recipes() -> None:
    found = commands(workflow("make test"), Makefile=MAKEFILE)
    assert found == Stack(tests=("pytest -q -x tests",), lint=("ruff check .",), types=("mypy .",))


def test_tox_comes_down_to_the_commands_of_its_environments() -> None:
    found = commands(workflow("tox"), tox__ini=TOX)
    assert found == Stack(
        tests=("DJANGO_SETTINGS_MODULE=shop.settings pytest tests -q",),
        lint=("flake8 shop",),
        types=("DJANGO_SETTINGS_MODULE=shop.settings python -m mypy shop",),
    )
    assert commands(workflow("tox -e lint"), tox__ini=TOX).lint == ("flake8 shop",)


def test_nox_comes_down_to_what_its_sessions_run() -> None:
    found = commands(workflow("nox"), noxfile__py=NOX)
    assert (found.tests, found.lint) == (("pytest -q tests",), ("ruff check .",))


def test_named_scripts_are_looked_up() -> None:
    found = commands(workflow("hatch run test", "poe lint"), pyproject__toml=SCRIPTS)
    assert (found.tests, found.lint) == (("pytest tests",), ("ruff check .",))


def test_a_shell_script_of_the_repository_is_read() -> None:
    read = {"scripts/test.sh": '#!/bin/sh\nset -e\ncoverage run -m pytest "$@"\n'}.get
    found = detect_stack([workflow("uv run bash scripts/test.sh")], read)
    assert found.tests == ("coverage run -m pytest",)


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("make test", {}),
        ("make test", {"Makefile": "test: test\n\tmake test\n"}),
        ("tox", {"tox__ini": "no section\n"}),
        ("hatch run test", {"pyproject__toml": "[[["}),
    ],
)
def test_a_runner_that_leads_nowhere_gives_nothing(line: str, named: dict[str, str]) -> None:
    assert commands(workflow(line), **named).lint == ()


def test_a_repository_without_any_tests_is_tested_by_what_python_brings() -> None:
    assert detect_stack([], files(requirements__txt="fastapi\n")).tests == ("python -m unittest",)
