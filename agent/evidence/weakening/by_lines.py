"""Files of tests that cannot be parsed here: compared line by line, and said so."""

import re
from collections import Counter
from collections.abc import Iterator

from agent.evidence.weakening.change import Change
from agent.evidence.weakening.finding import Finding, Found, Kind

_TEST = re.compile(r"^[ \t]*(?:async[ \t]+)?def[ \t]+(test\w*)", re.MULTILINE)
_ASSERTS = re.compile(
    r"^[ \t]*(?:assert\b|(?:await[ \t]+)?[\w.]*\.?assert\w+\()|\.raises\(", re.MULTILINE
)
_SKIPS = re.compile(
    r"^[ \t]*[^#\n]*\b(skip|skipif|skipIf|skipUnless|skipTest|xfail|importorskip"
    r"|expectedFailure)\b",
    re.MULTILINE,
)
_TRIVIAL = re.compile(r"^[ \t]*assert[ \t]+(?:True|1)\b", re.MULTILINE)


def compared_by_lines(change: Change) -> Found:
    """Compare changed files of the tests of which one side cannot be parsed."""
    findings: list[Finding] = []
    notes: list[str] = []
    for path in change.testing:
        if not change.is_unread(path):
            continue
        old, new = (side.texts.get(path, "") for side in (change.before, change.after))
        notes.append(f"{path} cannot be parsed with this Python: it was compared by lines.")
        findings += _compared(path, old, new)
    return Found(findings=tuple(findings), notes=tuple(notes))


def _compared(path: str, before: str, after: str) -> Iterator[Finding]:
    names = Counter(_TEST.findall(before)) - Counter(_TEST.findall(after))
    for name in sorted(names):
        yield _finding(Kind.REMOVED_TEST, path, name, "it is gone")
    counts = [
        (Kind.REMOVED_ASSERTION, "assertions", _count(_ASSERTS, before) - _count(_ASSERTS, after)),
        (Kind.SKIPPED, "skips", _count(_SKIPS, after) - _count(_SKIPS, before)),
        (Kind.WEAKER_ASSERTION, "assertions that always hold",
         _count(_TRIVIAL, after) - _count(_TRIVIAL, before)),
    ]  # fmt: skip
    for kind, what, number in counts:
        if number > 0:
            word = "fewer" if kind is Kind.REMOVED_ASSERTION else "more"
            yield _finding(kind, path, what, f"{number} {word} than at the base")


def _count(form: re.Pattern[str], text: str) -> int:
    return len(form.findall(text))


def _finding(kind: Kind, path: str, name: str, text: str) -> Finding:
    return Finding(kind=kind, path=path, name=name, text=text)
