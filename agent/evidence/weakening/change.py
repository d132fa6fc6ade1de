"""A change, seen from its tests: both sides, their rules, and what got another name."""

import ast
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from sys import stdlib_module_names

from agent.evidence.weakening.collecting import Test, tests_of
from agent.evidence.weakening.rules import Rules
from agent.evidence.weakening.side import Side, is_testing
from agent.evidence.weakening.words import words_of
from agent.survey.source import dotted

_LIBRARIES = frozenset(
    {
        *("pytest", "django", "rest_framework", "fastapi", "starlette", "httpx", "requests"),
        *("sqlalchemy", "pydantic", "numpy", "pandas", "hypothesis", "factory", "faker"),
        *("freezegun", "time_machine", "dateutil", "pytz", "model_bakery", "parameterized"),
        *("dirty_equals", "inline_snapshot", "syrupy", "responses", "respx", "attr", "attrs"),
    }
)


class Change:
    """Two sides of a change; files that it does not touch may be known too."""

    def __init__(
        self, before: Mapping[str, str], after: Mapping[str, str], old: Rules, new: Rules
    ) -> None:
        self.before, self.after = Side(before), Side(after)
        self.old, self.new = old, new
        self.changed = sorted(
            path for path in {*before, *after} if before.get(path) != after.get(path)
        )

    @cached_property
    def testing(self) -> list[str]:
        """The changed Python files that belong to the tests."""
        return [
            path
            for path in self.changed
            if is_testing(path) or (path.endswith(".py") and self.old.takes_file(path))
        ]

    @cached_property
    def product(self) -> list[str]:
        """The changed Python files that do not."""
        known = set(self.testing)
        return [path for path in self.changed if path.endswith(".py") and path not in known]

    @cached_property
    def tests_before(self) -> list[Test]:
        """Tests of the base that counted."""
        found = self._tests(self.before, self.old)
        return [test for test in found if not test.uncollected]

    @cached_property
    def tests_after(self) -> list[Test]:
        """All tests of the head, those that are not collected too."""
        return self._tests(self.after, self.new)

    def is_unread(self, path: str) -> bool:
        """Tell whether one side of a file cannot be parsed here."""
        sides = (self.before, self.after)
        return any(path in side.texts and side.tree(path) is None for side in sides)

    def _tests(self, side: Side, rules: Rules) -> list[Test]:
        found: list[Test] = []
        for path in self.testing:
            if self.is_unread(path):
                continue
            is_same_rule = self.old.files == self.new.files
            was_taken = side is self.before or (path in self.before.texts and is_same_rule)
            found += [
                test if not test.uncollected or not _is_inherited(side, test) else _taken(test)
                for test in tests_of(side, path, rules, was_taken=was_taken)
            ]
        return found

    @cached_property
    def wild(self) -> frozenset[str]:
        """Words that the product, or the tests' own helpers, had at the base and have no more."""
        old = self._words(self.before, self.product) | self._defined(self.before)
        new = self._words(self.after, self.product) | self._defined(self.after)
        return frozenset(word for word in old - new if word.isidentifier())

    def _words(self, side: Side, paths: list[str]) -> frozenset[str]:
        trees = [tree for tree in map(side.tree, paths) if tree is not None]
        kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.arg
        nodes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, kinds)]
        names = {node.arg if isinstance(node, ast.arg) else node.name for node in nodes}
        return frozenset(names).union(*map(words_of, trees))

    def _defined(self, side: Side) -> frozenset[str]:
        return frozenset().union(*(side.names(path) for path in self.testing))

    def is_code(self, path: str, node: ast.AST) -> bool:
        """Tell whether an expression of a test at the head calls the code under test."""
        return any(
            self._is_code_call(path, item) for item in ast.walk(node) if isinstance(item, ast.Call)
        )

    def _is_code_call(self, path: str, call: ast.Call) -> bool:
        root = dotted(call.func).partition(".")[0]
        known = self.after.imports(path).get(root)
        if known is None:
            is_own = self.after.resolve(path, root) is not None
            return isinstance(call.func, ast.Attribute) and bool(root) and not is_own
        if is_foreign(known[0]):
            return False
        return not is_testing(f"{known[0].replace('.', '/')}.py")


def is_foreign(module: str) -> bool:
    """Tell whether a dotted module is of Python or of a library that tests use."""
    root = module.partition(".")[0]
    return root in stdlib_module_names or root in _LIBRARIES


def _is_inherited(side: Side, test: Test) -> bool:
    """Tell whether a class that is not collected itself is the base of another one."""
    if not test.owners or "no tests are looked for" not in test.uncollected:
        return False
    form = re.compile(rf"^\s*class \w+\([^)]*\b{re.escape(test.owners[-1].name)}\b", re.MULTILINE)
    return any(form.search(text) for path, text in side.texts.items() if is_testing(path))


def _taken(test: Test) -> Test:
    return replace(test, uncollected="")
