"""What tests are given: fewer examples for Hypothesis, nothing at all, a file written to fit.

Source: Hypothesis 6, "Settings" and "Providing explicit inputs".
"""

import ast
from collections.abc import Iterator

from agent.evidence.weakening.change import Change
from agent.evidence.weakening.collecting import Test
from agent.evidence.weakening.finding import Finding, Kind
from agent.evidence.weakening.losing import of_test
from agent.evidence.weakening.matching import Matched
from agent.evidence.weakening.side import Side
from agent.evidence.weakening.syntax import number_of, show
from agent.evidence.weakening.variables import changed_in
from agent.survey.source import argument, last, target_of

_USUAL = 100.0


def easier_input(change: Change, matched: Matched) -> Iterator[Finding]:
    """Yield tests that get less to work on, or write themselves what they compare with."""
    known = dict(_profiles(change, change.before))
    for (path, name), number in _profiles(change, change.after):
        if number < known.get((path, name), 0):
            text = f"max_examples went from {known[path, name]:g} to {number:g}"
            yield Finding(kind=Kind.THRESHOLD, path=path, name=name, text=text)
    for before, after in matched.pairs:
        for name in sorted((_empty(after) - _empty(before)) & _bound(before)):
            text = f"`{name}` is empty now"
            yield of_test(Kind.GUARDED_ASSERTION, before, after, text)
        for name in sorted(_files(after, "write") & _files(before, "read")):
            if name not in _files(before, "write"):
                text = f"`{name}`, which it reads to compare, is written by the test itself now"
                yield of_test(Kind.CIRCULAR_ASSERTION, before, after, text)
        lost = [text for text in _examples(before) if text not in _examples(after)]
        if lost and len(_examples(after)) < len(_examples(before)):
            text = f"the examples {', '.join(lost)} are gone"
            yield of_test(Kind.REMOVED_CASES, before, after, text)
        old, new = _most(before), _most(after)
        if new < old:
            text = f"max_examples went from {old:g} to {new:g}"
            yield of_test(Kind.THRESHOLD, before, after, text)


def _decorators(test: Test, name: str) -> list[ast.Call]:
    return [
        item
        for item in test.node.decorator_list
        if isinstance(item, ast.Call) and last(item.func) == name
    ]


def _examples(test: Test) -> list[str]:
    return [show(item) for item in _decorators(test, "example")]


def _most(test: Test) -> float:
    found = [number_of(argument(item, "max_examples")) for item in _decorators(test, "settings")]
    return next((number for number in found if number is not None), _USUAL)


def _profiles(change: Change, side: Side) -> Iterator[tuple[tuple[str, str], float]]:
    """Yield the profiles of Hypothesis with the number of examples that they ask for."""
    for path in change.testing:
        tree = side.tree(path)
        for item in ast.walk(tree) if tree else ():
            if isinstance(item, ast.Call) and last(item.func) == "register_profile":
                inner = [x for x in ast.walk(item) if isinstance(x, ast.Call)]
                found = [number_of(argument(x, "max_examples")) for x in inner]
                number = next((x for x in found if x is not None), _USUAL)
                yield (path, show(item.args[0]) if item.args else ""), number


def _empty(test: Test) -> set[str]:
    """Return what a test goes through though there is nothing in it."""
    found: set[str] = set()
    for item in ast.walk(test.node):
        if isinstance(item, ast.comprehension) and test.helpers.items_of(item.iter) == []:
            found.add(show(item.target))
        elif isinstance(item, ast.Assign) and test.helpers.items_of(item.value) == []:
            found.add(target_of(item))
    return found - changed_in(test.node)


def _bound(test: Test) -> set[str]:
    names = (item for item in ast.walk(test.node) if isinstance(item, ast.Name))
    return {item.id for item in names if isinstance(item.ctx, ast.Store)}


def _files(test: Test, act: str) -> set[str]:
    """Return what a test reads or writes as a file."""
    return {
        show(item.func.value)
        for item in ast.walk(test.node)
        if isinstance(item, ast.Call) and isinstance(item.func, ast.Attribute)
        and item.func.attr in (f"{act}_text", f"{act}_bytes")
    }  # fmt: skip
