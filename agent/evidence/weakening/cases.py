"""The cases of a parametrised test, as far as they are written out."""

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product

from agent.evidence.weakening.helping import Helpers
from agent.evidence.weakening.marks import Mark, marks_of
from agent.evidence.weakening.syntax import show, whole
from agent.evidence.weakening.words import words_of
from agent.survey.source import argument, dotted, last, text_of

_MOST_CASES = 200


@dataclass(frozen=True)
class Case:
    """One set of arguments."""

    values: Mapping[str, ast.expr]
    text: str
    """The arguments, the same for the same case."""
    shown: str
    marks: tuple[Mark, ...] = ()

    @property
    def words(self) -> frozenset[str]:
        """What its arguments speak of."""
        return frozenset().union(*map(words_of, self.values.values()))


def cases_of(
    decorators: Iterable[ast.expr], names: list[str], helpers: Helpers
) -> list[Case] | None:
    """Return the cases that decorators make; none without them, None when they are computed.

    `names` are the parameters of the test, for decorators that do not name them.
    """
    axes: list[list[Case]] = []
    for node in decorators:
        if not isinstance(node, ast.Call):
            continue
        axis = _axis(node, names, helpers)
        if axis is None:
            return None
        if axis:
            axes.append(axis)
    if not axes:
        return []
    return [_joined(row) for _, row in zip(range(_MOST_CASES), product(*axes), strict=False)]


def _axis(node: ast.Call, names: list[str], helpers: Helpers) -> list[Case] | None:
    """Return the cases of one decorator; empty when it makes none."""
    name = dotted(node.func)
    if name.endswith("parametrize"):
        return _of_values(argument(node, "argvalues", 1), _names(node), helpers)
    if name in ("parameterized.expand", "parameterized"):
        return _of_values(node.args[0] if node.args else None, names, helpers)
    return []


def _names(node: ast.Call) -> list[str]:
    names = argument(node, "argnames", 0)
    text = text_of(names)
    if text is not None:
        return [part.strip() for part in text.split(",") if part.strip()]
    if isinstance(names, ast.Tuple | ast.List):
        return [text_of(item) or "" for item in names.elts]
    return []


def _of_values(node: ast.expr | None, names: list[str], helpers: Helpers) -> list[Case] | None:
    items = helpers.items_of(node) if node is not None else None
    if items is None:
        return None
    return [_case(item, names, helpers) for item in items]


def _case(node: ast.expr, names: list[str], helpers: Helpers) -> Case:
    marks: tuple[Mark, ...] = ()
    parts = [node]
    if isinstance(node, ast.Call) and last(node.func) == "param":
        given = argument(node, "marks")
        marks = tuple(marks_of([given], helpers)) if given is not None else ()
        parts = node.args
    elif len(names) != 1 and isinstance(node, ast.Tuple | ast.List):
        parts = node.elts
    text = ", ".join(map(whole, parts))
    shown = ", ".join(show(part, 40) for part in parts)
    return Case(dict(zip(names, parts, strict=False)), text, shown, marks)


def _joined(row: tuple[Case, ...]) -> Case:
    return Case(
        values={name: value for case in row for name, value in case.values.items()},
        text=" & ".join(case.text for case in row),
        shown=" & ".join(case.shown for case in row),
        marks=tuple(mark for case in row for mark in case.marks),
    )
