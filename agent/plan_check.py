"""Holding a plan against the change that was made. Pure."""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

from agent.domain.plan import Plan
from agent.domain.value import Value

_MIGRATION = re.compile(r"(^|/)(migrations|alembic)/(versions/)?(?!__init__)[^/]+\.py$")
_DEPENDENCIES = re.compile(
    r"(^|/)(requirements[^/]*\.(txt|in)|constraints[^/]*\.txt|Pipfile|setup\.(py|cfg))$"
)
_SIDE = re.compile(r"(^|/)(__init__|conftest)\.py$|(^|/)(CHANGELOG|README)[^/]*$")
"""Files that nobody names in a plan, and nobody minds."""


class Deviation(Value):
    """Where a change and its plan differ."""

    unplanned: tuple[str, ...] = ()
    """Files that were changed and that the plan does not name."""
    untouched: tuple[str, ...] = ()
    """Files that the plan names and that were not changed."""
    undeclared: tuple[str, ...] = ()
    """Risks that the change has, which nobody was asked about."""


def deviation(plan: Plan | None, changed: Iterable[str]) -> Deviation:
    """Return where the changed paths and the plan differ; without a plan only the risks."""
    paths = tuple(changed)
    known = plan or Plan(summary="", files=())
    undeclared = _undeclared(known, paths)
    if plan is None:
        return Deviation(undeclared=undeclared)
    return Deviation(
        unplanned=tuple(p for p in paths if not (_is_planned(p, plan) or _SIDE.search(p))),
        untouched=tuple(name for name in plan.files if not _is_met(name, paths)),
        undeclared=undeclared,
    )


def _is_planned(path: str, plan: Plan) -> bool:
    """A plan may name its migrations as migrations alone."""
    return _is_named(path, plan.files) or bool(plan.migrations and _MIGRATION.search(path))


def _undeclared(plan: Plan, paths: tuple[str, ...]) -> tuple[str, ...]:
    found = []
    migrations = [path for path in paths if _MIGRATION.search(path)]
    if migrations and not plan.migrations:
        found.append(f"a database migration ({', '.join(migrations[:3])})")
    dependencies = [path for path in paths if _DEPENDENCIES.search(path)]
    if dependencies and not plan.new_dependencies:
        found.append(f"other dependencies ({', '.join(dependencies[:3])})")
    return tuple(found)


def _is_named(path: str, names: Iterable[str]) -> bool:
    """Tell whether a plan's names cover a path: itself, its folder, or a pattern."""
    return any(_covers(name, path) for name in names)


def _covers(name: str, path: str) -> bool:
    words = name.split()
    plain = words[0].removeprefix("./").rstrip(":,") if words else ""
    if not plain:
        return False
    return path == plain or path.startswith(f"{plain.rstrip('/')}/") or fnmatchcase(path, plain)


def _is_met(name: str, paths: tuple[str, ...]) -> bool:
    """A new migration's name is not known before it is made: its folder is enough."""
    folder = name.rsplit("/", 1)[0]
    is_migration = "migrations" in name or "versions" in name
    return any(
        _covers(name, path) or (is_migration and path.startswith(f"{folder}/")) for path in paths
    )
