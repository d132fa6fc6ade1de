"""Calls that assert: those of unittest, Django, mocks, and whatever is named so.

Source: Python 3.13, unittest and its mocks; Django 5.2, "Testing tools"; pytest 9.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from agent.evidence.weakening.check import Check, Form
from agent.evidence.weakening.conditions import (
    Scope,
    comparison,
    equality,
    of_condition,
    tolerance_of,
)
from agent.evidence.weakening.syntax import show
from agent.survey.source import argument, dotted, last

_EQUAL = frozenset(
    {
        *("assertEqual", "assertEquals", "assertIs", "assertListEqual", "assertDictEqual"),
        *("assertTupleEqual", "assertSetEqual", "assertSequenceEqual", "assertMultiLineEqual"),
        *("assertJSONEqual", "assertXMLEqual", "assertHTMLEqual", "assertRedirects"),
        *("assert_equal", "assert_array_equal", "assert_frame_equal", "assert_series_equal"),
    }
)
_QUERYSET = frozenset({"assertQuerySetEqual", "assertQuerysetEqual"})
_ABOUT = frozenset({"assertAlmostEqual", "assertAlmostEquals", "assert_allclose"})
_COMPARED: dict[str, ast.cmpop] = {
    "assertNotEqual": ast.NotEq(),
    "assertIsNot": ast.IsNot(),
    "assertGreater": ast.Gt(),
    "assertGreaterEqual": ast.GtE(),
    "assertLess": ast.Lt(),
    "assertLessEqual": ast.LtE(),
    "assertIn": ast.In(),
    "assertNotIn": ast.NotIn(),
}
_UNARY = {"assertIsNone": Form.NONE, "assertIsNotNone": Form.PRESENT}
_PATTERN = frozenset({"assertRegex", "assertRegexpMatches"})
_MOCK = {
    "assert_called": 1,
    "assert_called_once": 2,
    "assert_any_call": 3,
    "assert_called_with": 4,
    "assert_has_calls": 4,
    "assert_called_once_with": 5,
    "assert_not_called": 5,
    "assert_awaited": 1,
    "assert_awaited_once": 2,
    "assert_any_await": 3,
    "assert_awaited_with": 4,
    "assert_awaited_once_with": 5,
    "assert_has_awaits": 4,
    "assert_not_awaited": 5,
}
RAISING = frozenset(
    {
        *("raises", "assertRaises", "assertRaisesRegex", "assertRaisesMessage"),
        *("warns", "assertWarns", "assertWarnsRegex", "assertWarnsMessage", "deprecated_call"),
    }
)
_ASSERTS = re.compile(r"_*(?:django_)?(assert|expect)(_|[A-Z]|$)")


def of_call(call: ast.Call, scope: Scope) -> Iterator[Check] | None:
    """Return what a call checks; None when it is no assertion."""
    name = last(call.func)
    if name in _MOCK and isinstance(call.func, ast.Attribute):
        return iter([_of_mock(call, call.func.value, name, scope)])
    if name in RAISING and len(call.args) > 1 and name != "warns":
        return iter([raising(call, (call,), scope)])
    if not _ASSERTS.match(name):
        return None
    return _of_named(call, name, scope)


def _of_named(call: ast.Call, name: str, scope: Scope) -> Iterator[Check]:
    arguments = call.args
    if "num_queries" in name.lower().replace("numqueries", "num_queries") and arguments:
        queries = ast.Name(id="queries", ctx=ast.Load())
        return iter([scope.check(Form.BOUND, call, queries, arguments[0], operator="<=")])
    if name in ("assertTrue", "assertFalse", "assert_") and arguments:
        return of_condition(arguments[0], scope, call, negated=name == "assertFalse")
    if name in _UNARY and arguments:
        return iter([scope.check(_UNARY[name], call, arguments[0])])
    if len(arguments) > 1:
        made = _of_two(call, name, arguments[0], arguments[1], scope)
        if made is not None:
            return iter([made])
    return iter([_other(call, name, scope)])


def _of_two(
    call: ast.Call, name: str, first: ast.expr, second: ast.expr, scope: Scope
) -> Check | None:
    builders: list[tuple[bool, Callable[[], Check]]] = [
        (name in _EQUAL, lambda: equality(Form.EQUAL, first, second, scope, call)),
        (name in _QUERYSET, lambda: equality(_ordering(call), first, second, scope, call)),
        (name == "assertCountEqual", lambda: equality(Form.UNORDERED, first, second, scope, call)),
        (
            name in _ABOUT,
            lambda: equality(Form.APPROX, first, second, scope, call, tolerance_of(call)),
        ),
        (name in _COMPARED, lambda: comparison(_COMPARED[name], first, second, scope, call)),
        (name == "assertIsInstance", lambda: scope.check(Form.KIND, call, first, second)),
        (name in _PATTERN, lambda: scope.check(Form.MATCHES, call, first, second)),
        (name == "assertContains", lambda: scope.check(Form.CONTAINS, call, first, second)),
        (name == "assertNotContains", lambda: scope.check(Form.LACKS, call, first, second)),
    ]
    return next((build() for fits, build in builders if fits), None)


def _ordering(call: ast.Call) -> Form:
    ordered = argument(call, "ordered")
    is_off = isinstance(ordered, ast.Constant) and ordered.value is False
    return Form.UNORDERED if is_off else Form.EQUAL


def _of_mock(call: ast.Call, mock: ast.expr, name: str, scope: Scope) -> Check:
    wanted = ast.Call(func=ast.Name(id="call", ctx=ast.Load()), args=call.args,
                      keywords=call.keywords)  # fmt: skip
    made = scope.check(Form.CALLED, call, mock, wanted, rank=_MOCK[name])
    names = (name,) if "not" in name else ()
    return replace(made, wanted=made.wanted - {"call"}, names=names)


def _other(call: ast.Call, name: str, scope: Scope) -> Check:
    subject = call.args[0] if call.args else call
    rest = ast.Tuple(elts=[*call.args[1:], *(k.value for k in call.keywords)], ctx=ast.Load())
    return scope.check(Form.OTHER, call, subject, rest, names=(name,), tolerance=tolerance_of(call))


def raising(call: ast.Call, body: tuple[ast.AST, ...], scope: Scope) -> Check:
    """Return the check of `pytest.raises` and the like; `body` is what must raise."""
    name = last(call.func)
    classes = call.args[0] if call.args else argument(call, "expected_exception")
    pattern = argument(call, "match")
    if name.endswith(("Regex", "Message")) and len(call.args) > 1:
        pattern = call.args[1]
    acts = [item for node in body for item in ast.walk(node) if isinstance(item, ast.Call)]
    acts = [item for item in acts if item is not call]
    act = acts[0] if acts else None
    made = scope.check(Form.RAISES, call, act, pattern, names=exceptions(classes, name))
    return replace(made, text=f"{made.text} {' '.join(made.names)}")


def exceptions(node: ast.expr | None, name: str = "") -> tuple[str, ...]:
    """Return the names of exception classes, sorted; `name` is the function that expects them."""
    if isinstance(node, ast.Tuple):
        return tuple(sorted(found for item in node.elts for found in exceptions(item)))
    if node is None:
        return ("DeprecationWarning",) if name == "deprecated_call" else ()
    return (last(node) or show(node),)


def is_failure(call: ast.Call) -> bool:
    """Tell whether a call fails the test at once."""
    return dotted(call.func) in ("pytest.fail", "self.fail", "fail")


def skips(call: ast.Call) -> str:
    """Return `skip` or `xfail` for a call that ends the test so; else nothing."""
    name = dotted(call.func)
    known = {
        "pytest.skip": "skip",
        "self.skipTest": "skip",
        "skipTest": "skip",
        "pytest.xfail": "xfail",
        "pytest.importorskip": "importorskip",
        "importorskip": "importorskip",
        "unittest.SkipTest": "skip",
        "SkipTest": "skip",
        "pytest.exit": "exit",
    }
    return known.get(name, "")
