"""What a test says, as a tree: with what it uses in its own file, without names and layout."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import TypeGuard

Function = ast.FunctionDef | ast.AsyncFunctionDef
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_ALWAYS = frozenset(
    {"setUp", "setUpClass", "setUpTestData", "asyncSetUp", "setup_method", "setup_class"}
    | {"setUpModule", "setup_module", "setup_function", "pytestmark", "fixtures"}
)
"""What every test of its class or file uses without naming it."""
_LONGEST_SHAPE = 1_500
_PARAMETRIZE = ("parametrize", "expand")


@dataclass(frozen=True)
class TestSource:
    """One test as it stands in a file."""

    __test__ = False
    name: str
    """Its classes and its own name, such as `TestCancel::test_twice`."""
    digest: str
    """The same as long as the test, and what it uses in its file, say the same."""
    own: str
    """The same as long as the test itself does, whatever its name."""
    shape: tuple[str, ...]
    """The tree of its body without names and constants."""
    asserts: int
    cases: int
    """How often it runs with other values; 1 for a plain test, 0 when that cannot be counted."""


def parse(text: str) -> ast.Module | None:
    """Return the tree of a file; None for one that this Python cannot read."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def says(text: str) -> str | None:
    """Return what a file says without comments, docstrings and layout; None if it is unreadable."""
    tree = parse(text)
    return None if tree is None else _dump(tree)


def tests_in(text: str) -> dict[str, TestSource] | None:
    """Return the tests of a file by name; None for a file that cannot be read."""
    tree = parse(text)
    if tree is None:
        return None
    known = dict(_defined(tree.body))
    found = {}
    for owners, node in _tests(tree.body, ()):
        name = "::".join([*(owner.name for owner in owners), node.name])
        found[name] = _source(name, node, owners, known)
    return found


def _tests(
    body: list[ast.stmt], owners: tuple[ast.ClassDef, ...]
) -> Iterator[tuple[tuple[ast.ClassDef, ...], Function]]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _tests(node.body, (*owners, node))
        elif _is_test(node):
            yield owners, node


def _source(
    name: str, node: Function, owners: tuple[ast.ClassDef, ...], known: dict[str, ast.stmt]
) -> TestSource:
    members = {key: item for owner in owners for key, item in _defined(owner.body)}
    around = "".join(_dump(part) for owner in owners for part in owner.decorator_list)
    used = _closure(node, members | known)
    own = _anonymous(node)
    return TestSource(
        name=name,
        digest=_digest("\n".join([own, around, *sorted(map(_dump, used))])),
        own=_digest(own),
        shape=tuple(islice(_shape(node.body), _LONGEST_SHAPE)),
        asserts=sum(_is_assertion(part) for part in ast.walk(node)),
        cases=_cases([*owners, node], known),
    )


def _defined(body: list[ast.stmt]) -> Iterator[tuple[str, ast.stmt]]:
    for node in body:
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            yield node.name, node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Name):
                    yield target.id, node


def _closure(node: Function, known: dict[str, ast.stmt]) -> list[ast.stmt]:
    """Return everything in the file that a test uses, however indirectly."""
    always = {key for key, item in known.items() if key in _ALWAYS or _is_automatic(item)}
    waiting, seen = [*always, *_names(node)], {node.name}
    found: list[ast.stmt] = []
    while waiting:
        name = waiting.pop()
        if name in seen or name not in known:
            continue
        seen.add(name)
        if not _is_test(known[name]):
            found.append(known[name])
            waiting += _names(known[name])
    return found


def _is_test(node: ast.stmt) -> TypeGuard[Function]:
    """Tell whether a node is a test; a fixture may be called `test_client`."""
    if not isinstance(node, _FUNCTIONS):
        return False
    return node.name.startswith("test") and not any(map(_is_fixture, node.decorator_list))


def _is_fixture(decorator: ast.expr) -> bool:
    match decorator.func if isinstance(decorator, ast.Call) else decorator:
        case ast.Name(id="fixture") | ast.Attribute(attr="fixture"):
            return True
    return False


def _is_automatic(node: ast.stmt) -> bool:
    decorators = node.decorator_list if isinstance(node, _FUNCTIONS) else ()
    keywords = (key for item in decorators if isinstance(item, ast.Call) for key in item.keywords)
    return any(key.arg == "autouse" for key in keywords)


def _names(node: ast.AST) -> set[str]:
    """Return every name by which a node may use another: fixtures are arguments, or strings."""
    found: set[str] = set()
    for part in ast.walk(node):
        match part:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                found.add(name)
            case ast.Constant(value=str(text)) if text.isidentifier():
                found.add(text)
    return found


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0] if body else None
    is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return body[1:] if is_text and isinstance(first.value.value, str) else body  # type: ignore[union-attr]


def _dump(tree: ast.AST) -> str:
    """Return a tree as text; docstrings are left out, so that a function may be left empty."""
    texts = []
    stack: list[tuple[ast.AST, int]] = [(tree, 0)]
    while stack:
        node, depth = stack.pop()
        values = []
        for key, value in ast.iter_fields(node):
            if isinstance(value, ast.AST):
                stack.append((value, depth + 1))
            elif isinstance(value, list):
                is_body = key == "body" and isinstance(
                    node, (*_FUNCTIONS, ast.ClassDef, ast.Module)
                )
                items = _without_docstring(value) if is_body else value
                stack += [(item, depth + 1) for item in items if isinstance(item, ast.AST)]
                values.append(f"{key}={[i for i in items if not isinstance(i, ast.AST)]}")
                values.append(f"{len(items)}")
            else:
                values.append(f"{key}={value!r}")
        texts.append(f"{depth}{type(node).__name__}({', '.join(values)})")
    return ";".join(texts)


def _anonymous(node: Function) -> str:
    """Return a test without its name."""
    text = _dump(node)
    return text.replace(f"name={node.name!r}", "name=''", 1)


def _shape(body: list[ast.stmt]) -> Iterator[str]:
    waiting: list[ast.AST] = [*reversed(body)]
    while waiting:
        node = waiting.pop()
        is_value = isinstance(node, ast.Name | ast.Constant)
        yield "value" if is_value else type(node).__name__
        parts = [p for p in ast.iter_child_nodes(node) if not isinstance(p, ast.expr_context)]
        waiting += reversed(parts)


def _is_assertion(node: ast.AST) -> bool:
    match node:
        case ast.Assert():
            return True
        case ast.Call(func=ast.Attribute(attr=name)):
            return name.startswith("assert") or name in ("raises", "warns", "fail")
    return False


def _cases(nodes: Sequence[Function | ast.ClassDef], known: Mapping[str, ast.stmt]) -> int:
    total = 1
    for decorator in (item for node in nodes for item in node.decorator_list):
        match decorator:
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name), args=[*_, last]):
                if name in _PARAMETRIZE:
                    total *= _length(last, known)
    return total


def _length(values: ast.expr, known: Mapping[str, ast.stmt]) -> int:
    """Return how many values are listed, here or under a name in the file; 0: it is not told."""
    found: ast.expr | None = values
    if isinstance(values, ast.Name):
        node = known.get(values.id)
        found = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
    return len(found.elts) if isinstance(found, ast.List | ast.Tuple) else 0


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "replace")).hexdigest()
