"""Reading JSON values whose shape nobody vouches for."""

import json
from typing import Any


def mapping(value: Any) -> dict[str, Any]:
    """Return an object, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """Return a list, or an empty one for anything else."""
    return value if isinstance(value, list) else []


def texts(value: Any) -> list[str]:
    """Return the texts in a list."""
    return [item for item in items(value) if isinstance(item, str)]


def text(value: Any) -> str:
    """Return a text, or an empty one for anything else."""
    return value if isinstance(value, str) else ""


def is_number(value: Any) -> bool:
    """Tell whether a value is a number; JSON's true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def canonical(value: Any) -> str:
    """Return the one spelling of a JSON value: `1` is not `true`, but the same as `1.0`."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are the same JSON value."""
    return bool(one == other) and canonical(one) == canonical(other)
