"""Property tests that try less: examples of hypothesis that are gone, and fewer of them made.

Source: Hypothesis 6, "Settings" and "Providing explicit inputs".
"""

import ast
from collections.abc import Iterator

from agent.evidence.weakening.collecting import Test
from agent.evidence.weakening.finding import Finding, Kind
from agent.evidence.weakening.matching import Matched
from agent.evidence.weakening.syntax import number_of, show
from agent.survey.source import argument, last

_USUAL = 100.0


def fewer_examples(matched: Matched) -> Iterator[Finding]:
    """Yield tests for which fewer examples are tried."""
    for before, after in matched.pairs:
        lost = [text for text in _examples(before) if text not in _examples(after)]
        if lost and len(_examples(after)) < len(_examples(before)):
            text = f"the examples {', '.join(lost)} are gone"
            yield _finding(Kind.REMOVED_CASES, before, after, text)
        old, new = _most(before), _most(after)
        if new < old:
            text = f"max_examples went from {old:g} to {new:g}"
            yield _finding(Kind.THRESHOLD, before, after, text)


def _finding(kind: Kind, before: Test, after: Test, text: str) -> Finding:
    return Finding(kind=kind, path=after.path, name=after.name, text=text,
                   base_line=before.line, head_line=after.line)  # fmt: skip


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
