"""Package names that look like well-known ones: a slip of the finger, or a trap."""

import re
from functools import cache
from pathlib import Path

_LIST = Path(__file__).with_name("well_known.txt")
"""The packages that are installed most, and those of backend services; one a line, sorted."""
_SHORTEST = 5
_SIGNS = str.maketrans({"0": "o", "1": "l", "5": "s", "3": "e"})


@cache
def _well_known() -> frozenset[str]:
    return frozenset(_LIST.read_text("utf-8").split())


@cache
def _by_bare_name() -> dict[str, str]:
    return {_bare(name): name for name in sorted(_well_known(), reverse=True)}


def look_alike(name: str) -> str:
    """Return the well-known name that another name could be mistaken for; empty for none."""
    if name in _well_known():
        return ""
    same = _by_bare_name().get(_bare(name))
    if same:
        return same
    if len(name) < _SHORTEST:
        return ""
    near = (n for n in sorted(_well_known()) if len(n) >= _SHORTEST and _is_one_slip(name, n))
    return next(near, "")


def _bare(name: str) -> str:
    """Return a name without what is easily overlooked in it."""
    return re.sub(r"[-_.]", "", name).translate(_SIGNS)


def _is_one_slip(one: str, other: str) -> bool:
    """Tell whether one letter was added, left out, replaced, or swapped with its neighbour.

    A digit at the end is a version of its own, such as `psycopg2`.
    """
    if abs(len(one) - len(other)) > 1 or one.rstrip("0123456789") == other.rstrip("0123456789"):
        return False
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if at is None:
        return True
    rest, others = one[at:], other[at:]
    swapped = rest[:2] == others[:2][::-1] and rest[2:] == others[2:]
    return rest[1:] == others or rest == others[1:] or rest[1:] == others[1:] or swapped
