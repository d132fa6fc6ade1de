"""Reading a function of the tests: all that it checks, in its order, helpers followed."""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from agent.evidence.weakening.asserting import (
    RAISING,
    of_call,
    raising,
)
from agent.evidence.weakening.check import Check, Form
from agent.evidence.weakening.conditions import Scope, of_condition
from agent.evidence.weakening.helping import Helper, Helpers, bound
from agent.evidence.weakening.leaving import (
    SWALLOWS,
    fails,
    leaves,
    may_leave,
    raising_of,
    swallows,
)
from agent.evidence.weakening.standing import given
from agent.evidence.weakening.syntax import Function, calls, filled, show, truth
from agent.evidence.weakening.variables import (
    assigned,
    assigned_in_line,
    changed_in,
    locals_of,
    unpacked,
)
from agent.evidence.weakening.words import words_of
from agent.survey.source import last

_MOST_TURNS = 40
_DEEPEST = 3
_MOST_STATEMENTS = 2_000
"""In one test; loops and helpers beyond it are read once, or not at all."""


class Reader:
    """Reads one function; values of arguments may be known."""

    def __init__(
        self,
        helpers: Helpers,
        function: Function,
        values: Mapping[str, ast.expr] | None = None,
        deep: int = _DEEPEST,
        budget: list[int] | None = None,
    ) -> None:
        self._helpers = helpers
        self._budget = [_MOST_STATEMENTS] if budget is None else budget
        self._deep = deep
        self._function = function
        counts = assigned(function)
        in_line = Counter(assigned_in_line(function))
        self._once = {
            name for name, count in counts.items() if count in (1, in_line[name])
        } - changed_in(function)
        self._values: dict[str, ast.expr] = dict(values or {})
        self._hidden = locals_of(function)

    def checks(self) -> list[Check]:
        """Return all checks; what can never be reached is none."""
        return list(self._block(self._function.body, ""))

    def _scope(self, guard: str) -> Scope:
        return Scope(self._values, self._hidden, guard)

    def _block(self, body: Sequence[ast.stmt], guard: str) -> Iterator[Check]:
        for node in body:
            yield from self._statement(node, guard)
            if leaves(node):
                return
            if isinstance(node, ast.If) and not guard and may_leave(node):
                guard = f"unless {show(node.test)}"
            if isinstance(node, ast.Expr) and last(node.value) == "assume":
                guard = guard or f"if {show(node.value)}"

    def _statement(self, node: ast.stmt, guard: str) -> Iterator[Check]:
        self._helpers.side.spend()
        self._budget[0] -= 1
        match node:
            case ast.Assert():
                yield from self._calls(node.test, guard)
                yield from self._condition(node.test, node, guard)
            case ast.If():
                yield from self._if(node, guard)
            case ast.With() | ast.AsyncWith():
                yield from self._with(node, guard)
            case ast.For() | ast.AsyncFor():
                yield from self._for(node, guard)
            case ast.While():
                always = truth(node.test)
                inner = guard or ("" if always else f"while {show(node.test)}")
                yield from self._block([] if always is False else node.body, inner)
            case ast.Try():
                yield from self._try(node, guard)
            case ast.Match():
                for case in node.cases:
                    yield from self._block(case.body, guard or f"match {show(node.subject)}")
            case _ if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield from self._calls(node, guard)
                self._remember(node)

    def _remember(self, node: ast.stmt) -> None:
        value = self._given(getattr(node, "value", None))
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if not isinstance(node, ast.Assign | ast.AnnAssign) or not isinstance(value, ast.expr):
            return
        for target in targets:
            if isinstance(target, ast.Name) and target.id in self._once:
                self._values[target.id] = filled(value, self._values)

    def _given(self, value: ast.expr | None) -> ast.expr | None:
        """Return what a helper of the tests gives in place of its call."""
        call = value.value if isinstance(value, ast.Await) else value
        if not isinstance(call, ast.Call) or not self._deep:
            return value
        helper = self._helpers.of(call, self._function)
        if helper is None:
            return value
        values = {k: filled(v, self._values) for k, v in bound(call, helper.node).items()}
        own = {name: v for name, v in self._values.items() if name.startswith("self.")}
        return given(helper.node, {**own, **values}) or value

    def _calls(self, node: ast.AST, guard: str) -> Iterator[Check]:
        scope = self._scope(guard)
        if isinstance(getattr(node, "value", None), ast.GeneratorExp):
            return  # nobody asks it for anything
        for call in calls(node):
            helper = self._helper(call)
            found = None if helper else of_call(call, scope)
            if helper:
                yield from self._help(call, helper, scope)
            elif found is not None:
                yield from found

    def _condition(self, test: ast.expr, at: ast.stmt, guard: str) -> Iterator[Check]:
        """Yield what a condition checks; a helper that returns one stands for what it returns."""
        call = test if isinstance(test, ast.Call) and self._deep else None
        helper = self._helpers.of(call, self._function) if call else None
        if helper is None or call is None:
            yield from of_condition(test, self._scope(guard), at)
            return
        values = {k: filled(v, self._values) for k, v in bound(call, helper.node).items()}
        inner = Reader(helper.helpers, helper.node, values, self._deep - 1, self._budget)
        inner.checks()
        for check in inner.returned(at, guard):
            yield replace(check, line=at.lineno, shown=show(at))

    def returned(self, at: ast.stmt, guard: str) -> Iterator[Check]:
        """Yield what the condition checks that a function returns; call it after `checks`."""
        body = self._function.body
        returns = [item for item in ast.walk(self._function) if isinstance(item, ast.Return)]
        last_one = body[-1] if body else None
        if isinstance(last_one, ast.Return) and len(returns) == 1 and last_one.value is not None:
            yield from of_condition(last_one.value, self._scope(guard), at)
            return
        words = frozenset().union(*(words_of(item, self._hidden) for item in body))
        plain = self._scope(guard).check(Form.TRUTHY, at, ast.Name(id="result", ctx=ast.Load()))
        yield replace(plain, about=words, tail="", text=f"{plain.text} {sorted(words)}")

    def _helper(self, call: ast.Call) -> Helper | None:
        """Return the helper that a call runs, if there is room for it."""
        if not self._deep or self._budget[0] <= 0:
            return None
        helper = self._helpers.of(call, self._function)
        return helper if helper is None or helper.node is not self._function else None

    def _help(self, call: ast.Call, helper: Helper, scope: Scope) -> Iterator[Check]:
        values = {k: filled(v, self._values) for k, v in bound(call, helper.node).items()}
        values |= {name: v for name, v in self._values.items() if name.startswith("self.")}
        reader = Reader(helper.helpers, helper.node, values, self._deep - 1, self._budget)
        inside = reader.checks()
        inner = [replace(check, guard=check.guard or scope.guard) for check in inside]
        if inner:
            yield scope.check(
                Form.HELPER,
                call,
                call,
                names=(helper.key,),
                rank=len(call.args) + len(call.keywords),
                inner=tuple(inner),
            )

    def _if(self, node: ast.If, guard: str) -> Iterator[Check]:
        yield from self._calls(node.test, guard)
        always = truth(node.test)
        if always is not None:
            yield from self._block(node.body if always else node.orelse, guard)
        elif fails(node.body):
            yield from of_condition(node.test, self._scope(guard), node, negated=True)
            yield from self._block(node.orelse, guard)
        elif fails(node.orelse):
            yield from of_condition(node.test, self._scope(guard), node)
            yield from self._block(node.body, guard)
        else:
            yield from self._block(node.body, guard or f"if {show(node.test)}")
            yield from self._block(node.orelse, guard or f"unless {show(node.test)}")

    def _with(self, node: ast.With | ast.AsyncWith, guard: str) -> Iterator[Check]:
        for item in node.items:
            call = item.context_expr
            name = last(call)
            if isinstance(call, ast.Call) and name in RAISING:
                yield raising(call, tuple(node.body), self._scope(guard))
            elif isinstance(call, ast.Call) and name == "suppress":
                swallowed = {last(part) for part in call.args} & SWALLOWS
                guard = guard or (f"with {show(call)}" if swallowed else "")
            else:
                yield from self._calls(call, guard)
                if isinstance(item.optional_vars, ast.Name):
                    self._values.pop(item.optional_vars.id, None)
        yield from self._block(node.body, guard)

    def _for(self, node: ast.For | ast.AsyncFor, guard: str) -> Iterator[Check]:
        yield from self._calls(node.iter, guard)
        turns = self._turns(node)
        if turns is None:
            yield from self._block(node.body, guard)
        for turn in turns or ():
            before = dict(self._values)
            self._values.update(turn)
            yield from self._block(node.body, guard)
            self._values = before
        yield from self._block(node.orelse, guard)

    def _turns(self, node: ast.For | ast.AsyncFor) -> list[dict[str, ast.expr]] | None:
        """Return the values of the loop's names for each turn, where they are written out."""
        items = self._helpers.items_of(filled(node.iter, self._values))
        if items is None or self._budget[0] <= 0 or len(items) > _MOST_TURNS:
            return None
        turns = [unpacked(node.target, item) for item in items]
        return None if any(turn is None for turn in turns) else [turn or {} for turn in turns]

    def _try(self, node: ast.Try, guard: str) -> Iterator[Check]:
        raised = raising_of(node)
        if raised is not None:
            yield raising(raised, tuple(node.body), self._scope(guard))
        swallowing = next((item for item in node.handlers if swallows(item)), None)
        inner = guard
        if swallowing is not None and raised is None:
            name = show(swallowing.type) if swallowing.type else ""
            inner = guard or f"try ... except {name}".rstrip()
        if any(isinstance(item, ast.Return | ast.Break) for item in node.finalbody):
            inner = guard or "try ... finally: return"
        yield from self._block(node.body, inner)
        for handler in node.handlers:
            outer = "" if raised is not None else f"except {show(handler.type or node)[:40]}"
            yield from self._block(handler.body, guard or outer)
        yield from self._block(node.orelse, inner)
        yield from self._block(node.finalbody, guard)
