"""Functions of the tests that are no tests: helpers and fixtures that check less than before."""

import ast
from collections.abc import Iterator

from agent.evidence.weakening.change import Change
from agent.evidence.weakening.check import Check
from agent.evidence.weakening.finding import Finding, Kind
from agent.evidence.weakening.helping import Helpers, is_fixture
from agent.evidence.weakening.losing import compare, findings_of
from agent.evidence.weakening.pool import Pool
from agent.evidence.weakening.reader import Reader
from agent.evidence.weakening.side import Side, functions
from agent.evidence.weakening.syntax import Function, show, whole
from agent.survey.source import argument

Known = dict[tuple[str, str], tuple[Function, Helpers]]


def weaker_helpers(change: Change, pool: Pool) -> Iterator[Finding]:
    """Yield what helpers and fixtures that stand at both sides check less than before."""
    tests = {id(test.node) for test in (*change.tests_before, *change.tests_after)}
    old = _functions(change, change.before, tests)
    new = _functions(change, change.after, tests)
    for key, (node, helpers) in old.items():
        found = new.get(key) or _moved(key[1], new)
        if found is None:
            continue
        yield from _fewer_params(key, node, found)
        if whole(node) == whole(found[0]):
            continue
        before, after = _checks(node, helpers), _checks(found[0], found[1])
        if before:
            comparison = compare(change, before, after, found[1].path)
            yield from findings_of(comparison, pool, (found[1].path, key[1]))


def _fewer_params(
    key: tuple[str, str], before: Function, found: tuple[Function, Helpers]
) -> Iterator[Finding]:
    """Yield that a fixture is made in fewer ways."""
    after, helpers = found
    old, new = _params(before), _params(after)
    lost = [item for item in old if item not in new]
    if len(new) < len(old) and (new or is_fixture(after)):
        text = f"{len(old) - len(new)} of {len(old)} of its params are gone: {', '.join(lost)}"
        yield Finding(kind=Kind.REMOVED_CASES, path=helpers.path, name=key[1], text=text,
                      base_line=before.lineno, head_line=after.lineno)  # fmt: skip


def _params(node: Function) -> list[str]:
    for item in node.decorator_list:
        params = argument(item, "params") if isinstance(item, ast.Call) else None
        if isinstance(params, ast.List | ast.Tuple):
            return [show(entry) for entry in params.elts]
    return []


def _functions(change: Change, side: Side, tests: set[int]) -> Known:
    found: Known = {}
    for path in change.testing:
        tree = side.tree(path)
        for name, node, owner in functions(tree) if tree else ():
            if id(node) not in tests:
                found[path, name] = node, Helpers(side, path, owner)
    return found


def _moved(name: str, known: Known) -> tuple[Function, Helpers] | None:
    places = [value for (_, other), value in known.items() if other == name]
    return places[0] if len(places) == 1 else None


def _checks(node: Function, helpers: Helpers) -> list[Check]:
    """Return what a function checks, that of functions inside it too."""
    inner = [item for item in node.body if isinstance(item, type(node))]
    made = [Reader(helpers, item).checks() for item in (node, *inner)]
    return [check for checks in made for check in checks]
