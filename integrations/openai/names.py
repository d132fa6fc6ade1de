"""How a model's name is found in a table of names."""

import re
from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")

_SNAPSHOT = re.compile(r"(?:[-@:](?:\d{4}-\d{2}-\d{2}|\d{4,8}|latest))?")


def entry_of(model: str, table: Mapping[str, T]) -> T | None:
    """Return what a table says about a model, or None.

    A name also stands for its dated snapshots (`gpt-4o` for `gpt-4o-2024-08-06`), the longest name
    first. It does not stand for siblings: `gpt-5-pro` is another model than `gpt-5`.
    """
    for name in sorted(table, key=len, reverse=True):
        if model.startswith(name) and _SNAPSHOT.fullmatch(model[len(name) :]):
            return table[name]
    return None
