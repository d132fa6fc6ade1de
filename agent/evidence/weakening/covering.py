"""Whether one assertion says all that another says, though it is written otherwise."""

import ast
from collections.abc import Set

from agent.evidence.weakening.check import COMMON, Check, Form
from agent.evidence.weakening.syntax import is_literal, number_of, whole
from agent.survey.source import text_of

_GENERAL = frozenset({"request", "generic"})
"""Methods of test clients that get the real method as an argument."""
_EXISTENCE = frozenset({Form.PRESENT, Form.TRUTHY, Form.KIND})
_EXACT = frozenset({Form.EQUAL, Form.UNORDERED, Form.CALLED, Form.OTHER, Form.APPROX})


def covers(after: Check, before: Check, wild: Set[str] = frozenset()) -> bool:
    """Tell whether `before` cannot fail while `after` holds. `wild` words changed their names."""
    if after.form is Form.TRIVIAL or after.is_circular or (after.guard and not before.guard):
        return False
    if after.text == before.text or _same_words(after, before, wild):
        return True
    if _is_message(after, before) or _is_call(after, before):
        return True
    if before.form in _EXISTENCE or (before.form is Form.CONTAINS and not _is_text(before)):
        return _reads(after, before)
    if before.form is Form.LENGTH:
        return _lists(after, before)
    return _contains(after, before, wild)


def _is_text(check: Check) -> bool:
    return not (isinstance(check.expected, ast.Constant) and _is_name(check.expected.value))


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value.isidentifier()


def _same_words(after: Check, before: Check, wild: Set[str]) -> bool:
    """Tell whether two checks of one form speak of the same things, and of enough of them."""
    if after.form is not before.form or after.names != before.names:
        return False
    old, new = before.words - wild, after.words - _GENERAL
    is_much = bool(old - COMMON) and bool(before.wanted or before.expected is None)
    return is_much and old <= new and len(new - old) <= len(before.words & wild)


def _reads(after: Check, before: Check) -> bool:
    """Tell whether an exact check goes through what must only exist."""
    if after.form not in _EXACT or after.subject is None or before.subject is None:
        return False
    subject, seen = whole(before.subject), whole(after.subject)
    if before.form is Form.CONTAINS and isinstance(before.expected, ast.Constant):
        key = str(before.expected.value)
        is_key = seen.startswith((f"{subject}['{key}']", f"{subject}.{key}"))
        return is_key or (seen == subject and key in after.wanted)
    if before.form is Form.KIND:
        return seen == subject
    return seen.startswith((f"{subject}.", f"{subject}["))


def _is_message(after: Check, before: Check) -> bool:
    """Tell whether an expected exception has the text that was looked for in it."""
    if after.form is not Form.RAISES or before.form not in (
        Form.CONTAINS,
        Form.MATCHES,
        Form.EQUAL,
    ):
        return False
    wanted, pattern = text_of(before.expected), text_of(after.expected)
    plain = pattern.replace("\\", "") if pattern else ""
    return bool(wanted) and wanted is not None and wanted.replace("\\", "") in plain


def _is_call(after: Check, before: Check) -> bool:
    """Tell whether a mock's call is checked with the argument that was taken from it."""
    is_argument = {"call_args", "call_args_list", "mock_calls", "await_args"} & before.about
    is_exact = after.form is Form.CALLED and after.rank >= 4
    return bool(is_argument) and is_exact and before.wanted <= after.wanted


def _lists(after: Check, before: Check) -> bool:
    """Tell whether a list of as many items as expected is compared."""
    items = after.expected
    if after.form not in (Form.EQUAL, Form.UNORDERED):
        return False
    is_list = isinstance(items, ast.List | ast.Tuple | ast.Set)
    count = len(items.elts) if isinstance(items, ast.List | ast.Tuple | ast.Set) else None
    if isinstance(items, ast.Dict):
        count, is_list = len(items.keys), True
    return is_list and count == number_of(before.expected) and _same_root(after, before)


def _contains(after: Check, before: Check, wild: Set[str]) -> bool:
    """Tell whether a whole that is compared has the part that `before` compares."""
    if after.form not in _EXACT or before.form not in (*_EXACT, Form.NONE, Form.CONTAINS):
        return False
    if not isinstance(after.expected, ast.Dict | ast.Call | ast.List | ast.Tuple | ast.Set):
        return False
    if isinstance(after.expected, ast.Dict) and before.tail and before.expected is not None:
        values = _values(after.expected, before.tail)
        if values:
            return whole(before.expected) in values and _same_root(after, before)
    if before.tail and before.tail not in after.words | wild | {before.tail} - before.about:
        return False
    wanted = before.wanted or ({"None"} if before.form is Form.NONE else frozenset())
    return bool(wanted) and wanted <= after.wanted and _same_root(after, before)


def _values(node: ast.Dict, name: str) -> list[str]:
    return [
        whole(value)
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant) and key.value == name
    ]


def _same_root(after: Check, before: Check) -> bool:
    """Tell whether two subjects begin the same way."""
    if after.subject is None or before.subject is None:
        return False
    old, new = whole(before.subject), whole(after.subject)
    if _is_other_call(before.subject, after.subject):
        return False
    if new in old or old in new or root_of(before.subject) == root_of(after.subject):
        return True
    known = before.about - {before.tail} - COMMON
    return bool(known) and len(known & after.words) >= 0.6 * len(known)


def _is_other_call(old: ast.expr, new: ast.expr) -> bool:
    """Tell whether two subjects are one function's answers to different literals."""
    sides = [side for side in (old, new) if isinstance(side, ast.Call)]
    literals = [
        [whole(item) for item in side.args if is_literal(item)]
        for side in sides
        if isinstance(side.func, ast.Name)
    ]
    return len(literals) == 2 and whole(sides[0].func) == whole(sides[1].func) and (
        literals[0] != literals[1]
    )  # fmt: skip


def root_of(node: ast.AST) -> str:
    """Return what stands at the very left of an expression."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call | ast.Await):
        inner = node.func if isinstance(node, ast.Call) else node.value
        if isinstance(node, ast.Attribute) and isinstance(inner, ast.Name) and inner.id == "self":
            return node.attr
        node = inner
    return node.id if isinstance(node, ast.Name) else whole(node)
