"""From a condition, such as that of an `assert`, to what it checks."""

import ast
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from typing import Any

from agent.evidence.weakening.check import Check, Form
from agent.evidence.weakening.syntax import awaited, filled, number_of, show, truth, whole
from agent.evidence.weakening.words import tail_of, words_of
from agent.survey.source import argument, dotted, last

_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_NEGATED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_SIGNS: dict[type[ast.cmpop], str] = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
_UNORDERING = frozenset({"set", "frozenset", "sorted", "Counter"})
_CLOSE = frozenset({"isclose", "allclose", "array_equal"})
_PATTERN = frozenset({"match", "search", "fullmatch", "findall"})
_ZONED = frozenset({"is_naive", "is_aware"})
_TEXTUAL = frozenset({"startswith", "endswith"})


@dataclass(frozen=True)
class Scope:
    """Where an expression stands: what local names mean, and which mean nothing by themselves."""

    values: Mapping[str, ast.expr] = field(default_factory=dict)
    hidden: Set[str] = frozenset()
    guard: str = ""

    def check(self, form: Form, node: ast.AST, *parts: ast.expr | None, **more: Any) -> Check:
        """Return a check of a subject and, as the second part, what is expected of it."""
        full = [awaited(filled(part, self.values)) if part is not None else None for part in parts]
        subject, expected = (*full, None, None)[:2]
        known = [side for side in (subject, expected) if side is not None]
        sides = [whole(side).replace("self.", "") for side in known]
        if form in (Form.EQUAL, Form.DIFFERS):
            sides.sort()
        made = Check(
            form=form,
            line=getattr(node, "lineno", 0),
            shown=show(node),
            text=f"{form}: {' | '.join(sides)}",
            subject=subject,
            expected=expected,
            about=words_of(subject, self.hidden),
            wanted=words_of(expected, self.hidden),
            tail=tail_of(subject, self.hidden),
            guard=self.guard,
        )
        return replace(made, **more)


def of_condition(
    node: ast.expr, scope: Scope, at: ast.AST, *, negated: bool = False
) -> Iterator[Check]:
    """Yield what a condition checks, one for each part that must hold."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield from of_condition(node.operand, scope, at, negated=not negated)
    elif (always := truth(node)) is not None:
        if always is not negated:
            yield scope.check(Form.TRIVIAL, at)
    elif isinstance(node, ast.BoolOp):
        yield from _of_several(node, scope, at, negated=negated)
    elif isinstance(node, ast.NamedExpr):
        yield from of_condition(node.value, scope, at, negated=negated)
    elif isinstance(node, ast.Compare):
        yield from _of_comparison(node, scope, at, negated=negated)
    elif isinstance(node, ast.Call):
        yield from _of_call(node, scope, at, negated=negated)
    else:
        yield _plain(node, scope, at, negated=negated)


def _plain(node: ast.expr, scope: Scope, at: ast.AST, *, negated: bool) -> Check:
    if last(node) == "called" and isinstance(node, ast.Attribute) and not negated:
        return scope.check(Form.CALLED, at, node.value, rank=1)
    return scope.check(Form.FALSY if negated else Form.TRUTHY, at, node)


def _of_several(node: ast.BoolOp, scope: Scope, at: ast.AST, *, negated: bool) -> Iterator[Check]:
    if isinstance(node.op, ast.Or) is negated:
        for part in node.values:
            yield from of_condition(part, scope, at, negated=negated)
        return
    parts = [part for part in node.values if truth(part) is None]
    if len(parts) == 1:
        yield from of_condition(parts[0], scope, at, negated=negated)
    else:
        yield scope.check(Form.EITHER, at, node)


def _of_call(node: ast.Call, scope: Scope, at: ast.AST, *, negated: bool) -> Iterator[Check]:
    name, first = last(node.func), (node.args[0] if node.args else None)
    if isinstance(node.func, ast.Name) and first is not None and name in ("bool", "all", "any"):
        yield from _of_builtin(name, first, scope, at, negated=negated)
    elif name in _ZONED and first is not None:
        is_naive = (name == "is_naive") is not negated
        yield scope.check(Form.TRUTHY, at, _zoned(first, is_naive=is_naive))
    elif negated:
        yield scope.check(Form.FALSY, at, node)
    elif name in ("isinstance", "issubclass", "hasattr", "callable"):
        yield scope.check(Form.KIND, at, first, node.args[1] if len(node.args) > 1 else None)
    elif name in _CLOSE and len(node.args) > 1:
        form = Form.EQUAL if name == "array_equal" else Form.APPROX
        yield equality(form, node.args[0], node.args[1], scope, at, tolerance=tolerance_of(node))
    elif name in _PATTERN and len(node.args) > 1:
        yield scope.check(Form.MATCHES, at, node.args[1], node.args[0])
    elif name in _TEXTUAL and isinstance(node.func, ast.Attribute):
        yield scope.check(Form.MATCHES, at, node.func.value, first)
    else:
        yield scope.check(Form.TRUTHY, at, node)


def _zoned(moment: ast.expr, *, is_naive: bool) -> ast.expr:
    """Return in one way what can be written as `is_naive(x)` or `x.tzinfo is None`."""
    function = ast.Name(id="is_naive" if is_naive else "is_aware", ctx=ast.Load())
    return ast.Call(func=function, args=[moment], keywords=[])


def _of_builtin(
    name: str, first: ast.expr, scope: Scope, at: ast.AST, *, negated: bool
) -> Iterator[Check]:
    if name == "bool":
        yield from of_condition(first, scope, at, negated=negated)
    elif name == "all" and not negated and isinstance(first, ast.GeneratorExp | ast.ListComp):
        parts = (item for made in first.generators for item in ast.walk(made.target))
        targets = {item.id for item in parts if isinstance(item, ast.Name)}
        yield from of_condition(first.elt, replace(scope, hidden=scope.hidden | targets), at)
    else:
        form = Form.EITHER if name == "any" and not negated else Form.TRUTHY
        yield scope.check(Form.FALSY if negated else form, at, first)


def _of_comparison(
    node: ast.Compare, scope: Scope, at: ast.AST, *, negated: bool
) -> Iterator[Check]:
    if negated and len(node.ops) > 1:
        yield scope.check(Form.EITHER, at, node)
        return
    left = node.left
    for operator, right in zip(node.ops, node.comparators, strict=True):
        yield comparison(operator, left, right, scope, at, negated=negated)
        left = right


def comparison(
    operator: ast.cmpop,
    left: ast.expr,
    right: ast.expr,
    scope: Scope,
    at: ast.AST,
    *,
    negated: bool = False,
) -> Check:
    """Return what `left operator right` checks."""
    if isinstance(operator, ast.Eq | ast.Is | ast.NotEq | ast.IsNot):
        is_equal = isinstance(operator, ast.Eq | ast.Is) is not negated
        if is_equal:
            return equality(Form.EQUAL, left, right, scope, at)
        return _difference(left, right, scope, at)
    if isinstance(operator, ast.In | ast.NotIn):
        if isinstance(operator, ast.In) is negated:
            return scope.check(Form.LACKS, at, right, left)
        return _membership(left, right, scope, at)
    sign = _SIGNS[type(operator)]
    sign = _NEGATED[sign] if negated else sign
    if number_of(left) is not None and number_of(right) is None:
        left, right, sign = right, left, _FLIPPED[sign]
    return scope.check(Form.BOUND, at, left, right, operator=sign)


def _membership(left: ast.expr, right: ast.expr, scope: Scope, at: ast.AST) -> Check:
    options = filled(right, scope.values)
    if isinstance(options, ast.Tuple | ast.List | ast.Set) and not isinstance(left, ast.Constant):
        if len(options.elts) == 1:
            return equality(Form.EQUAL, left, options.elts[0], scope, at)
        return scope.check(Form.WITHIN, at, left, right)
    return scope.check(Form.CONTAINS, at, right, left)


def _difference(left: ast.expr, right: ast.expr, scope: Scope, at: ast.AST) -> Check:
    subject, other = _in_order(left, right, scope)
    if isinstance(other, ast.Constant) and other.value is None:
        if isinstance(subject, ast.Attribute) and subject.attr == "tzinfo":
            return scope.check(Form.TRUTHY, at, _zoned(subject.value, is_naive=False))
        return scope.check(Form.PRESENT, at, subject)
    return scope.check(Form.DIFFERS, at, subject, other)


def equality(
    form: Form,
    left: ast.expr,
    right: ast.expr,
    scope: Scope,
    at: ast.AST,
    tolerance: float | None = None,
) -> Check:
    """Return the check that two expressions are equal, by whatever it comes to."""
    if whole(left) == whole(right):
        return scope.check(Form.TRIVIAL, at)
    subject, other = _in_order(left, right, scope)
    about = [_approximate(side) for side in (subject, other)]
    if any(about):
        call = about[0] or about[1]
        bare = [side.args[0] if one and isinstance(side, ast.Call) and side.args else side
                for side, one in zip((subject, other), about, strict=True)]  # fmt: skip
        tolerance = tolerance_of(call) if call else None
        return scope.check(Form.APPROX, at, bare[0], bare[1], tolerance=tolerance)
    if form is not Form.EQUAL:
        return scope.check(form, at, subject, other, tolerance=tolerance)
    return _special(subject, other, scope, at) or scope.check(
        Form.EQUAL, at, subject, other, is_circular=_is_circular(subject, other, scope)
    )


def _special(subject: ast.expr, other: ast.expr, scope: Scope, at: ast.AST) -> Check | None:
    """Return the check for an equality that says less, or no more, than another form."""
    is_zone = isinstance(subject, ast.Attribute) and subject.attr == "tzinfo"
    if isinstance(subject, ast.Attribute) and is_zone and whole(other) == "None":
        return scope.check(Form.TRUTHY, at, _zoned(subject.value, is_naive=True))
    if isinstance(other, ast.Constant) and (other.value is None or isinstance(other.value, bool)):
        forms = {None: Form.NONE, True: Form.TRUTHY, False: Form.FALSY}
        return scope.check(forms[other.value], at, subject)
    if not isinstance(subject, ast.Call | ast.Attribute):
        return None
    name = last(subject.func) if isinstance(subject, ast.Call) else subject.attr
    arguments = subject.args if isinstance(subject, ast.Call) else []
    if name == "call_count" and isinstance(subject, ast.Attribute):
        return scope.check(Form.CALLED, at, subject.value, other, rank=2)
    if name == "len" and len(arguments) == 1:
        return scope.check(Form.LENGTH, at, arguments[0], other)
    if name == "count" and not arguments and isinstance(subject, ast.Call):
        return scope.check(Form.LENGTH, at, getattr(subject.func, "value", subject), other)
    if name == "type" and len(arguments) == 1:
        return scope.check(Form.KIND, at, arguments[0], other)
    if name in _UNORDERING and isinstance(subject, ast.Call) and arguments:
        bare = other.args[0] if _is_unordering(other) and isinstance(other, ast.Call) else other
        return scope.check(Form.UNORDERED, at, arguments[0], bare)
    return None


def _is_unordering(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and last(node.func) in _UNORDERING and bool(node.args)


def _in_order(left: ast.expr, right: ast.expr, scope: Scope) -> tuple[ast.expr, ast.expr]:
    """Return two sides with that first which is the subject: it calls, or reads, more."""
    ranks = [_activity(filled(side, scope.values), scope.hidden) for side in (left, right)]
    return (left, right) if ranks[0] >= ranks[1] else (right, left)


def _activity(node: ast.expr, hidden: Set[str]) -> tuple[int, int]:
    items = list(ast.walk(node))
    made = sum(isinstance(item, ast.Call) and dotted(item) != "pytest.approx" for item in items)
    reads = sum(
        isinstance(item, ast.Attribute | ast.Subscript)
        or (isinstance(item, ast.Name) and item.id in hidden)
        for item in items
    )
    return made, reads


def _is_circular(left: ast.expr, right: ast.expr, scope: Scope) -> bool:
    sides = [filled(side, scope.values, with_ids=True) for side in (left, right)]
    has_call = any(isinstance(item, ast.Call) for item in ast.walk(sides[0]))
    return has_call and whole(sides[0]) == whole(sides[1])


def _approximate(node: ast.expr) -> ast.Call | None:
    is_call = isinstance(node, ast.Call) and last(node.func) == "approx"
    return node if is_call and isinstance(node, ast.Call) else None


def tolerance_of(call: ast.Call) -> float | None:
    """Return the widest tolerance that a call names; None when it names none."""
    found: list[float] = []
    for name in ("rel", "abs", "rel_tol", "abs_tol", "rtol", "atol", "delta"):
        value = number_of(argument(call, name))
        if value is not None:
            found.append(value)
    places = number_of(argument(call, "places"))
    decimal = number_of(argument(call, "decimal"))
    found += [10.0**-value for value in (places, decimal) if value is not None]
    return max(found, default=None)
