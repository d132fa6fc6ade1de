"""Whether a change alters what code does, as far as its syntax tells."""

import ast
from collections import Counter
from collections.abc import Iterator

from agent.evidence.people.places import is_test
from agent.evidence.sides import Sides


def code_of(sides: Sides) -> tuple[str, ...]:
    """Return the changed Python files that are no tests."""
    return tuple(path for path in sides.changed if path.endswith(".py") and not is_test(path))


def altered(sides: Sides) -> tuple[str, ...]:
    """Return the files whose statements are others than before; empty for a mere refactoring.

    Comments, docstrings, imports and layout do not count, nor where a definition stands: what was
    moved between files or put in another order is the same.
    """
    before, after = Counter[str](), Counter[str]()
    by_path: dict[str, tuple[Counter[str], Counter[str]]] = {}
    for path in code_of(sides):
        one, other = (
            Counter(_statements(side.get(path, ""))) for side in (sides.before, sides.after)
        )
        by_path[path] = one, other
        before += one
        after += other
    if before == after:
        return ()
    new, gone = after - before, before - after
    return tuple(path for path, (one, other) in by_path.items() if one & gone or other & new)


def _statements(text: str) -> Iterator[str]:
    """Return each statement of a module in a form that layout does not change."""
    try:
        tree = ast.parse(text)
        for node in ast.walk(tree):
            body = getattr(node, "body", None)
            if isinstance(body, list) and body and _is_text(body[0]):
                del body[0]
        for statement in tree.body:
            if not isinstance(statement, ast.Import | ast.ImportFrom):
                yield ast.dump(statement)
    except (SyntaxError, ValueError, RecursionError):
        yield text


def _is_text(node: object) -> bool:
    is_constant = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return is_constant and isinstance(node.value.value, str)  # type: ignore[attr-defined]
