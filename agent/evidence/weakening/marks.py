"""Marks of tests: what skips them, lets them fail, or names them.

Source: pytest 9, "How to use skip and xfail"; Python 3.13, unittest; Django 5.2.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from agent.evidence.weakening.helping import Helpers
from agent.evidence.weakening.side import top_level
from agent.evidence.weakening.syntax import truth, whole
from agent.survey.source import argument, dotted, last, target_of, text_of

SKIPPING = frozenset({"skip", "xfail"})
_SKIPS = frozenset({"skip", "skipif", "skipIf", "skipUnless"})
_FAILS = frozenset({"xfail", "expectedFailure"})


@dataclass(frozen=True)
class Mark:
    """One mark, as far as it matters whether a test counts."""

    kind: str
    """`skip`, `xfail`, or the name of any other mark."""
    condition: str = ""
    """When it applies; empty for always."""
    is_strict: bool = False
    line: int = 0

    def same(self, other: "Mark") -> bool:
        """Tell whether two marks do the same."""
        return (self.kind, self.condition) == (other.kind, other.condition)

    def said(self) -> str:
        """Return the mark for people."""
        return f"{self.kind} if {self.condition}" if self.condition else self.kind


def marks_of(nodes: Iterable[ast.expr], helpers: Helpers, deep: int = 3) -> Iterator[Mark]:
    """Yield the marks of decorators, or of a list such as `pytestmark`."""
    for node in nodes:
        if isinstance(node, ast.List | ast.Tuple):
            yield from marks_of(node.elts, helpers, deep)
        elif isinstance(node, ast.Name) and deep:
            yield from _named(node, helpers, deep)
        else:
            yield from _mark(node, helpers)


def _named(node: ast.Name, helpers: Helpers, deep: int) -> Iterator[Mark]:
    value = helpers.constant(node.id)
    if value is not None:
        inner = helpers.side.resolve(helpers.path, node.id)
        place = Helpers(helpers.side, inner[0]) if inner else helpers
        for mark in marks_of([value], place, deep - 1):
            yield Mark(mark.kind, mark.condition, mark.is_strict, node.lineno)
    else:
        yield from _mark(node, helpers)


def _mark(node: ast.expr, helpers: Helpers) -> Iterator[Mark]:
    name, path = last(node), dotted(node)
    call = node if isinstance(node, ast.Call) else None
    if name in _SKIPS or name in _FAILS:
        found = _skipping(name, call, node.lineno)
        if found:
            yield found
    elif ".mark." in f".{path}" or name in ("tag", "flaky"):
        names = [text_of(arg) for arg in call.args] if call and name == "tag" else [name]
        yield from (Mark(item or name, line=node.lineno) for item in names)
    elif _makes_skip(node, helpers):
        yield Mark("skip", condition=whole(node), line=node.lineno)


def _skipping(name: str, call: ast.Call | None, line: int) -> Mark | None:
    kind = "xfail" if name in _FAILS else "skip"
    node = None
    if call is not None and name not in ("skip", "expectedFailure"):
        node = argument(call, "condition", 0)
    written = text_of(node)
    condition = written or (whole(node) if node is not None else "")
    always = truth(node) if node is not None and written is None else None
    if name == "skipUnless" and node is not None:
        condition, always = f"not ({condition})", None if always is None else not always
    if always is False:
        return None
    strict = argument(call, "strict") if call else None
    is_strict = isinstance(strict, ast.Constant) and strict.value is True
    return Mark(kind, "" if always else condition, is_strict, line)


def _makes_skip(node: ast.expr, helpers: Helpers) -> bool:
    """Tell whether a decorator of the tests' own skips."""
    function = node.func if isinstance(node, ast.Call) else node
    if not isinstance(function, ast.Name):
        return False
    found = helpers.side.resolve(helpers.path, function.id)
    if found is None or not isinstance(found[1], ast.FunctionDef):
        return False
    calls = (item for item in ast.walk(found[1]) if isinstance(item, ast.Call))
    return any("skip" in last(call.func).lower() for call in calls)


def pytestmark(body: list[ast.stmt]) -> list[ast.expr]:
    """Return what `pytestmark` is set to in a module or class."""
    return [
        node.value
        for node in top_level(body)
        if isinstance(node, ast.Assign | ast.AnnAssign)
        and target_of(node) == "pytestmark"
        and node.value is not None
    ]
