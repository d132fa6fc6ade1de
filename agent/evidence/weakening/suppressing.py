"""Comments that silence a checker: noqa, type: ignore, pragma: no cover and their kin."""

import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from agent.evidence.weakening.finding import Finding, Found, Kind

_FORMS = {
    "type: ignore": re.compile(r"#\s*type:\s*ignore(?:\[(?P<codes>[^\]]*)\])?", re.I),
    "noqa": re.compile(r"#\s*noqa(?::\s*(?P<codes>[A-Z]+\d*(?:[,\s]+[A-Z]+\d+)*))?", re.I),
    "noqa of the file": re.compile(r"#\s*(?:ruff|flake8):\s*noqa(?::\s*(?P<codes>[\w, ]+))?", re.I),
    "pragma: no cover": re.compile(r"#\s*pragma:\s*no\s*(?P<codes>cover|branch)", re.I),
    "pylint: disable": re.compile(
        r"#\s*pylint:\s*(?:disable|skip-file)(?:[\w-]*=(?P<codes>[\w\-, ]+))?"
    ),
    "pyright: ignore": re.compile(r"#\s*(?:pyright|ty|pyre):\s*ignore(?:\[(?P<codes>[^\]]*)\])?"),
    "mypy": re.compile(r"#\s*(?:mypy|pyright):\s*(?P<codes>(?!ignore\b(?!-))[\w-]+)"),
    "nosec": re.compile(r"#\s*nosec\b(?::?\s*(?P<codes>B\d+(?:[,\s]+B\d+)*))?"),
}
_UNTYPED = re.compile(r"\s*@(typing\.)?no_type_check\b")
_INLINE = frozenset({"type: ignore", "noqa", "pylint: disable", "pyright: ignore", "nosec"})
_UNTESTED = re.compile(r"if ((typing\.)?TYPE_CHECKING|__name__ == ['\"]__main__['\"]):")
_OF_TESTS = re.compile(r"(^|/)(tests/.*|test_[^/]*|conftest)\.py$")
_STRICTER = frozenset({"strict", "disallow-untyped-defs", "basic"})


@dataclass(frozen=True)
class Silence:
    """One comment that silences one rule, or all of them."""

    what: str
    code: str
    path: str
    line: int
    source: str
    """The whole line, without spaces at its ends."""

    def bare(self) -> str:
        """Return the line without its comment."""
        return self.source.partition("#")[0].strip()

    @property
    def is_precise(self) -> bool:
        """True when it names a rule and is for its own line, or for one that no test can run."""
        if self.what == "pragma: no cover":
            return _UNTESTED.match(self.bare()) is not None
        return bool(self.code) and bool(self.bare()) and self.what in _INLINE

    @property
    def is_of_tests(self) -> bool:
        """True when it only leaves a line of the tests themselves out of coverage."""
        return self.what == "pragma: no cover" and _OF_TESTS.search(self.path) is not None

    def said(self) -> str:
        """Return the comment for people."""
        return f"{self.what} ({self.code})" if self.code else self.what


def silenced(before: Mapping[str, str], after: Mapping[str, str], changed: list[str]) -> Found:
    """Return silencing comments of which there are more than at the base.

    One that names its rule, for its own line, is a note; how many lines of the tests themselves
    are left out of coverage is another.
    """
    findings: list[Finding] = []
    notes: list[str] = []
    unmeasured = 0
    paths = [path for path in changed if path.endswith((".py", ".pyi"))]
    old = [one for path in paths for one in silences(path, before.get(path, ""))]
    new = [one for path in paths for one in silences(path, after.get(path, ""))]
    counts = Counter((one.what, one.code, one.is_of_tests) for one in old)
    lines = {(one.what, one.code, one.source) for one in old}
    ordered = sorted(new, key=lambda one: (one.what, one.code, one.source) not in lines)
    for one in ordered:
        kind = one.what, one.code, one.is_of_tests
        counts[kind] -= 1
        if counts[kind] >= 0:
            continue
        if one.is_of_tests:
            unmeasured += 1
            continue
        if one.is_precise:
            notes.append(f"{one.path}:{one.line} is silenced: {one.said()}.")
            continue
        text = f"`{one.source[:80]}` silences more than before"
        findings.append(Finding(kind=Kind.SUPPRESSION, path=one.path, name=one.said(), text=text,
                                head_line=one.line))  # fmt: skip
    if unmeasured:
        notes.append(f"Lines of tests left out of coverage: {unmeasured} more than at the base.")
    return Found(findings=tuple(findings), notes=tuple(notes))


def silences(path: str, text: str) -> list[Silence]:
    """Return the silencing comments of a file, one for each rule that a comment names."""
    lines = text.splitlines()
    found = [
        Silence("no_type_check", "", path, number, line.strip())
        for number, line in enumerate(lines, 1)
        if _UNTYPED.match(line)
    ]
    for number, comment in _comments(text):
        source = lines[number - 1].strip() if number <= len(lines) else comment
        for what, form in _FORMS.items():
            for match in form.finditer(comment):
                codes = re.split(r"[,\s]+", (match["codes"] or "").strip())
                found += [
                    Silence(what, code, path, number, source)
                    for code in codes
                    if code not in _STRICTER
                ]
    return found


def _comments(text: str) -> Iterator[tuple[int, str]]:
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError, IndentationError):
        for number, line in enumerate(text.splitlines(), 1):
            if "#" in line:
                yield number, line[line.index("#") :]
        return
    for token in tokens:
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
