"""The words of an expression: what is left of it when local names are taken away."""

import ast
from collections.abc import Set

from agent.survey.source import last

_ALONE = frozenset({"self", "cls"})
_WRAPPERS = frozenset(
    {
        *("len", "list", "set", "frozenset", "sorted", "str", "dict", "tuple", "float", "int"),
        *("bool", "repr", "Decimal", "round", "abs", "type"),
    }
)
_CLEANERS = frozenset({"decode", "strip", "lower", "upper", "rstrip", "lstrip", "casefold"})


def words_of(node: ast.AST | None, hidden: Set[str] = frozenset()) -> frozenset[str]:
    """Return names, attributes, keywords and constants; a text that is a name counts as one."""
    if node is None:
        return frozenset()
    found: set[str] = set()
    for item in ast.walk(node):
        if isinstance(item, ast.Name) and item.id not in hidden | _ALONE:
            found.add(item.id)
        elif isinstance(item, ast.Attribute):
            if not _is_own(item):
                found.add(item.attr)
        elif isinstance(item, ast.Constant):
            found.add(constant_word(item.value))
        elif isinstance(item, ast.keyword) and item.arg:
            found.add(item.arg)
    return frozenset(found)


def constant_word(value: object) -> str:
    """Return the word for a constant; `"total"` and the attribute `total` are the same one."""
    if isinstance(value, str) and value.isidentifier() and value:
        return value
    return repr(value)


def _is_own(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id in _ALONE


def tail_of(node: ast.AST | None, hidden: Set[str] = frozenset()) -> str:
    """Return what a subject ends with: an attribute, a key, a function; empty for a local name."""
    while True:
        is_indexed = isinstance(node, ast.Subscript) and not isinstance(_key(node), str)
        if is_indexed or isinstance(node, ast.Await | ast.Starred | ast.NamedExpr):
            node = getattr(node, "value", None)
        elif isinstance(node, ast.Call) and _is_wrapper(node):
            is_method = isinstance(node.func, ast.Attribute)
            node = _receiver(node) if is_method else node.args[0]
        else:
            break
    return _end(node, hidden)


def _end(node: ast.AST | None, hidden: Set[str]) -> str:
    if isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Subscript):
        return str(_key(node))
    if isinstance(node, ast.Attribute):
        return "" if _is_own(node) else node.attr
    if isinstance(node, ast.Name):
        return "" if node.id in hidden | _ALONE else node.id
    return ""


def _key(node: ast.AST) -> object:
    is_plain = isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)
    return getattr(getattr(node, "slice", None), "value", None) if is_plain else None


def _is_wrapper(node: ast.Call) -> bool:
    if isinstance(node.func, ast.Name):
        return node.func.id in _WRAPPERS and len(node.args) >= 1
    return last(node.func) == "group" or (last(node.func) in _CLEANERS and not node.args)


def _receiver(node: ast.Call) -> ast.AST | None:
    return node.func.value if isinstance(node.func, ast.Attribute) else None
