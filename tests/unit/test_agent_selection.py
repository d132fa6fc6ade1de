"""Narrowing a test command."""

import pytest

from agent.evidence.selection import best_line, selected
from agent.stacks.line import parse_line


def narrowed(command: str, *select: str) -> str:
    return selected(parse_line(command), select).shell()


@pytest.mark.parametrize(
    ("command", "select", "expected"),
    [
        ("pytest -q", ["tests/test_a.py::test_b[1]"], "pytest -q 'tests/test_a.py::test_b[1]'"),
        ("pytest -q tests", ["tests/test_a.py"], "pytest -q tests/test_a.py"),
        ("pytest -n 2 -m 'not slow' tests/u", ["a.py"], "pytest -n 2 -m 'not slow' a.py"),
        ("python -m pytest tests", ["-k cancel"], "python -m pytest -k cancel"),
        ("pytest", ["-k", "cancel or refund"], "pytest -k 'cancel or refund'"),
        ("pytest", ["cancel and not slow"], "pytest -k 'cancel and not slow'"),
        ("pytest", ["-k a", "-k b"], "pytest -k '(a) or (b)'"),
        ("coverage run -m pytest tests", ["tests/a.py"], "coverage run -m pytest tests/a.py"),
        (
            "cd backend && A=b pytest",
            ["backend/tests/a.py::test_x"],
            "cd backend && A=b pytest tests/a.py::test_x",
        ),
        (
            "python manage.py test shop --keepdb",
            ["shop/tests/test_a.py::ATests::test_b"],
            "python manage.py test --keepdb shop.tests.test_a.ATests.test_b",
        ),
        (
            "python manage.py test",
            ["shop.tests.ATests", "-k b"],
            "python manage.py test -k b shop.tests.ATests",
        ),
        ("python -m unittest", ["tests/test_a.py"], "python -m unittest tests.test_a"),
    ],
)
def test_a_selection_takes_the_place_of_what_the_command_selects(
    command: str, select: list[str], expected: str
) -> None:
    assert narrowed(command, *select) == expected


def test_without_a_selection_the_command_stays_as_it_is() -> None:
    assert narrowed("pytest tests/*.py -k 'a b'") == "pytest tests/*.py -k 'a b'"


def test_the_command_of_the_folder_is_chosen() -> None:
    lines = [parse_line("cd api && pytest"), parse_line("cd worker && pytest")]
    assert best_line(lines, ("worker/tests/a.py",)).folder == "worker"
    assert best_line(lines, ("-k x",)).folder == "api"
