"""Mocks that take the place of what a test is about.

Source: Python 3.13, unittest's mocks; pytest 9, monkeypatch; pytest-mock 3.
"""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator

from agent.evidence.weakening.change import Change, is_foreign
from agent.evidence.weakening.check import COMMON
from agent.evidence.weakening.collecting import Test
from agent.evidence.weakening.comparing import flat
from agent.evidence.weakening.covering import root_of
from agent.evidence.weakening.finding import Finding, Kind
from agent.evidence.weakening.helping import is_fixture
from agent.evidence.weakening.marking import is_for_all
from agent.evidence.weakening.matching import Matched
from agent.evidence.weakening.side import Side, functions, is_testing
from agent.evidence.weakening.syntax import Function, base_name, calls, is_function
from agent.evidence.weakening.words import words_of
from agent.survey.source import dotted, last, target_of, text_of

_MOCKS = frozenset(
    {f"{kind}Mock" for kind in ("", "Magic", "Async", "NonCallable")}
    | {"create_autospec", "SimpleNamespace"}
)


def mocked(change: Change, matched: Matched) -> Iterator[Finding]:
    """Yield tests whose subject is a mock from now on."""
    for before, after in matched.pairs:
        used = _called(before.node)
        new = patched(after.node) - patched(before.node)
        for name in sorted(set(new) & used):
            yield _finding(after.path, after.name, after.line, name)
        yield from _dictated(before, after)
        yield from _replaced(before, after)
        yield from _stubbed(change, before, after)
    yield from _of_fixtures(change)


def _finding(path: str, test: str, line: int, name: str) -> Finding:
    text = f"`{name}`, which is what is tested, is replaced by a mock"
    return Finding(kind=Kind.MOCKED, path=path, name=test, text=text, head_line=line)


def _dictated(before: Test, after: Test) -> Iterator[Finding]:
    """Yield what is new in place of the product and gives the very value that is expected."""
    wanted = [check.wanted - COMMON for check in flat(before.checks)]
    known = patched(before.node)
    imports = before.helpers.side.imports(before.helpers.path).values()
    roots = {module.partition(".")[0] for module, _ in imports if not is_foreign(module)}
    for call in (item for item in ast.walk(after.node) if isinstance(item, ast.Call)):
        path = text_of(call.args[0]) if call.args else None
        is_ours = path is not None and path.partition(".")[0] in roots
        given = words_of(ast.List(elts=[*call.args[1:], *(k.value for k in call.keywords)]))
        is_said = any(words and words <= given for words in wanted)
        for name in _targets(call) if is_ours and is_said else ():
            if name not in known and not is_foreign(".".join((path or "").split(".")[-2:-1])):
                yield _finding(after.path, after.name, call.lineno, name)


def _called(node: ast.AST) -> set[str]:
    """Return the names of what a test calls itself, patching left out."""
    found = [item for item in calls(node) if "patch" not in dotted(item.func)]
    return {last(item.func) for item in found}


def patched(node: Function) -> Counter[str]:
    """Return the last names of what a function, with its decorators, puts something else for."""
    found: Counter[str] = Counter()
    nodes: list[ast.AST] = [*node.decorator_list, *node.body]
    for item in (inner for one in nodes for inner in ast.walk(one)):
        if isinstance(item, ast.Call):
            found.update(_targets(item))
        elif isinstance(item, ast.Assign):
            found.update(_assigned(item))
    return found


def _targets(call: ast.Call) -> Iterator[str]:
    name = dotted(call.func)
    is_patch = "patch" in name or name.endswith("setattr") or name in ("mocker.spy",)
    if not is_patch or not call.args:
        return
    target = text_of(call.args[0])
    second = text_of(call.args[1]) if len(call.args) > 1 else None
    if target and name.rpartition(".")[2] != "setitem":
        yield target.rpartition(".")[2]
    elif second is not None:
        yield second


def _assigned(node: ast.Assign) -> Iterator[str]:
    """Yield attributes of modules, classes or objects that get a lambda or a mock."""
    is_fake = isinstance(node.value, ast.Lambda) or is_mock(node.value)
    for target in node.targets:
        if is_fake and isinstance(target, ast.Attribute) and root_of(target) != "self":
            yield target.attr


def is_mock(node: ast.AST | None) -> bool:
    """Tell whether an expression makes a mock."""
    return isinstance(node, ast.Call) and last(node.func) in _MOCKS


def _replaced(before: Test, after: Test) -> Iterator[Finding]:
    """Yield local objects that were real, and are mocks now, and that assertions are about."""
    old, new = _made(before.node), _made(after.node)
    for name in sorted(old.keys() & new.keys()):
        if is_mock(new[name]) and not is_mock(old[name]) and _is_asked(name, [before.node]):
            yield _finding(after.path, after.name, new[name].lineno, name)


def _stubbed(change: Change, before: Test, after: Test) -> Iterator[Finding]:
    """Yield names that were the product's, and are defined by the tests themselves now."""
    about = frozenset().union(*(check.about for check in flat(before.checks)))
    for name in sorted(before.words & about & set(change.before.imports(before.helpers.path))):
        old = change.before.imports(before.helpers.path)[name][0]
        own = change.after.resolve(after.helpers.path, name)
        known = change.before.resolve(before.helpers.path, name)
        is_product = not is_testing(known[0] if known else f"{old.replace('.', '/')}.py")
        if is_product and own is not None and is_testing(own[0]) and name in after.words:
            yield _finding(after.path, after.name, after.line, name)


def _made(node: Function) -> dict[str, ast.expr]:
    found: dict[str, ast.expr] = {}
    for item in ast.walk(node):
        if isinstance(item, ast.Assign) and isinstance(item.value, ast.Call):
            target = item.targets[0]
            name = target_of(item) or (target.attr if isinstance(target, ast.Attribute) else "")
            found[name] = item.value
    return found


def _is_asked(name: str, nodes: Iterable[ast.AST]) -> bool:
    """Tell whether tests call something of an object, but for a mock's own assertions."""
    for item in (inner for node in nodes for inner in ast.walk(node)):
        if not isinstance(item, ast.Call) or not isinstance(item.func, ast.Attribute):
            continue
        owner = item.func.value
        own = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
        if own == name and not item.func.attr.startswith(("assert_", "reset_mock")):
            return True
    return False


def _of_fixtures(change: Change) -> Iterator[Finding]:
    """Yield fixtures and set-ups that hand out, or put in, a mock of what tests are about."""
    old = {(path, name): node for path, name, node in _setups(change, change.before)}
    by_name = {name: node for (_, name), node in old.items()}
    for path, name, node in _setups(change, change.after):
        known = old.get((path, name)) or by_name.get(name)
        users = list(_users(change.after, path, node))
        new = patched(node) - (patched(known) if known else Counter())
        called = set().union(*(map(_called, users)))
        for target in sorted(set(new) & called):
            yield _finding(path, name, node.lineno, target)
        if known is not None:
            yield from _handed_out(path, name, known, node, users)


def _handed_out(
    path: str, name: str, before: Function, after: Function, users: list[Function]
) -> Iterator[Finding]:
    short = after.name
    is_new = any(map(is_mock, _results(after))) and not any(map(is_mock, _results(before)))
    if is_new and _is_asked(short, users):
        yield _finding(path, name, after.lineno, short)
    old, new = _made(before), _made(after)
    for attribute in sorted(old.keys() & new.keys()):
        if is_mock(new[attribute]) and not is_mock(old[attribute]) and _is_asked(attribute, users):
            yield _finding(path, name, after.lineno, attribute)


def _results(node: Function) -> Iterator[ast.AST | None]:
    """Yield what a fixture returns or yields; a local name by its value."""
    made = _made(node)
    for item in ast.walk(node):
        if isinstance(item, ast.Return | ast.Yield):
            yield made.get(item.value.id) if isinstance(item.value, ast.Name) else item.value


def _setups(change: Change, side: Side) -> Iterator[tuple[str, str, Function]]:
    for path in change.testing:
        tree = side.tree(path)
        for name, node, _ in functions(tree) if tree else ():
            if is_fixture(node) or is_for_all(node):
                yield path, name, node


def _users(side: Side, path: str, setup: Function) -> Iterator[Function]:
    """Yield the tests that a fixture or a set-up is for."""
    folder = path.removesuffix("conftest.py") if base_name(path) == "conftest.py" else None
    for other in side.texts:
        is_near = other == path or (folder is not None and other.startswith(folder))
        tree = side.tree(other) if is_near and is_testing(other) else None
        for node in ast.walk(tree) if tree else ():
            if is_function(node) and node.name.startswith("test"):
                names = {item.arg for item in node.args.args}
                if setup.name in names or is_for_all(setup):
                    yield node
