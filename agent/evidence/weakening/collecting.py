"""The tests of a file, as pytest and unittest would collect them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from agent.evidence.weakening.cases import Case, cases_of
from agent.evidence.weakening.check import Check, Form
from agent.evidence.weakening.helping import Helpers, is_fixture
from agent.evidence.weakening.marks import Mark, marks_of, pytestmark
from agent.evidence.weakening.reader import Reader
from agent.evidence.weakening.rules import Rules
from agent.evidence.weakening.side import Side
from agent.evidence.weakening.standing import fixtures_of, setups_of, standing
from agent.evidence.weakening.syntax import Function, calls, own_name, own_nodes, show, truth
from agent.evidence.weakening.variables import locals_of
from agent.evidence.weakening.words import words_of
from agent.survey.source import last, target_of


@dataclass(frozen=True, eq=False)
class Test:
    """One test function, with all that decides whether it counts."""

    __test__ = False
    path: str
    name: str
    """Its class and its name, as `TestOrders.test_total`."""
    node: Function
    helpers: Helpers
    marks: tuple[Mark, ...] = ()
    cases: tuple[Case, ...] = ()
    """Of a parametrised test that can be counted; else empty."""
    is_countless: bool = False
    """True when it has cases, and they are computed."""
    uncollected: str = ""
    """Why it is not collected; empty when it is."""
    guard: str = ""
    """The condition under which it is defined at all."""
    owners: tuple[ast.ClassDef, ...] = field(default=(), repr=False)

    @property
    def line(self) -> int:
        """Where it is."""
        return self.node.lineno

    @property
    def short(self) -> str:
        """Its name without its class."""
        return self.node.name

    @cached_property
    def checks(self) -> list[Check]:
        """What it checks, whatever its case, what its fixtures and set-ups check among it."""
        return [*self._before, *Reader(self.helpers, self.node, self._standing).checks()]

    @cached_property
    def _standing(self) -> dict[str, ast.expr]:
        return standing(self.node, self.helpers)

    @cached_property
    def _before(self) -> list[Check]:
        found: list[Check] = []
        places = [(path, node) for _, path, node in fixtures_of(self.node, self.helpers)]
        for path, node in [*places, *setups_of(self.helpers)]:
            helpers = Helpers(self.helpers.side, path, self.helpers.owner, self.helpers.owner_path)
            inner = Reader(helpers, node, standing(node, helpers)).checks()
            if inner:
                text = f"{Form.HELPER}: {node.name}"
                found.append(Check(Form.HELPER, node.lineno, node.name, text=text,
                                   names=(node.name,), inner=tuple(inner)))  # fmt: skip
        return found

    @cached_property
    def words(self) -> frozenset[str]:
        """What its body and its fixtures speak of, without local names and without its cases."""
        hidden = locals_of(self.node)
        used = {item.id if isinstance(item, ast.Name) else own_name(item)
                for item in ast.walk(self.node)}  # fmt: skip
        values = [value for name, value in self._standing.items() if name in used]
        return frozenset().union(
            *(words_of(item, hidden) for item in self.node.body), *map(words_of, values)
        )

    @cached_property
    def reach(self) -> frozenset[str]:
        """What it speaks of, and what the helpers that it calls speak of."""
        found = (self.helpers.of(call, self.node) for call in calls(self.node))
        bodies = (item for helper in found if helper for item in helper.node.body)
        return self.words.union(*map(words_of, bodies))

    def checks_in(self, case: Case) -> list[Check]:
        """Return what it checks in one case."""
        values = {**self._standing, **case.values}
        return [*self._before, *Reader(self.helpers, self.node, values).checks()]


def tests_of(side: Side, path: str, rules: Rules, *, was_taken: bool) -> list[Test]:
    """Return all tests of a file, and those functions named like tests that are not collected."""
    tree = side.tree(path)
    if tree is None:
        return []
    found = list(_Collector(side, path, rules).module(tree))
    is_unittest = bool(found) and all(_is_unittest(side, path, test) for test in found)
    if not rules.takes_file(path, was_taken=was_taken, is_unittest=is_unittest):
        why = "its file is not collected"
        found = [replace(test, uncollected=test.uncollected or why) for test in found]
    return found


def _is_unittest(side: Side, path: str, test: Test) -> bool:
    return any(is_case(side, path, owner) for owner in test.owners)


def is_case(side: Side, path: str, node: ast.ClassDef) -> bool:
    """Tell whether a class is one of unittest's or Django's test cases."""
    bases = [*node.bases, *(base for _, known in side.bases(path, node) for base in known.bases)]
    return any(last(base).endswith("TestCase") for base in bases)


class _Collector:
    def __init__(self, side: Side, path: str, rules: Rules) -> None:
        self._side, self._path, self._rules = side, path, rules

    def module(self, tree: ast.Module) -> Iterator[Test]:
        helpers = Helpers(self._side, self._path)
        marks = tuple(marks_of(pytestmark(tree.body), helpers))
        is_off = _is_off(tree.body)
        for node, guard, shadow in _defined(tree.body):
            why = "the module has `__test__ = False`" if is_off else shadow
            if isinstance(node, ast.ClassDef):
                yield from self._class(node, guard, why, marks, ())
            elif self._rules.takes_function(node.name) and not _is_supplier(node):
                yield self._test(node, node.name, guard, why, marks, (), helpers)

    def _class(
        self,
        node: ast.ClassDef,
        guard: str,
        why: str,
        marks: tuple[Mark, ...],
        outer: tuple[ast.ClassDef, ...],
    ) -> Iterator[Test]:
        why = why or self._why_not(node)
        owners = (*outer, node)
        bases = list(self._side.bases(self._path, node))
        seen: set[str] = set()
        for path, owner in [(self._path, node), *bases]:
            helpers = Helpers(self._side, path, node, self._path)
            nodes = [*owner.decorator_list, *pytestmark(owner.body)]
            marks = (*marks, *marks_of(nodes, helpers))
        for path, owner in [(self._path, node), *bases]:
            helpers = Helpers(self._side, path, node, self._path)
            for item, inner, shadow in _defined(owner.body):
                if isinstance(item, ast.ClassDef):
                    if owner is node:
                        yield from self._class(item, guard or inner, why or shadow, marks, owners)
                elif item.name.startswith("test") and item.name not in seen:
                    seen |= set() if shadow else {item.name}
                    name = ".".join([*(o.name for o in owners), item.name])
                    reason = why or shadow
                    yield self._test(item, name, guard or inner, reason, marks, owners, helpers)

    def _why_not(self, node: ast.ClassDef) -> str:
        if _is_off(node.body):
            return "its class has `__test__ = False`"
        if is_case(self._side, self._path, node):
            return ""
        if not self._rules.takes_class(node.name):
            return f"no tests are looked for in the class {node.name}"
        made = any(isinstance(item, ast.FunctionDef) and item.name == "__init__"
                   for item in node.body)  # fmt: skip
        return "its class has a constructor" if made else ""

    def _test(
        self,
        node: Function,
        name: str,
        guard: str,
        why: str,
        marks: tuple[Mark, ...],
        owners: tuple[ast.ClassDef, ...],
        helpers: Helpers,
    ) -> Test:
        own = tuple(marks_of(node.decorator_list, helpers))
        listed = [item for owner in owners for item in owner.decorator_list]
        names = [item.arg for item in node.args.args if item.arg != "self"]
        cases = cases_of([*node.decorator_list, *listed], names, helpers)
        if is_fixture(node):
            why = why or "it is a fixture now"
        elif any(isinstance(item, ast.Yield | ast.YieldFrom) for item in own_nodes(node)):
            why = why or "it is a generator, whose body is not run"
        return Test(
            path=self._path,
            name=name,
            node=node,
            helpers=helpers,
            marks=(*marks, *own),
            cases=tuple(cases or ()),
            is_countless=cases is None,
            uncollected=why,
            guard=guard,
            owners=owners,
        )


def _is_supplier(node: Function) -> bool:
    """Tell whether a function named like a test gives values to others."""
    has_arguments = bool(node.args.args) and not node.name.startswith("test_")
    values = [item.value for item in node.body if isinstance(item, ast.Return)]
    return has_arguments and (bool(node.decorator_list) or any(v is not None for v in values))


def _is_off(body: list[ast.stmt]) -> bool:
    return any(
        isinstance(node, ast.Assign)
        and target_of(node) == "__test__"
        and truth(node.value) is False
        for node in body
    )


Defined = Function | ast.ClassDef


def _defined(body: list[ast.stmt], guard: str = "") -> list[tuple[Defined, str, str]]:
    """Return functions and classes with the condition they stand under, and what undoes them."""
    found: list[tuple[Defined, str, str]] = []
    for node in body:
        found = _undone(found, node)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.append((node, guard, ""))
        elif isinstance(node, ast.If):
            found += _conditional(node, guard)
        elif isinstance(node, ast.Try):
            found += _defined([*node.body, *node.orelse, *node.finalbody], guard)
        elif isinstance(node, ast.With):
            found += _defined(node.body, guard)
    return found


def _conditional(node: ast.If, guard: str) -> list[tuple[Defined, str, str]]:
    always = truth(node.test)
    yes = _defined(node.body, guard if always else guard or f"if {show(node.test)}")
    no = _defined(node.orelse, guard if always is False else guard or f"unless {show(node.test)}")
    never = f"it stands under `if {show(node.test)}`, which never holds"
    yes = [(item, inner, never if always is False else why) for item, inner, why in yes]
    no = [(item, inner, "it stands under an `else` that is never reached" if always else why)
          for item, inner, why in no]  # fmt: skip
    return [*yes, *no]


def _undone(
    found: list[tuple[Defined, str, str]], node: ast.stmt
) -> list[tuple[Defined, str, str]]:
    """Mark what a later statement defines anew, deletes or overwrites."""
    names: dict[str, str] = {}
    target = node.targets[0] if isinstance(node, ast.Assign) else None
    if isinstance(target, ast.Attribute) and target.attr == "__test__":
        is_off = isinstance(node, ast.Assign) and truth(node.value) is False
        names = {last(target.value): "it is given `__test__ = False`"} if is_off else {}
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        is_more = any(name in ("overload", "setter") for name in map(last, node.decorator_list))
        names = {} if is_more else {node.name: "a later definition of the same name replaces it"}
    elif isinstance(node, ast.Delete):
        names = {last(target): "it is deleted after its definition" for target in node.targets}
    elif isinstance(node, ast.Assign):
        names = {target_of(node): "its name is given to something else"}
    return [
        (item, guard, why or ("" if guard else names.get(item.name, "")))
        for item, guard, why in found
    ]
