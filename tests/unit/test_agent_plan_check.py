"""A plan held against the change that was made."""

from typing import Any

import pytest

from agent.domain.plan import Plan
from agent.plan_check import deviation


def plan(*files: str, **changes: Any) -> Plan:
    return Plan(summary="s", files=files, **changes)


def test_a_change_as_planned_deviates_in_nothing() -> None:
    found = deviation(plan("app/orders.py", "tests/"), ["app/orders.py", "tests/test_orders.py"])
    assert not any(found.model_dump().values())


def test_what_was_not_planned_and_what_was_not_done_are_named() -> None:
    found = deviation(plan("app/a.py", "app/b.py"), ["app/a.py", "app/c.py"])
    assert (found.unplanned, found.untouched) == (("app/c.py",), ("app/b.py",))


@pytest.mark.parametrize("path", ["app/__init__.py", "tests/conftest.py", "CHANGELOG.md"])
def test_files_that_nobody_plans_are_no_deviation(path: str) -> None:
    assert deviation(plan("app/a.py"), ["app/a.py", path]).unplanned == ()


def test_a_plan_may_name_a_file_with_a_remark_or_a_pattern() -> None:
    files = ("app/a.py: the route", "./app/b.py (new)", "tests/test_*.py")
    paths = ["app/a.py", "app/b.py", "tests/test_c.py"]
    assert deviation(plan(*files), paths).unplanned == ()


def test_the_name_of_a_migration_is_not_known_before_it_is_made() -> None:
    named = plan("alembic/versions/0004_x.py", migrations=("add a column",))
    assert deviation(named, ["alembic/versions/9f3_add.py"]).untouched == ()


@pytest.mark.parametrize(
    ("path", "risk"),
    [
        ("alembic/versions/0004_x.py", "a database migration (alembic/versions/0004_x.py)"),
        ("shop/migrations/0002_y.py", "a database migration (shop/migrations/0002_y.py)"),
        ("requirements.txt", "other dependencies (requirements.txt)"),
        ("requirements-dev.in", "other dependencies (requirements-dev.in)"),
    ],
)
def test_a_risk_that_the_plan_does_not_name_is_undeclared(path: str, risk: str) -> None:
    assert deviation(plan(path), [path]).undeclared == (risk,)
    assert deviation(None, [path]).undeclared == (risk,)


def test_a_declared_risk_is_in_order() -> None:
    named = plan("x", migrations=("0004",), new_dependencies=("tenacity",))
    paths = ["shop/migrations/0002_y.py", "requirements.txt"]
    assert deviation(named, paths).undeclared == ()


def test_a_migration_that_is_planned_as_one_needs_no_path_among_the_files() -> None:
    named = plan("app/a.py", migrations=("0004: a table of tokens",))
    assert deviation(named, ["app/a.py", "alembic/versions/0004_tokens.py"]).unplanned == ()


def test_a_migrations_package_itself_is_no_migration() -> None:
    assert deviation(None, ["shop/migrations/__init__.py"]).undeclared == ()
