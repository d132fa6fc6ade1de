"""The variables of a function: which there are, and which keep their first value."""

import ast
from collections import Counter
from collections.abc import Iterator

from agent.evidence.weakening.syntax import Function

_MUTATES = frozenset(
    {"append", "add", "extend", "update", "insert", "pop", "remove", "setdefault", "clear", "sort"}
)


def unpacked(target: ast.expr, value: ast.expr) -> dict[str, ast.expr] | None:
    """Return what an assignment of a written-out value gives; None when it cannot be told."""
    if isinstance(target, ast.Name):
        return {target.id: value}
    is_row = isinstance(value, ast.Tuple | ast.List) and isinstance(target, ast.Tuple | ast.List)
    if is_row and isinstance(value, ast.Tuple | ast.List):
        parts = target.elts if isinstance(target, ast.Tuple | ast.List) else []
        if len(parts) != len(value.elts):
            return None
        rows = [unpacked(part, item) for part, item in zip(parts, value.elts, strict=True)]
        if any(row is None for row in rows):
            return None
        return {key: item for row in rows if row for key, item in row.items()}
    return None


def locals_of(function: Function) -> frozenset[str]:
    """Return the names that mean nothing outside of a function: parameters and variables."""
    parameters = {item.arg for item in _parameters(function)}
    return frozenset(assigned(function)) | parameters


def _parameters(node: Function) -> list[ast.arg]:
    found = node.args
    extra = [item for item in (found.vararg, found.kwarg) if item]
    return [*found.posonlyargs, *found.args, *found.kwonlyargs, *extra]


def assigned(function: Function) -> Counter[str]:
    """Return how often names get a value."""
    stored = (
        item.id
        for item in ast.walk(function)
        if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store)
    )
    caught = (
        item.name
        for item in ast.walk(function)
        if isinstance(item, ast.ExceptHandler) and item.name
    )
    return Counter([*stored, *caught])


def assigned_in_line(function: Function) -> Iterator[str]:
    """Yield the names that plain statements of the body give a value, one after the other."""
    for node in function.body:
        if isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def changed_in(function: Function) -> set[str]:
    """Return the names whose values are changed in place."""
    found: set[str] = set()
    for item in ast.walk(function):
        if not isinstance(item, ast.Subscript | ast.Attribute):
            continue
        is_mutator = isinstance(item, ast.Attribute) and item.attr in _MUTATES
        if (is_mutator or isinstance(item.ctx, ast.Store)) and isinstance(item.value, ast.Name):
            found.add(item.value.id)
    return found
