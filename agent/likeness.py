"""Telling whether two outputs say the same, when clocks, addresses and line numbers differ.

Every expression here is linear in the length of the text, and texts beyond `LIMIT` are compared
as they are. A transcript is read again at each step, so what was worked out is remembered.
"""

import re
from functools import lru_cache
from hashlib import sha256

from agent.text import first_line, plain_output, visible

LIMIT = 60_000
"""Characters; more than any tool result has."""
_REMEMBERED = 128
"""Results; the newest runs of commands and checks of a few tickets."""

_PLACES = r"""
    (?P<folder>/(?:(?:private/)?(?:var/)?tmp|var/folders)/(?:[\w.+@-]+/)*)
    |\b(?:(?P<address>0x[0-9a-f]+\b)
      |(?P<temp>tmp(?:\.\w{6,}|[a-z0-9_]{8})\b)
      |(?P<port>(?:127\.0\.0\.1|0\.0\.0\.0|localhost):\d+)
"""
_TIMES = r"""
      |(?P<time>\d{4}-\d\d-\d\d[T\ ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?
        |\d{1,2}:\d\d:\d\d(?:[.,]\d+)?\b
        |1[6-9]\d{8}(?:\.\d+)?\b)
      |(?P<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|[0-9a-f]{12,64}\b)
      |(?P<duration>\d+(?:[.,]\d+)?\s?(?:ms|[µu]s|ns|s|secs?|seconds?|min|minutes?)\b)
      |(?P<number>(?:pid|process|thread|worker|port|seed)[\ =:\#]{1,3}\d+|gw\d+\b)
    )|(?P<gap>\[\.\.\.\ \d+\ [^\]\n]{0,80}left\ out[^\]\n]{0,80}\])
"""
_SOMEWHERE = re.compile(_PLACES + ")", re.VERBOSE | re.IGNORECASE)
_VOLATILE = re.compile(_PLACES + _TIMES, re.VERBOSE | re.IGNORECASE)
_TRACEBACK = re.compile(r"^(?:E  |Traceback \(most recent call last\))", re.MULTILINE)
_SOURCE = re.compile(r" {4}|>")
_COMPARED = re.compile(r"E  |\w*(?:Error|Exception)\b")
"""A line with what was expected and found: times and ids in it may be the very finding."""
_LINE_NUMBER = re.compile(r"(?<=\.)([a-z]{1,5}):\d+(?::\d+)?|\bline \d+|^ *\d+ \|", re.IGNORECASE)
_PLAIN = str.maketrans({"<": "(", ">": ")", "`": "'"})


def digest(text: str) -> str:
    """Return a short name for the text; any text has one, also one with lone surrogates."""
    return sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


@lru_cache(maxsize=_REMEMBERED)
def steady(text: str) -> str:
    """Return the text without what changes from one run of a command to the next."""
    return text if len(text) > LIMIT else _VOLATILE.sub(_kind, text)


@lru_cache(maxsize=_REMEMBERED)
def complaint(text: str) -> str:
    """Return what a failing output complains about.

    Line numbers go, and so does the source code that a traceback shows: both change with every
    edit. What was printed, and what was expected and found, stays.
    """
    if len(text) > LIMIT:
        return text
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    if _TRACEBACK.search(text):
        lines = [line for line in lines if not _SOURCE.match(line)]
    return "\n".join(_LINE_NUMBER.sub(lambda found: found[1] or "line", _still(x)) for x in lines)


def _still(line: str) -> str:
    return (_SOMEWHERE if _COMPARED.match(line) else _VOLATILE).sub(_kind, line)


def _kind(found: re.Match[str]) -> str:
    return f"<{found.lastgroup}>"


def quoted(text: str, limit: int) -> str:
    """Return foreign text as a short quotation on one line, for prompts, Slack and Jira alike."""
    line = " ".join(visible(plain_output(text[: 4 * limit])).split())
    plain = line.translate(_PLAIN).encode("utf-8", "replace").decode("utf-8")
    return f"`{first_line(plain, limit) or '(nothing)'}`"
