"""One Python file, parsed and walked once. Reading is all that ever happens to its code."""

import ast
import re
import warnings
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Lock
from typing import TypeVar

_TEST = re.compile(r"(^|/)(tests?/|test_[^/]*\.py$|[^/]*_test\.py$|tests\.py$|conftest\.py$)")
_ONE_AT_A_TIME = Lock()
Node = TypeVar("Node", bound=ast.AST)


@dataclass(frozen=True)
class Source:
    """A file's text and syntax tree; its nodes, by their class, unless it is a test."""

    path: str
    text: str
    tree: ast.Module
    is_test: bool
    _nodes: dict[type[ast.AST], list[ast.AST]] = field(repr=False)

    def all(self, kind: type[Node]) -> Iterator[Node]:
        """Yield the nodes of a class, wherever they stand; none of a test."""
        yield from (node for node in self._nodes.get(kind, ()) if isinstance(node, kind))

    def assignments(self) -> Iterator[ast.Assign | ast.AnnAssign]:
        """Yield the assignments, with types and without."""
        yield from self.all(ast.Assign)
        yield from self.all(ast.AnnAssign)

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Yield the functions, methods among them."""
        yield from self.all(ast.FunctionDef)
        yield from self.all(ast.AsyncFunctionDef)


def read_source(path: str, text: str, *, is_cut: bool) -> Source | None:
    """Return a file's source; None for what this interpreter cannot parse.

    Of a text that was cut, the whole statements are taken.
    """
    tree = _parsed(text)
    if tree is None and is_cut:
        tree = _parsed(_whole_statements(text))
    if tree is None:
        return None
    is_test = is_test_path(path)
    nodes: dict[type[ast.AST], list[ast.AST]] = defaultdict(list)
    for node in () if is_test else ast.walk(tree):
        nodes[type(node)].append(node)
    return Source(path, text, tree, is_test, nodes)


def is_test_path(path: str) -> bool:
    """Tell whether a Python file belongs to the tests."""
    return _TEST.search(path) is not None


def _parsed(text: str) -> ast.Module | None:
    # The warnings' filters are the process's own, so two threads must not change them at once.
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def _whole_statements(text: str) -> str:
    lines = text.split("\n")
    starts = (n for n in range(len(lines) - 1, 0, -1) if re.match(r"[A-Za-z@_]", lines[n]))
    return "\n".join(lines[: next(starts, 0)])


def dotted(node: ast.AST | None) -> str:
    """Return `a.b.c` of a name or an attribute, of what is called or subscripted; else nothing."""
    parts: list[str] = []
    while isinstance(node, ast.Call | ast.Subscript | ast.Attribute):
        if isinstance(node, ast.Attribute):
            parts.append(node.attr)
        node = node.func if isinstance(node, ast.Call) else node.value
    if isinstance(node, ast.Name):
        parts.append(node.id)
    return ".".join(reversed(parts))


def last(node: ast.AST | None) -> str:
    """Return the last part of a dotted name."""
    return dotted(node).rpartition(".")[2]


def text_of(node: ast.AST | None) -> str | None:
    """Return the value of a plain string in the source."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return None


def argument(call: ast.Call, name: str, position: int | None = None) -> ast.expr | None:
    """Return an argument of a call by its name or its place."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    if position is not None and position < len(call.args):
        return call.args[position]
    return None


def target_of(node: ast.AST) -> str:
    """Return the name that a statement assigns to; empty for anything else."""
    target: ast.AST | None = None
    if isinstance(node, ast.Assign):
        target = node.targets[0]
    elif isinstance(node, ast.AnnAssign):
        target = node.target
    return target.id if isinstance(target, ast.Name) else ""
