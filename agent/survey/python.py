"""What a reader would note of a Python file: classes, functions, fixtures, tests, words."""

import ast
import re
from collections import Counter
from collections.abc import Iterator

from agent.survey.source import Source, argument, dotted, last, target_of, text_of
from agent.survey.values import Module, Symbol, SymbolKind
from agent.survey.words import stems, stems_of

_MOST_SYMBOLS = 40
_MOST_WORDS = 60
_VIEW_BASES = ("View", "ViewSet", "APIView", "Endpoint", "Controller")
_SCHEMA_BASES = ("BaseModel", "Schema", "ModelSchema", "Serializer", "RootModel", "SQLModel")
_OWN_VERBS = frozenset({
    "get", "post", "put", "patch", "delete", "list", "create", "retrieve", "update", "destroy",
})  # fmt: skip
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]+")


def module(source: Source, routes: list[Symbol]) -> Module:
    """Return what a reader would note of a file; `routes` take the place of their functions."""
    served = {(route.name, route.start) for route in routes}
    own = _symbols(source.tree, is_test=source.is_test)
    symbols = [symbol for symbol in own if (symbol.name, symbol.start) not in served]
    found = sorted([*symbols, *routes], key=lambda symbol: symbol.start)[:_MOST_SYMBOLS]
    names = stems_of([source.path, *(f"{symbol.name} {symbol.label}" for symbol in found)])
    return Module(
        path=source.path,
        lines=source.text.count("\n") + (not source.text.endswith("\n")),
        symbols=tuple(found),
        names=" ".join(sorted(names)),
        words=" ".join(_words(source.text, names)),
        is_test=source.is_test,
    )


def _symbols(tree: ast.Module, *, is_test: bool) -> Iterator[Symbol]:
    tests = [node for node in tree.body if _is_test(node)]
    if tests and is_test:
        count = sum(_count_tests(node) for node in tests)
        label = f"{count} test{'s' * (count > 1)}"
        start, end = tests[0].lineno, tests[-1].end_lineno or tests[-1].lineno
        yield Symbol(
            name="tests",
            kind="tests",
            start=start,
            end=end,
            label=label,
        )
    for node in tree.body:
        if not (_is_test(node) and is_test):
            yield from _symbol(node)


def _is_test(node: ast.stmt) -> bool:
    is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    if is_function or isinstance(node, ast.ClassDef):
        return str(getattr(node, "name", "")).lower().startswith("test") or (
            isinstance(node, ast.ClassDef) and node.name.endswith(("Test", "Tests", "TestCase"))
        )
    return False


def _count_tests(node: ast.stmt) -> int:
    if not isinstance(node, ast.ClassDef):
        return 1
    return sum(_is_test(item) for item in node.body)


def _symbol(node: ast.stmt) -> Iterator[Symbol]:
    if isinstance(node, ast.ClassDef):
        yield _class(node)
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        is_fixture = any(last(item) == "fixture" for item in node.decorator_list)
        yield _made(node, node.name, "fixture" if is_fixture else "function")
    elif isinstance(node, ast.Assign | ast.AnnAssign) and _is_alias(node):
        name = target_of(node)
        if name:
            yield _made(node, name, "class")


def _made(node: ast.stmt, name: str, kind: SymbolKind, label: str = "") -> Symbol:
    start = min([node.lineno, *(item.lineno for item in getattr(node, "decorator_list", ()))])
    return Symbol(name=name, kind=kind, start=start, end=node.end_lineno or start, label=label)


def _is_alias(node: ast.Assign | ast.AnnAssign) -> bool:
    """Tell whether a type is given a name, such as a dependency to be injected."""
    return isinstance(node.value, ast.Subscript) and last(node.value) == "Annotated"


def _class(node: ast.ClassDef) -> Symbol:
    bases = [dotted(base) for base in node.bases]
    kind = _kind(node, bases)
    shown = _actions(node) if kind == "view" else []
    return _made(node, node.name, kind, f"{node.name}({', '.join(shown)})" if shown else "")


def _actions(node: ast.ClassDef) -> list[str]:
    """Return what a view answers to: its verbs, and the REST framework's extra actions."""
    found = []
    for item in node.body:
        if not isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        extra = next((mark for mark in item.decorator_list if last(mark) == "action"), None)
        if isinstance(extra, ast.Call):
            listed = argument(extra, "methods")
            given = listed.elts if isinstance(listed, ast.List | ast.Tuple) else []
            verbs = "/".join((text_of(verb) or "?").upper() for verb in given) or "GET"
            found.append(f"{verbs} {item.name}")
        elif item.name in _OWN_VERBS:
            found.append(item.name)
    return found


def _kind(node: ast.ClassDef, bases: list[str]) -> SymbolKind:
    assigned = {target_of(item) for item in node.body}
    if "__tablename__" in assigned or "models.Model" in bases or _is_table(node):
        return "model"
    tails = [base.rpartition(".")[2] for base in bases]
    if any(tail.endswith(_VIEW_BASES) for tail in tails):
        return "view"
    if any(tail.endswith(_SCHEMA_BASES) for tail in tails):
        return "schema"
    return "model" if any(tail == "Model" for tail in tails) else "class"


def _is_table(node: ast.ClassDef) -> bool:
    return any(keyword.arg == "table" for keyword in node.keywords)


def _words(text: str, known: set[str]) -> list[str]:
    """Return the stems that occur most often in a text, without those that its names have."""
    found: Counter[str] = Counter()
    for name, count in Counter(_NAME.findall(text)).items():
        found.update(dict.fromkeys(stems(name), count))
    return [stem for stem, _ in found.most_common(_MOST_WORDS) if stem not in known]
