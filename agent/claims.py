"""What the developer writes about results is left out: results are shown by evidence alone."""

import re

_WHAT = (
    r"tests?|specs?|suites?|pytest|unittest|checks?|gates?|lint(?:er|ing)?|ruff|flake8|black|mypy"
    r"|pyright|types?|type[- ]check\w*|coverage|ci|pipelines?|builds?|migrations?|openapi"
)
_GOOD = (
    r"pass(?:es|ed|ing)?|green|succeed(?:s|ed|ing)?|success(?:ful|fully)?|clean(?:ly)?|verified"
    r"|proven|proved|confirmed|validated|error[- ]free|happy"
    r"|(?:as|is|are|was|were) (?:fine|good|ok)"
    r"|(?:no|zero|without(?: any)?) (?:errors?|issues?|findings?|failures?|warnings?|regressions?)"
)
_CLAIM = re.compile(
    rf"\b(?:{_WHAT})\b.*\b(?:{_GOOD})\b|\b(?:{_GOOD})\b.*\b(?:{_WHAT})\b"
    r"|\b(?:everything|all) (?:\w+ )?(?:pass(?:es|ed)?|green|works?|is fine)\b"
    r"|\b(?:coverage|covered)\b.*\d ?(?:%|percent\b)|\d ?(?:%|percent\b).*\b(?:coverage|covered)\b"
    r"|\bfully (?:tested|covered)\b|\bwell[- ]tested\b|\bno regressions?\b"
    r"|\bbackwards?[- ]compatible\b|\bverified (?:locally|manually|that|by)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[\"'(\[*_-]*[A-Z0-9`])")
_BOX = re.compile(r"^(\s*(?:[-*+]|\d+[.)])\s+)\[[ xX]\] *", re.MULTILINE)


def without_claims(text: str) -> str:
    """Return the text without the sentences that tell of results, and without ticked boxes.

    What the code does stays; `All 31 tests pass.` goes.
    """
    rows = [_without_claims(row) for row in text.splitlines()]
    told = zip(text.splitlines(), rows, strict=True)
    kept = [row for before, row in told if row.strip(" -*+") or not before.strip()]
    return _BOX.sub(r"\g<1>", "\n".join(kept)).strip()


def _without_claims(row: str) -> str:
    lead = row[: len(row) - len(row.lstrip())]
    sentences = _SENTENCE.split(row.strip())
    return lead + " ".join(part for part in sentences if not _CLAIM.search(part))
