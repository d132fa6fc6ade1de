"""Telling at once when an edit leaves a Python file that does not parse."""

from __future__ import annotations

import sys
import warnings

from integrations.sandbox.inside.paths import shown

_LARGEST = 300_000


def new_problem(name: str, before: bytes | None, after: bytes) -> str:
    """Return the syntax error that a change brought into a Python file, else an empty text.

    A file that did not parse before, such as one in a newer or older language, is left in peace.
    """
    if not name.endswith((".py", ".pyi")) or len(after) > _LARGEST:
        return ""
    problem = _problem(after)
    if not problem or (before is not None and _problem(before)):
        return ""
    version = ".".join(map(str, sys.version_info[:2]))
    return f"{shown(name)} is saved but does not parse (Python {version}): {problem}"


def _problem(source: bytes) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(source, "", "exec", dont_inherit=True)
    except SyntaxError as error:
        return f"line {error.lineno}: {error.msg}: {(error.text or '').strip()[:200]}".rstrip(": ")
    except (ValueError, RecursionError, MemoryError, OverflowError):
        return ""
    return ""
