"""The options of a line for pytest, as in `addopts` or in CI."""

import re
import shlex
from collections.abc import Sequence
from typing import Any

_LISTS = {"--ignore", "--ignore-glob", "--deselect", "--exclude-tag", "--cov", "-W", "-p"}
_TEXTS = {"-k", "-m", "--cov-fail-under", "--fail-under", "--reruns", "--max-complexity",
          "--min-pass", "--maxfail"}  # fmt: skip
_WITH_VALUE = _LISTS | _TEXTS | {
    "-c", "-n", "-o", "--tb", "--color", "--durations", "--timeout", "--cov-report", "--junitxml",
    "--junit-xml", "--rootdir", "--confcutdir", "--import-mode", "--dist", "--cov-config", "--ds",
    "--settings", "--parallel", "-v2",
}  # fmt: skip


def words_of_line(text: str | Sequence[str]) -> list[str]:
    """Return the words of a line, or of a list of words."""
    if not isinstance(text, str):
        return [str(word) for word in text]
    try:
        return shlex.split(text, comments=False)
    except ValueError:
        return text.split()


def options_of(words: Sequence[str]) -> dict[str, Any]:
    """Return options with their values: sets of texts, one text, or True.

    What is no option stands under an empty name: files and folders.
    """
    found: dict[str, Any] = {}
    todo = list(words)
    while todo:
        word = todo.pop(0)
        name, value = _divided(word)
        if not name.startswith("-") or name == "-":
            found.setdefault("", set()).add(word)
            continue
        if not value and name in _WITH_VALUE and todo and not _is_bare(name, todo[0]):
            value = todo.pop(0)
        if name in _LISTS:
            found.setdefault(name, set()).add(value)
        else:
            found[name] = value or True
    return found


def _is_bare(name: str, following: str) -> bool:
    """Tell whether an option stands without its value, as `--cov` may."""
    return following.startswith("-") or (name in ("--cov", "--parallel") and "/" in following)


def _divided(word: str) -> tuple[str, str]:
    if word.startswith("--") and "=" in word:
        name, _, value = word.partition("=")
        return name, value
    short = re.match(r"(-[kmpW])(=?)(\S.*)$", word, re.DOTALL)
    if short and not word.startswith("--"):
        return short[1], short[3]
    return word, ""
