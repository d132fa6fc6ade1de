"""How much a description may hold, and how one that is refused is told so, in one line."""

from agent.openapi.spec import SpecError

MAX_BYTES = 64 * 2**20
"""Five times the largest description in use that was found, GitHub's with 13 MB."""
MAX_VALUES = 3_000_000
"""Values after aliases are written out; GitHub's description has 0.25 million. The most costly
kind, texts with keys of their own, takes 0.8 GB of memory."""
MAX_DEPTH = 100
"""Objects and lists within each other; GitHub's description has 21. A recursive walk that needs
five frames for each must stay below Python's limit of 1,000 frames."""
MAX_DIGITS = 4300
"""Python's own limit for reading and writing integers. Source: sys.int_info of CPython 3.11."""

TOO_MANY = f"holds more than {MAX_VALUES:,} values; split the description"
TOO_DEEP = f"is nested more than {MAX_DEPTH} levels deep; move inner parts to components"
_LONGEST_SHOWN = 60


def fault(name: str, cause: str, line: int | None = None, column: int | None = None) -> SpecError:
    """Return the error for a description that is refused.

    Args:
        name: What the description is called.
        cause: What is wrong and how to put it right.
        line: Where it is, from 1; None when unknown.
        column: The same within the line, in characters, from 1.
    """
    place = f"line {line}, column {column}: " if line else ""
    return SpecError(" ".join(name.split()), " ".join(f"{place}{cause}".split()))


def shown(text: str) -> str:
    """Return foreign text as a short literal without control characters."""
    return ascii(text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}...")
