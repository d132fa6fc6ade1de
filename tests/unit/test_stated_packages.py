"""What tox, pre-commit and CI say of the packages, extras and scripts of a repository's checks."""

import pytest

from agent.stacks.commands import Stack, detect_stack

TOX = """[tox]
envlist = py{311,312}-django{42,52}, lint, docs, warnings
[testenv]
commands = coverage run --parallel-mode --source shop ./runtests.py --testrunner xmlrunner.R
extras = redis, test
set_env =
    MODE = test
deps =
    django42: Django>=4.2,<5
    !latest: djangorestframework
    -r requirements/test-ci.txt
    # a remark
[testenv:lint]
commands =
    isort --check-only shop {posargs}
    flake8 shop
extras =
deps =
    isort
    flake8==7.1.0
    {[more]deps}
[more]
deps = flake8-bugbear>=24
[testenv:docs]
commands = sphinx-build docs _docs
deps = sphinx
[testenv:warnings]
ignore_outcome = True
commands = python -Werror ./runtests.py
deps = unstable
"""
RUNTESTS = """#!/usr/bin/env python
import os, sys
from django.core.management import execute_from_command_line
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
execute_from_command_line([*sys.argv[:1], "test", *sys.argv[1:]])
"""
HOOKS = """repos:
- repo: https://git.example/astral-sh/ruff-pre-commit
  rev: v0.12.3
  hooks: [{id: ruff, args: [--fix]}]
- repo: https://git.example/pre-commit/mirrors-mypy
  rev: v1.11.0
  hooks: [{id: mypy, additional_dependencies: [types-redis, "pydantic>=2"]}]
- repo: https://git.example/psf/black
  rev: 24.1.0
  hooks: [{id: black}]
- repo: https://git.example/someone/else
  rev: 1.0.0
  hooks: [{id: other, additional_dependencies: [foreign]}]
"""


def workflow(*jobs: tuple[str, ...]) -> str:
    """Return a workflow with one job for each list of lines."""
    parts = (
        f"  job{number}:\n    steps:\n" + "".join(f"      - run: {line}\n" for line in lines)
        for number, lines in enumerate(jobs)
    )
    return f"jobs:\n{''.join(parts)}"


def stack(*jobs: tuple[str, ...], **files: str) -> Stack:
    """Detect by CI and by files whose names are written with `__` for a dot and `_of_` for /."""
    named = {n.replace("_of_", "/").replace("__", "."): text for n, text in files.items()}
    return detect_stack([workflow(*jobs)] if jobs else [], named.get)


def test_tox_tells_the_packages_and_extras_of_what_it_checks() -> None:
    found = stack(
        ("python -m tox --py current", "python -m tox -e lint"),
        tox__ini=TOX,
        runtests__py=RUNTESTS,
        **{"requirements_of_test-ci__txt": "markdown\ncoverage[toml]\n-r ../more.txt\n"},
        more__txt="pytz  # zones\n",
    )
    assert found.tests == (
        "DJANGO_SETTINGS_MODULE=tests.settings MODE=test coverage run --parallel-mode "
        "--source shop -m django test",
    )
    assert found.lint == ("isort --check-only shop", "flake8 shop")
    assert found.packages == (
        *("markdown", "coverage[toml]", "pytz"),
        *("isort", "flake8==7.1.0", "flake8-bugbear>=24"),
    )
    assert found.extras == ("redis", "test")


def test_pre_commit_tells_the_versions_of_the_tools_that_are_used() -> None:
    found = stack(("ruff check .", "mypy shop"), **{"__pre-commit-config__yaml": HOOKS})
    assert found.packages == ("ruff==0.12.3", "mypy==1.11.0", "types-redis", "pydantic>=2")


@pytest.mark.parametrize("text", ["", "- 1", "repos: 5", "repos: [5, {hooks: 3}]", "a: ["])
def test_a_pre_commit_file_of_another_shape_tells_nothing(text: str) -> None:
    assert stack(("mypy .",), **{"__pre-commit-config__yaml": text}).packages == ()


def test_ci_tells_what_it_installs_for_a_check() -> None:
    found = stack(
        (
            "pip install --upgrade pip tox",
            "python -m pip install pytest 'pytest-django>=4'",
            "pytest",
        ),
        ("pip install mkdocs", "mkdocs build"),
        ("pip install -r requirements.txt", "pip install -e .[dev]", "mypy ."),
    )
    assert found.packages == ("pytest", "pytest-django>=4")


def test_the_same_package_is_asked_for_once_as_tox_has_it() -> None:
    tox = "[testenv:lint]\ncommands = ruff check .\ndeps = Ruff==0.9\n"
    found = stack(
        ("pip install ruff", "tox -e lint"), tox__ini=tox, **{"__pre-commit-config__yaml": HOOKS}
    )
    assert found.packages == ("Ruff==0.9",)


def test_foreign_and_odd_lines_are_no_packages() -> None:
    deps = "deps =\n  https://git.example/a.zip\n  name @ https://git.example/b\n  ../up\n  -e .\n"
    assert stack(("tox",), tox__ini=f"[testenv]\ncommands = pytest\n{deps}").packages == ()
    loop = "[testenv]\ncommands = pytest\ndeps = -r a.txt\n"
    assert stack(("tox",), tox__ini=loop, a__txt="-r a.txt\n-r /etc/b.txt\nleafy\n").packages == (
        "leafy",
    )


@pytest.mark.parametrize(
    "line", ["./runtests.py", "python runtests.py", "python -W error runtests.py"]
)
def test_a_script_that_hands_over_to_django_is_djangos_test_command(line: str) -> None:
    python = "python -W error" if "-W" in line else "python"
    found = stack((f"{line} --failfast",), runtests__py=RUNTESTS).tests
    assert found == (f"DJANGO_SETTINGS_MODULE=tests.settings {python} -m django test --failfast",)


def test_without_ci_such_a_script_tells_how_the_tests_run() -> None:
    found = stack(runtests__py=RUNTESTS, setup__py="").tests
    assert found == ("DJANGO_SETTINGS_MODULE=tests.settings python -m django test",)


def test_a_script_that_hands_over_to_pytest_is_pytest() -> None:
    script = "import pytest, sys\nsys.exit(pytest.main(['tests']))\n"
    assert stack(("./runtests.py --nolint",), runtests__py=script).tests == ("python -m pytest",)


@pytest.mark.parametrize(
    "script", ["", "def f(:", "from django.conf import settings\nsettings.configure(A=1)\n"]
)
def test_a_script_that_is_not_understood_runs_as_it_is(script: str) -> None:
    assert stack(("python runtests.py",), runtests__py=script).tests == ("python runtests.py",)


def test_the_same_tests_run_once_however_often_ci_measures_them() -> None:
    found = stack(
        ("pytest",),
        ("pytest --cov=shop",),
        ("pytest --cov shop --cov-report=xml",),
        ("pytest --cov=shop tests",),
        ("pytest -k slow",),
    )
    assert found.tests == (
        "pytest --cov shop --cov-report=xml",
        "pytest --cov=shop tests",
        "pytest -k slow",
    )
