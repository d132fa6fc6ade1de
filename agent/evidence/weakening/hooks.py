"""Hooks of pytest and unittest that drop, reorder or excuse tests.

Source: pytest 9, "API Reference", hooks and collect_ignore; Python 3.13, load_tests; Django 5.2,
TEST_RUNNER.
"""

import ast
import re
from collections.abc import Iterator

from agent.evidence.weakening.change import Change
from agent.evidence.weakening.finding import Finding, Kind
from agent.evidence.weakening.side import Side, functions, top_level
from agent.evidence.weakening.syntax import Function, is_function, show, truth, whole
from agent.survey.source import dotted, last, target_of

_LISTS = frozenset({"collect_ignore", "collect_ignore_glob"})
_DANGEROUS = frozenset(
    {
        *("skip", "skipif", "xfail", "Skipped", "skipTest", "deselected", "pytest_deselected"),
        *("remove", "pop", "clear", "sort", "reverse", "shuffle", "sorted", "reversed", "filter"),
        *("outcome", "exitstatus", "wasxfail", "force_result", "excinfo", "longrepr"),
        *("deselect", "keyword", "markexpr", "ignore", "ignore_glob", "maxfail", "exit", "_exit"),
        *("session", "shouldstop", "shouldfail", "force_exception", "insert"),
    }
)
_ENDINGS = frozenset(
    {"atexit.register", "os._exit", "sys.exit", "exit", "quit", "faulthandler._sigabrt"}
)
_SILENT = frozenset(
    {"pytest_ignore_collect", "pytest_pyfunc_call", "pytest_runtest_call", "pytest_runtestloop",
     "pytest_runtest_protocol", "pytest_report_teststatus"}
)  # fmt: skip
_OUTPUT = frozenset({"pytest_terminal_summary", "pytest_report_header", "pytest_addoption"})


def hooked(change: Change) -> Iterator[Finding]:
    """Yield hooks and lists that the change brought or made larger."""
    old = dict(_hooks(change, change.before))
    known = {whole(node) for node in old.values()}
    for (path, name), node in _hooks(change, change.after):
        if whole(node) in known:
            continue
        why = _danger(node, name, old.get((path, name)))
        if why:
            yield _finding(path, name, node, why)
    yield from _lists(change)
    yield from _statements(change)


def _statements(change: Change) -> Iterator[Finding]:
    """Yield statements at the top of the tests' files that change the rules of the game."""
    known = {show(node) for _, node in _suspects(change, change.before)}
    for path, node in _suspects(change, change.after):
        if show(node) not in known:
            yield _finding(path, show(node), node, "it changes how tests end, or what is equal")


def _suspects(change: Change, side: Side) -> Iterator[tuple[str, ast.stmt]]:
    for path in change.testing:
        tree = side.tree(path)
        plain = [node for node in tree.body if not _is_program(node)] if tree else []
        for node in top_level(plain):
            if _is_suspect(node):
                yield path, node


def _is_program(node: ast.stmt) -> bool:
    """Tell whether it is what a file does when it is run as a program."""
    return isinstance(node, ast.If) and "__name__" in show(node.test)


def _is_suspect(node: ast.stmt) -> bool:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return dotted(node.value.func) in _ENDINGS
    if isinstance(node, ast.Assign):
        roots = {dotted(target).partition(".")[0] for target in node.targets
                 if isinstance(target, ast.Attribute)}  # fmt: skip
        return bool(roots & {"pytest", "unittest", "builtins", "TestCase", "SimpleTestCase"})
    if isinstance(node, ast.ClassDef):
        return any(is_function(item) and item.name == "__eq__" and _always(item)
                   for item in node.body)  # fmt: skip
    return False


def _always(node: Function) -> bool:
    ends = [item.value for item in ast.walk(node) if isinstance(item, ast.Return)]
    return bool(ends) and all(end is not None and truth(end) is True for end in ends)


def _finding(path: str, name: str, node: ast.AST, text: str) -> Finding:
    line = getattr(node, "lineno", None)
    return Finding(kind=Kind.HOOK, path=path, name=name, text=text, head_line=line)


def _hooks(change: Change, side: Side) -> Iterator[tuple[tuple[str, str], Function]]:
    for path in change.changed:
        tree = side.tree(path) if path.endswith(".py") else None
        for name, node, owner in functions(tree) if tree else ():
            is_pytest = node.name.startswith("pytest_") and node.name not in _OUTPUT
            if is_pytest or (name == "load_tests" and owner is None):
                yield (path, name), node


def _danger(node: Function, name: str, before: Function | None) -> str:
    words = _words(node) - (_words(before) if before is not None else set())
    found = sorted(words & _DANGEROUS)
    if _stores_items(node) and not (before is not None and _stores_items(before)):
        return "it changes which tests run, or their order"
    if found:
        return f"it can change which tests run or count (`{found[0]}`)"
    if node.name in _SILENT or name == "load_tests":
        return "it takes over how tests are run" if before is None else "it was changed"
    return ""


def _words(node: Function) -> set[str]:
    names = {item.id for item in ast.walk(node) if isinstance(item, ast.Name)}
    return names | {item.attr for item in ast.walk(node) if isinstance(item, ast.Attribute)}


def _stores_items(node: Function) -> bool:
    return any(
        isinstance(item, ast.Subscript | ast.Attribute)
        and isinstance(item.ctx, ast.Store | ast.Del)
        and re.match(r"(items|config\.(option|args)|session|rep|report)\b", show(item)) is not None
        for item in ast.walk(node)
    )


def _lists(change: Change) -> Iterator[Finding]:
    old = [entry for _, _, entries in _entries(change, change.before) for entry in entries]
    for path, node, entries in _entries(change, change.after):
        new = [entry for entry in entries if entry not in old]
        if new:
            text = f"{', '.join(new)} came in: what it names is not collected"
            yield _finding(path, _name(node), node, text)


def _entries(change: Change, side: Side) -> Iterator[tuple[str, ast.stmt, list[str]]]:
    for path in change.changed:
        tree = side.tree(path) if path.endswith(".py") else None
        for node in top_level(tree.body) if tree else ():
            value = _value(node)
            if value is not None and _name(node) in _LISTS:
                items = value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
                yield path, node, [show(item) for item in items]
            elif value is not None and _name(node) == "TEST_RUNNER":
                yield path, node, [show(value)]


def _name(node: ast.stmt) -> str:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        called = node.value.func
        return last(called.value) if isinstance(called, ast.Attribute) else ""
    if isinstance(node, ast.AugAssign):
        return last(node.target)
    return target_of(node)


def _value(node: ast.stmt) -> ast.expr | None:
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
        return node.value
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and node.value.args:
        return node.value.args[0]
    return None
