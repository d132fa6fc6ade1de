"""Narrowing a test command."""

import pytest

from agent.evidence.selection import best_line, by_line, selected
from agent.stacks.line import parse_line

THERE = frozenset(
    ("tests", "tests/u", "tests/unit", "shop", "slow", "run.log", "backend/tests", "a", "info", ".")
)


def narrowed(command: str, *select: str) -> str:
    return selected(parse_line(command), select, THERE.__contains__).shell()


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
        ("python -m unittest", ["a/__init__.py::A::b"], "python -m unittest a.A.b"),
        ("cd backend && pytest tests", ["backend/a.py"], "cd backend && pytest a.py"),
        ("pytest 'tests/*.py' tests/a.py::test_a", ["b.py"], "pytest b.py"),
    ],
)
def test_a_selection_takes_the_place_of_what_the_command_selects(
    command: str, select: list[str], expected: str
) -> None:
    assert narrowed(command, *select) == expected


@pytest.mark.parametrize(
    ("command", "left"),
    [
        ("pytest -v tests", "pytest -v"),
        ("pytest -xvs tests", "pytest -xvs"),
        ("pytest -n2 -ra tests", "pytest -n2 -ra"),
        ("pytest --reuse-db tests", "pytest --reuse-db"),
        ("pytest --log-file=run.log tests", "pytest --log-file=run.log"),
        ("pytest -q -- tests", "pytest -q --"),
        ("python manage.py test -v 2 shop.tests", "python manage.py test -v 2"),
        ("python manage.py test --keepdb shop", "python manage.py test --keepdb"),
        ("python -m unittest -v tests.test_a", "python -m unittest -v"),
    ],
)
def test_what_a_command_names_gives_way_and_its_options_stay(command: str, left: str) -> None:
    assert narrowed(command, "-k b") == f"{left} -k b"


@pytest.mark.parametrize(
    "command",
    [
        "pytest --log-file run.log",
        "pytest --log-cli-level info -m slow",
        "pytest -xk tests",
        "pytest --of-a-plugin tests",
        "pytest --basetemp /tmp/b",
        "pytest not-there",
        "python manage.py test -v 2",
        "python manage.py test --exclude-tag slow --settings shop.settings",
        "python -m unittest -k slow",
    ],
)
def test_what_may_be_the_value_of_an_option_stays(command: str) -> None:
    assert narrowed(command, "-k b") == f"{command} -k b"


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("python -m unittest discover -v", "python -m unittest -v tests.test_a.A.b"),
        (
            "python -m unittest discover -s tests",
            "python -m unittest discover -s tests -k '*test_a.A.b' -k '*test_a.A.b.*'",
        ),
    ],
)
def test_a_discovery_begins_where_it_did(command: str, expected: str) -> None:
    assert narrowed(command, "tests/test_a.py::A::b") == expected


def test_without_a_selection_the_command_stays_as_it_is() -> None:
    assert narrowed("pytest tests/*.py -k 'a b'") == "pytest tests/*.py -k 'a b'"


def test_the_command_of_the_folder_is_chosen() -> None:
    lines = [parse_line("cd api && pytest"), parse_line("cd worker && pytest")]
    assert best_line(lines, ("worker/tests/a.py",)).folder == "worker"
    assert best_line(lines, ("-k x",)).folder == "api"


def test_of_two_commands_in_a_folder_the_one_that_names_the_file_is_chosen() -> None:
    lines = [parse_line("pytest tests/unit"), parse_line("A=b pytest tests/it")]
    assert best_line(lines, ("tests/it/test_a.py::test_b",)) == lines[1]
    assert best_line(lines, ("tests/unit/test_a.py::test_b",)) == lines[0]


def test_every_command_gets_its_part_of_a_selection() -> None:
    api, worker = parse_line("cd api && pytest"), parse_line("cd worker && pytest")
    assert by_line([api, worker], ("worker/b.py", "api/a.py", "worker/a.py", "-k x")) == [
        (worker, ("-k", "x", "worker/b.py", "worker/a.py")),
        (api, ("-k", "x", "api/a.py")),
    ]
    assert by_line([api, worker], ("-k x",)) == [(api, ("-k", "x"))]
