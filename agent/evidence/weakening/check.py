"""What a test checks: one assertion, however it is written."""

import ast
from dataclasses import dataclass
from enum import StrEnum


class Form(StrEnum):
    """The kinds of assertions that differ in how much they say."""

    TRIVIAL = "is always true"
    PRESENT = "is not None"
    TRUTHY = "is true"
    FALSY = "is false"
    KIND = "is of a type"
    DIFFERS = "differs from"
    EITHER = "one of several conditions holds"
    LACKS = "does not contain"
    BOUND = "is above or below"
    WITHIN = "is one of"
    CONTAINS = "contains"
    MATCHES = "matches a pattern"
    LENGTH = "has a length"
    NONE = "is None"
    UNORDERED = "equals in any order"
    APPROX = "is about"
    CALLED = "was called"
    RAISES = "raises"
    OTHER = "another assertion"
    EQUAL = "equals"
    HELPER = "a helper of the tests"


STRENGTH = {
    Form.TRIVIAL: 0,
    Form.PRESENT: 2,
    Form.TRUTHY: 3,
    Form.FALSY: 3,
    Form.KIND: 3,
    Form.DIFFERS: 3,
    Form.EITHER: 1,
    Form.LACKS: 3,
    Form.BOUND: 4,
    Form.WITHIN: 4,
    Form.CONTAINS: 4,
    Form.MATCHES: 4,
    Form.LENGTH: 5,
    Form.NONE: 5,
    Form.UNORDERED: 5,
    Form.APPROX: 5,
    Form.CALLED: 5,
    Form.RAISES: 5,
    Form.OTHER: 5,
    Form.EQUAL: 6,
    Form.HELPER: 6,
}
COMMON = frozenset({"True", "False", "None", "0", "1", "-1", "2", "200", "''", "0.0", "1.0"})
"""Values that two assertions share by chance."""


@dataclass(frozen=True)
class Check:
    """One assertion. Words are what it speaks of, without the names of local variables."""

    form: Form
    line: int
    shown: str
    """As it is written, for people."""
    text: str = ""
    """As it would be written without local variables: the same for the same assertion."""
    subject: ast.expr | None = None
    expected: ast.expr | None = None
    about: frozenset[str] = frozenset()
    """The words of the subject."""
    wanted: frozenset[str] = frozenset()
    """The words of what is expected."""
    tail: str = ""
    """The attribute, key or function that the subject ends with."""
    guard: str = ""
    """The condition under which alone it is checked, or what swallows its failure."""
    is_circular: bool = False
    """True when both sides are the same call."""
    operator: str = ""
    """Of a bound: `<`, `<=`, `>`, `>=`."""
    tolerance: float | None = None
    """Of an approximation, when it is written out; decimal places count as 10 ** -places."""
    names: tuple[str, ...] = ()
    """Of what is raised: the exceptions. Of a call of a helper: its name."""
    rank: int = 0
    """How exactly a mock's call is checked, from 1 to 5; of a helper: the number of arguments."""
    inner: tuple["Check", ...] = ()
    """What a helper checks when it is called like this."""

    @property
    def strength(self) -> int:
        """How much it says, from 0 (nothing) to 6."""
        return STRENGTH[self.form]

    @property
    def words(self) -> frozenset[str]:
        """All that it speaks of."""
        return self.about | self.wanted
