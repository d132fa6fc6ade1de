"""The message of a commit: in the style of the repository's own commits, with trailers. Pure.

A style counts when at least half of the newest subjects follow it; without one it is `KEY: Title`.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

from agent.claims import without_claims
from agent.domain.value import Value
from agent.survey.source import is_test_path
from agent.text import first_line

LOOKED_AT = 50
"""How many of the newest commits tell the style."""
UNTITLED = "Work on the ticket"
_FEWEST = 4
"""With fewer subjects than this there is no style."""
_KEY = r"[A-Z][A-Z0-9_]+-\d+"
_KINDS = "build|chore|ci|docs|feat|fix|perf|refactor|revert|style|test"
_DOCUMENT = re.compile(r"(^|/)docs?/|\.(md|rst|txt|adoc)$")


class Form(StrEnum):
    """Where a subject has the key of its ticket, and what else stands before the words."""

    COLON = "PAY-1: Title"
    BRACKETS = "[PAY-1] Title"
    SPACE = "PAY-1 Title"
    BEHIND = "Title (PAY-1)"
    CONVENTIONAL = "feat: title"
    PLAIN = "Title"


_FORMS = {
    Form.CONVENTIONAL: re.compile(rf"(?:{_KINDS})(?:\([^)]*\))?!?: (?P<words>.*)"),
    Form.COLON: re.compile(rf"{_KEY}: (?P<words>.*)"),
    Form.BRACKETS: re.compile(rf"\[{_KEY}\]:? (?P<words>.*)"),
    Form.SPACE: re.compile(rf"{_KEY} (?:- )?(?P<words>.*)"),
    Form.BEHIND: re.compile(rf"(?P<words>.*) [(\[]{_KEY}[)\]]"),
    Form.PLAIN: re.compile(r"(?P<words>.*)"),
}


class Style(Value):
    """How a repository's commits begin."""

    form: Form = Form.COLON
    is_lower: bool = False
    """True when the words begin with a small letter."""
    has_stop: bool = False
    """True when a subject ends with a full stop."""


def style_of(subjects: Sequence[str]) -> Style:
    """Return the style of subjects; what a forge adds, such as ` (#12)`, does not count."""
    plain = [re.sub(r"\s*\(#\d+\)$", "", subject).strip() for subject in subjects]
    told = [pair for pair in map(_told, plain) if pair[1]]
    if len(told) < _FEWEST:
        return Style()
    form, number = Counter(form for form, _ in told).most_common(1)[0]
    if number * 2 < len(told):
        return Style()
    words = [words for found, words in told if found is form]
    return Style(
        form=form,
        is_lower=_most(words, lambda text: text[0].islower()),
        has_stop=_most(words, lambda text: text.endswith(".")),
    )


def _told(subject: str) -> tuple[Form, str]:
    matches = ((form, known.fullmatch(subject)) for form, known in _FORMS.items())
    return next((form, found["words"]) for form, found in matches if found)


def _most(words: list[str], is_so: Callable[[str], bool]) -> bool:
    return sum(map(is_so, words)) * 2 > len(words)


def commit_message(
    key: str,
    summary: dict[str, Any],
    run: str,
    steps: int,
    style: Style | None = None,
    changed: Sequence[str] = (),
) -> str:
    """Return the message of the commit that publishes a run's work.

    Args:
        key: The ticket's key; it is in the trailers whatever the style.
        summary: The developer's words: `title` and `summary`; claims about results are left out.
        run: The run's id.
        steps: How many steps it took.
        style: That of the repository's own commits.
        changed: The paths that the commit changes.
    """
    title = first_line(without_claims(str(summary.get("title", "")))) or UNTITLED
    subject = _subject(key, title, style or Style(), changed)
    trailers = f"Ticket: {key}\nRun-Id: {run}\nStep: {steps}"
    parts = (subject, without_claims(str(summary.get("summary", ""))), trailers)
    return "\n\n".join(part for part in parts if part) + "\n"


def _subject(key: str, title: str, style: Style, changed: Sequence[str]) -> str:
    is_word = title[:1].isupper() and title[1:2].islower()
    words = title[0].lower() + title[1:] if style.is_lower and is_word else title
    words = words.rstrip(".") + ("." if style.has_stop else "")
    return {
        Form.COLON: f"{key}: {words}",
        Form.BRACKETS: f"[{key}] {words}",
        Form.SPACE: f"{key} {words}",
        Form.BEHIND: f"{words} ({key})",
        Form.CONVENTIONAL: f"{_kind(title, changed)}: {words}",
        Form.PLAIN: words,
    }[style.form]


def _kind(title: str, changed: Sequence[str]) -> str:
    """Return the type of a conventional commit, by what it changes and how it is called."""
    if changed and all(map(is_test_path, changed)):
        return "test"
    if changed and all(map(_DOCUMENT.search, changed)):
        return "docs"
    first = title.partition(" ")[0].lower()
    known = {"fix": "fix", "mend": "fix", "correct": "fix", "refactor": "refactor"}
    return next((kind for verb, kind in known.items() if first.startswith(verb)), "feat")
