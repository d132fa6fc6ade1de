"""Helpers of the tests: which function a call in a test runs, and what lists are made of."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from agent.evidence.weakening.side import Side, is_testing, top_level
from agent.evidence.weakening.syntax import Function, decorators, filled, is_function, number_of
from agent.survey.source import last, target_of

_MOST_ITEMS = 300


@dataclass(frozen=True)
class Helper:
    """A function of the tests that a test calls."""

    node: Function
    key: str
    """Its name, with its class."""
    helpers: "Helpers"
    """What the names in it stand for."""


class Helpers:
    """What calls in one place of the tests run: a file, and the class if it is a method."""

    def __init__(
        self, side: Side, path: str, owner: ast.ClassDef | None = None, owner_path: str = ""
    ) -> None:
        self.side = side
        self.path = path
        self.owner = owner
        self.owner_path = owner_path or path

    def of(self, call: ast.Call, caller: Function) -> Helper | None:
        """Return the helper that a call runs; None for the code under test and libraries."""
        function = call.func
        if isinstance(function, ast.Name):
            return self._named(function.id, caller)
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            if function.value.id in ("self", "cls"):
                return self._method(function.attr)
            found = self.side.member(self.path, function.value.id, function.attr)
            return self._helper(found) if found else None
        return None

    def _named(self, name: str, caller: Function) -> Helper | None:
        for item in ast.walk(caller):
            if is_function(item) and item is not caller and item.name == name:
                return Helper(item, name, self)
        if name in {item.arg for item in caller.args.args}:
            return self._made_by_fixture(name)
        found = self.side.resolve(self.path, name)
        return self._helper(found) if found else None

    def _helper(self, found: tuple[str, ast.AST]) -> Helper | None:
        path, node = found
        if is_function(node) and is_testing(path):
            return Helper(node, node.name, Helpers(self.side, path))
        return None

    def _method(self, name: str) -> Helper | None:
        if self.owner is None:
            return None
        bases = self.side.bases(self.owner_path, self.owner)
        for path, owner in [(self.owner_path, self.owner), *bases]:
            for item in top_level(owner.body):
                if is_function(item) and item.name == name and is_testing(path):
                    inner = Helpers(self.side, path, self.owner, self.owner_path)
                    return Helper(item, name, inner)
        return None

    def _made_by_fixture(self, name: str) -> Helper | None:
        """Return the function that a fixture of that name hands to the test."""
        fixture = self.fixture(name)
        if fixture is None:
            return None
        path, node = fixture
        inner = [item for item in node.body if isinstance(item, ast.FunctionDef)]
        return Helper(inner[0], name, Helpers(self.side, path)) if inner else None

    def fixture(self, name: str) -> tuple[str, Function] | None:
        """Return the fixture of a name that a test in this file gets."""
        parts = self.path.split("/")
        folders = ["/".join(parts[:end]) for end in range(len(parts) - 1, -1, -1)]
        places = [self.path, *(f"{folder}/conftest.py".lstrip("/") for folder in folders)]
        for path in places:
            node = self.side.names(path).get(name) if path in self.side.texts else None
            if is_function(node) and is_fixture(node):
                return path, node
        return None

    def items_of(self, node: ast.expr, deep: int = 4) -> list[ast.expr] | None:
        """Return the items of a list that is written out somewhere; None when it is computed."""
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            return self._items(node.elts, deep)
        if isinstance(node, ast.Dict) and all(node.keys):
            return [key for key in node.keys if key is not None]
        if isinstance(node, ast.Name) and deep:
            return self._named_items(node.id, deep)
        if isinstance(node, ast.Call):
            return self._called_items(node, deep)
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
            items = self.items_of(node.value, deep - 1)
            return None if items is None else _sliced(items, node.slice)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = (self.items_of(side, deep) for side in (node.left, node.right))
            return None if left is None or right is None else [*left, *right]
        return None

    def _items(self, nodes: list[ast.expr], deep: int) -> list[ast.expr] | None:
        found: list[ast.expr] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                inner = self.items_of(node.value, deep - 1) if deep else None
                if inner is None:
                    return None
                found += inner
            else:
                found.append(node)
        return found[:_MOST_ITEMS]

    def _named_items(self, name: str, deep: int) -> list[ast.expr] | None:
        found = self.side.resolve(self.path, name)
        value = getattr(found[1], "value", None) if found else None
        if found is None or not isinstance(value, ast.expr):
            return None
        return Helpers(self.side, found[0]).items_of(value, deep - 1)

    def _called_items(self, node: ast.Call, deep: int) -> list[ast.expr] | None:
        name = last(node.func)
        if name == "range" and all(number_of(item) is not None for item in node.args):
            numbers = [int(number_of(item) or 0) for item in node.args[:3]]
            step = numbers[2:] != [0]
            counted = [ast.Constant(n) for n in range(*numbers)[:_MOST_ITEMS]] if step else None
            return None if counted is None else [*counted]
        if name == "enumerate" and len(node.args) == 1:
            inner = self.items_of(node.args[0], deep)
            pairs = enumerate(inner or [])
            made = [ast.Tuple(elts=[ast.Constant(n), x], ctx=ast.Load()) for n, x in pairs]
            return None if inner is None else list[ast.expr](made)
        is_same = name in ("list", "tuple", "sorted", "set", "reversed")
        if is_same and len(node.args) == 1:
            return self.items_of(node.args[0], deep)
        value = node.func.value if isinstance(node.func, ast.Attribute) else None
        if name == "items" and isinstance(value, ast.Name):
            return self._pairs(value.id)
        return self._pairs_of(value) if name == "items" else None

    def _pairs(self, name: str) -> list[ast.expr] | None:
        found = self.side.resolve(self.path, name)
        return self._pairs_of(getattr(found[1], "value", None)) if found else None

    def _pairs_of(self, node: ast.AST | None) -> list[ast.expr] | None:
        if not isinstance(node, ast.Dict) or not all(node.keys):
            return None
        pairs = zip(node.keys, node.values, strict=True)
        return [ast.Tuple(elts=[key, value], ctx=ast.Load()) for key, value in pairs if key]

    def constant(self, name: str) -> ast.expr | None:
        """Return the value that the top level of this file, or of one it imports, gives a name."""
        found = self.side.resolve(self.path, name)
        if found is None or not isinstance(found[1], ast.Assign | ast.AnnAssign):
            return None
        value = found[1].value
        return value if target_of(found[1]) and isinstance(value, ast.expr) else None


def _sliced(items: list[ast.expr], node: ast.Slice) -> list[ast.expr] | None:
    numbers = [None if part is None else number_of(part) for part in (node.lower, node.upper)]
    known = [part is None or number is not None
             for part, number in zip((node.lower, node.upper), numbers, strict=True)]  # fmt: skip
    if not all(known) or node.step is not None:
        return None
    lower, upper = (None if number is None else int(number) for number in numbers)
    return items[lower:upper]


def is_fixture(node: Function) -> bool:
    """Tell whether a function is a pytest fixture."""
    return any(name.rpartition(".")[2] == "fixture" for name in decorators(node))


def bound(call: ast.Call, function: Function) -> Mapping[str, ast.expr]:
    """Return the values of a function's parameters in a call, defaults among them."""
    names = [item.arg for item in (*function.args.posonlyargs, *function.args.args)]
    names = names[1:] if names[:1] in (["self"], ["cls"]) else names
    defaults = function.args.defaults
    values = dict(zip(names[len(names) - len(defaults) :], defaults, strict=False))
    for keyword, default in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True):
        if default is not None:
            values[keyword.arg] = default
    for name, value in zip(names, call.args, strict=False):
        if isinstance(value, ast.Starred):
            break
        values[name] = value
    values.update({item.arg: item.value for item in call.keywords if item.arg})
    return {name: filled(value, {}) for name, value in values.items()}
