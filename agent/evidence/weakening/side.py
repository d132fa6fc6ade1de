"""The files of one side of a change, and what names in them stand for."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property

from agent.evidence.weakening.syntax import Function
from agent.survey.source import read_source, target_of

_TESTING = re.compile(
    r"(^|[/_.])(tests?|testing|testutils?|conftest)([/_.]|$)|(^|/)tests?[^/]*\.py$"
)
_DEEPEST = 3
MOST_STATEMENTS = 300_000
"""Each takes about 0.2 ms."""


def is_testing(path: str) -> bool:
    """Tell whether a file belongs to the tests: tests themselves, and what only they use."""
    return path.endswith(".py") and _TESTING.search(path) is not None


class TooMuchError(Exception):
    """There is more to compare than can be compared in bounded time."""


class Side:
    """All files that are known of one side, parsed when they are asked for."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = texts
        self._effort = 0
        self._trees: dict[str, ast.Module | None] = {}
        self._names: dict[str, dict[str, ast.AST]] = {}
        self._imports: dict[str, dict[str, tuple[str, str]]] = {}

    def spend(self) -> None:
        """Count one statement that is read. Raises TooMuchError when there were too many."""
        self._effort += 1
        if self._effort > MOST_STATEMENTS:
            raise TooMuchError

    def tree(self, path: str) -> ast.Module | None:
        """Return a file's syntax tree; None when there is no such file or it cannot be parsed."""
        if path not in self._trees:
            text = self.texts.get(path)
            source = None if text is None else read_source(path, text, is_cut=False)
            self._trees[path] = source.tree if source else None
        return self._trees[path]

    def names(self, path: str) -> dict[str, ast.AST]:
        """Return what the top level of a file defines; the last definition counts."""
        if path not in self._names:
            tree = self.tree(path)
            found: dict[str, ast.AST] = {}
            for node in top_level(tree.body if tree else []):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    found[node.name] = node
                elif isinstance(node, ast.Assign | ast.AnnAssign) and target_of(node):
                    found[target_of(node)] = node
            self._names[path] = found
        return self._names[path]

    def imports(self, path: str) -> dict[str, tuple[str, str]]:
        """Return the imported names of a file: the dotted module, and the name in it or nothing."""
        if path not in self._imports:
            tree = self.tree(path)
            found: dict[str, tuple[str, str]] = {}
            for node in ast.walk(tree) if tree else ():
                if isinstance(node, ast.ImportFrom):
                    module = _absolute(path, node)
                    found.update({a.asname or a.name: (module, a.name) for a in node.names})
                elif isinstance(node, ast.Import):
                    for alias in node.names:
                        known = alias.name if alias.asname else alias.name.partition(".")[0]
                        found[alias.asname or known] = (known, "")
            self._imports[path] = found
        return self._imports[path]

    def resolve(self, path: str, name: str, deep: int = _DEEPEST) -> tuple[str, ast.AST] | None:
        """Return the file and the node that a name of a file stands for, through imports."""
        own = self.names(path).get(name)
        if own is not None:
            return path, own
        if deep == 0:
            return None
        if name in self.imports(path):
            module, inner = self.imports(path)[name]
            return self._in_module(module, inner, deep) if inner else None
        return self._by_star(path, name, deep)

    def member(self, path: str, owner: str, name: str) -> tuple[str, ast.AST] | None:
        """Return what `owner.name` stands for, where `owner` is an imported module."""
        if owner not in self.imports(path):
            return None
        module, inner = self.imports(path)[owner]
        dotted = f"{module}.{inner}" if inner else module
        return self._in_module(dotted, name, _DEEPEST)

    def _in_module(self, module: str, name: str, deep: int) -> tuple[str, ast.AST] | None:
        for target in self.files_of(module):
            found = self.resolve(target, name, deep - 1)
            if found:
                return found
        return None

    def _by_star(self, path: str, name: str, deep: int) -> tuple[str, ast.AST] | None:
        star = self.imports(path).get("*")
        return self._in_module(star[0], name, deep) if star else None

    def files_of(self, module: str) -> list[str]:
        """Return the known files that a dotted module may be."""
        return self._by_module.get(module.strip("."), []) if module.strip(".") else []

    @cached_property
    def _by_module(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for path in sorted(self.texts, key=len):
            if path.endswith(".py"):
                parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
                for start in range(len(parts)):
                    found[".".join(parts[start:])].append(path)
        return found

    def bases(self, path: str, node: ast.ClassDef) -> Iterator[tuple[str, ast.ClassDef]]:
        """Yield the known base classes of a class, nearest first, each with its file."""
        todo, seen = [(path, node)], {node.name}
        while todo and len(seen) < 20:
            place, current = todo.pop(0)
            for base in current.bases:
                found = self._base(place, base)
                if found and found[1].name not in seen:
                    seen.add(found[1].name)
                    todo.append(found)
                    yield found

    def _base(self, path: str, base: ast.expr) -> tuple[str, ast.ClassDef] | None:
        found = None
        if isinstance(base, ast.Name):
            found = self.resolve(path, base.id)
        elif isinstance(base, ast.Attribute) and isinstance(base.value, ast.Name):
            found = self.member(path, base.value.id, base.attr)
        return (found[0], found[1]) if found and isinstance(found[1], ast.ClassDef) else None


def top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a module or class, those under `if` and `try` among them."""
    for node in body:
        yield node
        if isinstance(node, ast.If):
            yield from top_level([*node.body, *node.orelse])
        elif isinstance(node, ast.Try):
            handlers = [item for handler in node.handlers for item in handler.body]
            yield from top_level([*node.body, *handlers, *node.orelse, *node.finalbody])


def functions(tree: ast.Module) -> Iterator[tuple[str, Function, ast.ClassDef | None]]:
    """Yield the functions of a module and its classes, with their qualified names."""
    for node in top_level(tree.body):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node, None
        elif isinstance(node, ast.ClassDef):
            yield from _methods(node, node.name)


def _methods(owner: ast.ClassDef, name: str) -> Iterator[tuple[str, Function, ast.ClassDef]]:
    for item in top_level(owner.body):
        if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{name}.{item.name}", item, owner
        elif isinstance(item, ast.ClassDef):
            yield from _methods(item, f"{name}.{item.name}")


def _absolute(path: str, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    parts = path.split("/")[: -node.level]
    return ".".join([*parts, *filter(None, [node.module])])
