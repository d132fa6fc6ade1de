"""The one script that goes into the sandbox, joined from the parts in `inside`."""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

PARTS = ("guesses", "failures", "stand_ins", "fastapi_apps", "django_apis", "exporting")
"""What imports applications; `answering` then tells of them."""
_FOLDER = Path(__file__).with_name("inside")
_OWN_IMPORT = re.compile(r"^from agent\.[\w.]+ import (?:\([^)]*\)|[^\n(]*)\n", re.MULTILINE)
_FUTURE = "from __future__ import annotations\n"


@cache
def script() -> str:
    """Return the text for `python -c`; it reads a job from stdin.

    It must not be imported from files: a repository may have a package `agent` of its own.
    """
    return with_applications(_FOLDER / "answering.py")


def with_applications(*others: Path) -> str:
    """Return one text of the parts that import applications and of other files."""
    return joined([*(_FOLDER / f"{name}.py" for name in PARTS), *others])


def joined(files: Iterable[Path]) -> str:
    """Return the parts of a script as one text, without what they import of each other."""
    parts = [file.read_text("utf-8") for file in files]
    return _FUTURE + "".join(_OWN_IMPORT.sub("", part.replace(_FUTURE, "")) for part in parts)
