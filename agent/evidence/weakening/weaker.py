"""Whether one assertion says less than another about the same thing, and in which way."""

import ast
import builtins
from collections.abc import Callable, Iterator

from agent.evidence.weakening.check import COMMON, Check, Form
from agent.evidence.weakening.finding import Kind
from agent.evidence.weakening.syntax import is_literal, number_of, whole
from agent.survey.source import last, text_of

Said = tuple[Kind, str]
IsCode = Callable[[ast.expr], bool]
"""Tells whether an expression runs the code under test."""
_LOSSY = frozenset({"round", "bool", "lower", "upper", "casefold", "keys", "type", "any"})
_USUAL_TOLERANCE = 1e-6
_EXACT = frozenset({Form.EQUAL, Form.CALLED, Form.OTHER})
_WIDE = frozenset({"Exception", "BaseException"})
_ANYTHING = frozenset({"", ".*", ".+", "^.*$", ".", ".*$", "^"})


def weaker(before: Check, after: Check, is_code: IsCode) -> Said | None:
    """Return how `after` says less than `before`; None when it says as much or more."""
    if after.guard and not before.guard:
        text = f"`{before.shown}` is only checked {_when(after.guard)}"
        return Kind.GUARDED_ASSERTION, text
    if after.is_circular and not before.is_circular:
        return Kind.CIRCULAR_ASSERTION, f"{_became(before, after)}: both sides are the same call"
    if before.form is after.form:
        judge = _WITHIN.get(before.form)
        how = judge(before, after) if judge else ""
        if how:
            return Kind.WEAKER_ASSERTION, f"{_became(before, after)}: {how}"
        return _computed(before, after, is_code)
    if before.form is Form.EQUAL and after.form is Form.APPROX:
        how = _approximated(after)
        return (Kind.WEAKER_ASSERTION, f"{_became(before, after)}: {how}") if how else None
    if _is_as_good(before, after) or after.strength >= before.strength:
        return None
    said = f'`{before.shown}` became `{after.shown}`: from "{before.form}" to "{after.form}"'
    return Kind.WEAKER_ASSERTION, said


def _when(guard: str) -> str:
    is_swallowed = guard.startswith(("try", "with"))
    return f"within `{guard}`, which hides its failure" if is_swallowed else f"`{guard}`"


def _became(before: Check, after: Check) -> str:
    return f"`{before.shown}` became `{after.shown}`"


def _is_as_good(before: Check, after: Check) -> bool:
    """Tell whether a form with less strength says as much in this case."""
    forms = before.form, after.form
    if Form.OTHER in forms:
        return after.strength >= min(before.strength, 4)
    if {*forms} <= _EXACT:
        return after.form is not Form.CALLED or after.rank >= 4
    if after.form is Form.FALSY:
        is_length = before.form is Form.LENGTH and number_of(before.expected) == 0
        return is_length or (before.form is Form.EQUAL and _is_empty(before.expected))
    if before.form is Form.TRUTHY and after.form is Form.PRESENT:
        return last(before.subject) in ("match", "search", "fullmatch")  # a match is never false
    if after.form is Form.TRUTHY and before.form is Form.BOUND:
        limit = number_of(before.expected)
        is_some = (before.operator, limit) in ((">", 0), (">=", 1))
        return is_some and last(before.subject) == "len"
    return False


def _is_empty(node: ast.expr | None) -> bool:
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return not node.elts
    if isinstance(node, ast.Dict):
        return not node.keys
    return isinstance(node, ast.Constant) and not node.value


def _equal(before: Check, after: Check) -> str:
    lost = _lossy(after) - _lossy(before)
    if lost and after.text != before.text:
        return f"`{sorted(lost)[0]}` hides differences"
    if _wildcards(after) > _wildcards(before):
        return "`ANY` stands where a value stood"
    if _has_default(after) and not _has_default(before):
        return "what is expected is the default as well"
    return ""


def _has_default(check: Check) -> bool:
    """Tell whether a missing value would be replaced by the very one that is expected."""
    if check.subject is None or check.expected is None:
        return False
    return any(
        isinstance(item, ast.Call)
        and last(item.func) in ("get", "getattr", "pop", "setdefault")
        and len(item.args) > 1
        and whole(item.args[-1]) == whole(check.expected)
        for item in ast.walk(check.subject)
    )


def _lossy(check: Check) -> set[str]:
    """Return what a side of a comparison goes through at last, and that hides differences."""
    nodes = [node for node in (check.subject, check.expected) if node is not None]
    found: set[str] = set()
    for item in (item for node in nodes for item in _outer(node)):
        if isinstance(item, ast.Call) and last(item.func) in _LOSSY:
            found.add(last(item.func))
        elif isinstance(item, ast.Subscript) and isinstance(item.slice, ast.Slice):
            found.add("a slice")
    return found


def _outer(node: ast.AST | None) -> Iterator[ast.AST]:
    """Yield an expression and what it is taken from, step by step; not what stands within."""
    while node is not None:
        yield node
        if isinstance(node, ast.Call):
            is_plain = isinstance(node.func, ast.Name) and len(node.args) >= 1
            node = node.args[0] if is_plain else node.func
        elif isinstance(node, ast.Attribute | ast.Subscript | ast.Await):
            node = node.value
        else:
            node = None


def _wildcards(check: Check) -> int:
    if check.expected is None:
        return 0
    return sum(
        last(item) == "ANY"
        for item in ast.walk(check.expected)
        if isinstance(item, ast.Name | ast.Attribute)
    )


def _computed(before: Check, after: Check, is_code: IsCode) -> Said | None:
    """Return that an expected value now comes from the code under test."""
    if before.form is not Form.EQUAL or before.expected is None or after.expected is None:
        return None
    is_pinned = (before.wanted - COMMON) <= after.wanted and before.wanted & after.wanted
    if not is_literal(before.expected) or is_literal(after.expected) or is_pinned:
        return None
    if is_code(after.expected):
        text = f"`{before.shown}` became `{after.shown}`: the code under test says what is expected"
        return Kind.CIRCULAR_ASSERTION, text
    return None


def _raised(before: Check, after: Check) -> str:
    if any(is_wider(new, before.names) for new in after.names if new not in before.names):
        return "more exceptions will do"
    if set(after.names) > set(before.names):
        return "more exceptions will do"
    if before.expected is not None and after.expected is None:
        return "the message is not checked any more"
    return _pattern(before, after)


def is_wider(name: str, known: tuple[str, ...]) -> bool:
    """Tell whether an exception class is above one of the known ones."""
    if name in _WIDE:
        return True
    found = getattr(builtins, name, None)
    others = [getattr(builtins, item, None) for item in known]
    if not isinstance(found, type):
        return False
    return any(isinstance(item, type) and issubclass(item, found) for item in others)


def _pattern(before: Check, after: Check) -> str:
    old, new = text_of(before.expected), text_of(after.expected)
    if old is None or new is None or old == new:
        return ""
    if new in _ANYTHING:
        return "any text will do"
    plain = new.replace("\\", "").replace(".*", "").strip("^$")
    is_part = plain in old.replace("\\", "") and len(plain) < len(old.replace("\\", "").strip("^$"))
    return "a part of the text will do" if is_part else ""


def _bound(before: Check, after: Check) -> str:
    if whole(before.subject or ast.Constant(0)) != whole(after.subject or ast.Constant(0)):
        return ""
    old, new = number_of(before.expected), number_of(after.expected)
    if old is None or new is None or before.operator[0] != after.operator[0]:
        return ""
    is_upper = before.operator[0] == "<"
    is_looser = new > old if is_upper else new < old
    is_looser |= new == old and len(after.operator) > len(before.operator)
    return "the bound is looser" if is_looser else ""


def _more(before: Check, after: Check) -> str:
    """Return that there are more values, types or conditions of which one is enough."""
    old, new = (_alternatives(check) for check in (before, after))
    return "more will do" if old and (old < new or new - old == {"object"}) else ""


def _alternatives(check: Check) -> set[str]:
    node = check.subject if check.expected is None else check.expected
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return {whole(item) for item in node.elts}
    items = node.values if isinstance(node, ast.BoolOp) else [node]
    return {whole(item) for item in items if item is not None}


def _mocked(before: Check, after: Check) -> str:
    if before.names != after.names:
        return ""
    if after.rank < before.rank:
        return "the call is checked less exactly"
    return "`ANY` stands where a value stood" if _wildcards(after) > _wildcards(before) else ""


def _approximate(before: Check, after: Check) -> str:
    old, new = before.tolerance or _USUAL_TOLERANCE, after.tolerance or _USUAL_TOLERANCE
    return f"the tolerance went from {old:g} to {new:g}" if new > old * 1.0001 else ""


def _approximated(after: Check) -> str:
    if after.tolerance is not None and after.tolerance > _USUAL_TOLERANCE * 1.0001:
        return f"within {after.tolerance:g} will do"
    return ""


_WITHIN: dict[Form, Callable[[Check, Check], str]] = {
    Form.EQUAL: _equal,
    Form.RAISES: _raised,
    Form.BOUND: _bound,
    Form.WITHIN: _more,
    Form.CONTAINS: _pattern,
    Form.MATCHES: _pattern,
    Form.CALLED: _mocked,
    Form.APPROX: _approximate,
    Form.OTHER: _approximate,
    Form.KIND: _more,
    Form.EITHER: _more,
}
