"""Small questions to syntax trees."""

import ast
import re
from collections.abc import Iterator, Mapping
from typing import TypeGuard

from agent.survey.source import dotted, last

Function = ast.FunctionDef | ast.AsyncFunctionDef
LONGEST = 90
_MOST_NODES = 400


def is_function(node: object) -> TypeGuard[Function]:
    """Tell whether a node is a function, async or not."""
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def show(node: ast.AST, limit: int = LONGEST) -> str:
    """Return source for a node on one line, cut to `limit` characters."""
    try:
        text = " ".join(ast.unparse(node).split())
    except (RecursionError, ValueError):
        text = dotted(node) or type(node).__name__
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def whole(node: ast.AST) -> str:
    """Return source for a node, however long; equal nodes give equal texts."""
    return show(node, 1_000_000)


def number_of(node: ast.AST | None) -> float | None:
    """Return the value of a plain number."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = number_of(node.operand)
        return None if value is None else -value
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return None if isinstance(node.value, bool) else float(node.value)
    return None


def truth(node: ast.AST) -> bool | None:
    """Return what a condition always is; None when it depends."""
    if isinstance(node, ast.Constant):
        return bool(node.value)
    if isinstance(node, ast.Tuple | ast.List) and not any(_starred(node)):
        return bool(node.elts)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        inner = truth(node.operand)
        return None if inner is None else not inner
    if isinstance(node, ast.BoolOp):
        values = [truth(value) for value in node.values]
        decides = isinstance(node.op, ast.Or)
        if decides in values:
            return decides
        return None if None in values else not decides
    return False if last(node) == "TYPE_CHECKING" else None


def _starred(node: ast.Tuple | ast.List) -> Iterator[bool]:
    return (isinstance(item, ast.Starred) for item in node.elts)


def is_literal(node: ast.AST) -> bool:
    """Tell whether an expression is made of constants alone."""
    return all(
        isinstance(
            item,
            ast.Constant
            | ast.Tuple
            | ast.List
            | ast.Set
            | ast.Dict
            | ast.UnaryOp
            | ast.unaryop
            | ast.expr_context,
        )
        for item in ast.walk(node)
    )


_RUNNING = frozenset({"asyncio.run", "run_until_complete", "loop.run_until_complete"})


class _Waiting(ast.NodeTransformer):
    def visit_Await(self, node: ast.Await) -> ast.AST:
        """Take what is waited for."""
        found: ast.AST = self.visit(node.value)
        return found

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Take what an event loop is started for."""
        is_start = dotted(node.func) in _RUNNING and len(node.args) == 1
        found: ast.AST = self.visit(node.args[0]) if is_start else self.generic_visit(node)
        return found


def awaited(node: ast.expr) -> ast.expr:
    """Return an expression as if nothing had to be waited for."""
    is_waiting = any(
        isinstance(item, ast.Await)
        or (isinstance(item, ast.Call) and dotted(item.func) in _RUNNING)
        for item in ast.walk(node)
    )
    if not is_waiting:
        return node
    found = _Waiting().visit(ast.parse(whole(node), mode="eval").body)
    return found if isinstance(found, ast.expr) else node


class _Filling(ast.NodeTransformer):
    def __init__(self, values: Mapping[str, ast.expr], *, with_ids: bool) -> None:
        self._values = values
        self._with_ids = with_ids

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """Fill a variable in."""
        return self._values.get(node.id, node) if isinstance(node.ctx, ast.Load) else node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """Fill in what was set on `self`; the id of a row that the test made stays what it is."""
        name = node.value.id if isinstance(node.value, ast.Name) else own_name(node.value)
        made = self._values.get(name) if node.attr in _IDENTITY and not self._with_ids else None
        if made is not None and _is_made(made):
            return node
        if isinstance(node.ctx, ast.Load) and own_name(node) in self._values:
            return self._values[own_name(node)]
        return self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        """Write a text out once all of its parts are known."""
        parts = [self.visit(part) for part in node.values]
        texts = [_text(part) for part in parts]
        if any(text is None for text in texts):
            return ast.JoinedStr(values=parts)
        return ast.Constant("".join(text or "" for text in texts))


_IDENTITY = frozenset({"pk", "id", "uuid"})
_MAKING = re.compile(
    r"(.+\.)?(objects|_default_manager)\.(a?create|(a?create_)(user|superuser))"
    r"|baker\.make|mixer\.blend|(\w+\.)*\w+Factory(\.create)?"
)


def _is_made(node: ast.expr) -> bool:
    """Tell whether an expression puts a row there; its id is no answer of the code under test."""
    call = node.value if isinstance(node, ast.Await) else node
    return isinstance(call, ast.Call) and _MAKING.fullmatch(dotted(call.func)) is not None


def _text(node: ast.AST) -> str | None:
    if isinstance(node, ast.FormattedValue) and node.conversion == -1 and node.format_spec is None:
        node = node.value
    if isinstance(node, ast.Constant) and isinstance(node.value, str | int):
        return str(node.value)
    return None


def own_name(node: ast.AST) -> str:
    """Return `self.x` for an attribute of the test's own object; else nothing."""
    is_own = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    if not is_own or not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
        return ""
    return f"self.{node.attr}" if node.value.id in ("self", "cls") else ""


def filled(node: ast.expr, values: Mapping[str, ast.expr], *, with_ids: bool = False) -> ast.expr:
    """Return an expression with names replaced by what they stand for, within reason of size.

    The ids of rows that the test made are only replaced `with_ids`.
    """
    names = {item.id if isinstance(item, ast.Name) else own_name(item) for item in ast.walk(node)}
    known = {name: values[name] for name in names if name in values}
    if not known or sum(map(_size, known.values())) + _size(node) > _MOST_NODES:
        return node
    copy = ast.parse(whole(node), mode="eval").body
    found = _Filling(known, with_ids=with_ids).visit(copy)
    return found if isinstance(found, ast.expr) else node


def _size(node: ast.AST) -> int:
    return sum(1 for _ in ast.walk(node))


def decorators(node: Function | ast.ClassDef) -> list[str]:
    """Return the dotted names of decorators."""
    return [dotted(item) for item in node.decorator_list]


def base_name(path: str) -> str:
    """Return the last part of a path."""
    return path.rpartition("/")[2]


def own_nodes(function: Function) -> Iterator[ast.AST]:
    """Yield the nodes of a function's body, those of functions inside it left out."""
    todo: list[ast.AST] = list(function.body)
    while todo:
        item = todo.pop()
        yield item
        if not is_function(item) and not isinstance(item, ast.Lambda | ast.ClassDef):
            todo.extend(ast.iter_child_nodes(item))


def calls(node: ast.AST) -> Iterator[ast.Call]:
    """Yield the calls within a node, those of functions and lambdas inside it left out."""
    todo: list[ast.AST] = [node]
    while todo:
        item = todo.pop()
        if isinstance(item, ast.Call):
            yield item
        inner = [
            child
            for child in ast.iter_child_nodes(item)
            if not isinstance(child, ast.Lambda | ast.ClassDef) and not is_function(child)
        ]
        todo.extend(reversed(inner))
