"""What names in a test stand for before its first line: fixtures, set-ups, constants."""

import ast
from collections.abc import Iterator, Mapping

from agent.evidence.weakening.helping import Helpers
from agent.evidence.weakening.side import is_testing, top_level
from agent.evidence.weakening.syntax import Function, filled, is_function, own_nodes
from agent.survey.source import target_of

_SETUPS = frozenset(
    {"setUp", "setUpClass", "setUpTestData", "setup_method", "setup_class", "asyncSetUp"}
)
_DEEPEST = 3
_LARGEST = 60


def standing(function: Function, helpers: Helpers) -> dict[str, ast.expr]:
    """Return values by name; what is set on `self` has a name such as `self.order`."""
    return {**_constants(function, helpers), **_of_class(helpers), **_fixtures(function, helpers)}


def fixtures_of(function: Function, helpers: Helpers) -> Iterator[tuple[str, str, Function]]:
    """Yield the fixtures that a test asks for: its name for it, the file, the function."""
    for item in (*function.args.args, *function.args.kwonlyargs):
        found = helpers.fixture(item.arg)
        if found is not None and found[1] is not function:
            yield item.arg, found[0], found[1]


def setups_of(helpers: Helpers) -> Iterator[tuple[str, Function]]:
    """Yield the set-up methods of a test's class, those of its bases first."""
    if helpers.owner is None:
        return
    bases = list(helpers.side.bases(helpers.owner_path, helpers.owner))
    for path, owner in [*reversed(bases), (helpers.owner_path, helpers.owner)]:
        for item in top_level(owner.body):
            if is_function(item) and item.name in _SETUPS and is_testing(path):
                yield path, item


def _fixtures(function: Function, helpers: Helpers, deep: int = _DEEPEST) -> dict[str, ast.expr]:
    found: dict[str, ast.expr] = {}
    for name, path, node in fixtures_of(function, helpers) if deep else ():
        place = Helpers(helpers.side, path)
        inner = {**_constants(node, place), **_fixtures(node, place, deep - 1)}
        value = given(node, inner)
        if value is not None:
            found[name] = value
    return found


def given(function: Function, values: Mapping[str, ast.expr]) -> ast.expr | None:
    """Return what a function returns or yields, when it does so once and at its end."""
    ends = [
        item.value
        for item in own_nodes(function)
        if isinstance(item, ast.Return | ast.Yield) and item.value is not None
    ]
    if len(ends) != 1:
        return None
    known = {**values, **_assigned(function.body, values)}
    value = filled(ends[0], known)
    return None if isinstance(value, ast.Name) and value.id not in known else value


def _assigned(body: list[ast.stmt], values: Mapping[str, ast.expr]) -> dict[str, ast.expr]:
    found: dict[str, ast.expr] = {}
    for node in body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            name = target_of(node) or _own_attribute(node)
            if name:
                found[name] = filled(node.value, {**values, **found})
    return found


def _own_attribute(node: ast.Assign | ast.AnnAssign) -> str:
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
        return f"self.{target.attr}" if target.value.id in ("self", "cls") else ""
    return ""


def _of_class(helpers: Helpers) -> dict[str, ast.expr]:
    """Return what the class of a test, and its set-ups, give to `self`."""
    if helpers.owner is None:
        return {}
    found: dict[str, ast.expr] = {}
    bases = list(helpers.side.bases(helpers.owner_path, helpers.owner))
    for _, owner in [*reversed(bases), (helpers.owner_path, helpers.owner)]:
        for node in owner.body:
            if isinstance(node, ast.Assign | ast.AnnAssign) and target_of(node) and node.value:
                found[f"self.{target_of(node)}"] = node.value
    for _, node in setups_of(helpers):
        made = _assigned(node.body, {**_constants(node, helpers), **found})
        found.update({name: value for name, value in made.items() if name.startswith("self.")})
    return found


def _constants(function: Function, helpers: Helpers) -> dict[str, ast.expr]:
    """Return the small constants of the tests' own modules that a function uses."""
    names = {item.id for item in ast.walk(function) if isinstance(item, ast.Name)}
    found: dict[str, ast.expr] = {}
    for name in names:
        place = helpers.side.resolve(helpers.path, name)
        value = helpers.constant(name) if place and is_testing(place[0]) else None
        if value is not None and sum(1 for _ in ast.walk(value)) <= _LARGEST:
            found[name] = value
    return found
