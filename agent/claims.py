"""What the developer writes about results is left out: results are shown by evidence alone.

A claim is told by its grammar: what checks the code, next to how that ended. Words such as check,
type or build also occur in what a change does, so the two must stand together.
"""

import re
from html import unescape
from itertools import takewhile

_TOOLS = (
    r"(?:(?:unit|integration|regression|api|new|old|existing)[- ])?tests?|test cases?|specs?"
    r"|(?:test )?suites?|pytest|unittest|lint(?:ers?|ing)?|ruff|flake8|pylint|black|isort|mypy"
    r"|pyright|type[- ]?check(?:s|ers?|ing)?|make (?:check|test|lint)s?|ci|pre-commit|tox"
    r"|formatt(?:ing|er)"
)
_OTHERS = (
    r"checks|(?:every|each|all) (?:checks?|gates?)|gates|types|typing|coverage|pipelines?|builds?"
    r"|migrations?|openapi(?: diff| check)?"
)
"""Words that a product has for things of its own, too."""
_BETWEEN = (
    r"now|all|still|also|again|both|either|do|does|did|is|are|was|were|be|been|being|has|have|had|it"
    r"|should|will|that|which|run|runs|ran|running|completed?|completes|finish(?:es|ed)?|reports?"
    r"|reported|says?|shows?|came|comes?|went|goes|back|out|and|or|the|whole|full|entire|finds?"
    r"|found|remains?|stays?|here|locally|completely|fully|of|them|with|ended|ends|exits?|\d+"
    r"|they|on|base|fails?|strict|appl(?:y|ies|ied)|rolls?|reverts?|hooks?"
)
_FAULTS = r"errors?|issues?|findings?|failures?|warnings?|problems?|regressions?|complaints?"
_END = (
    r"(?=\s*(?:[^\w\s'\"\[]|\Z|(?-i:\n[A-Z]))|\s+(?:and|now|again|too|here|locally|both|cleanly|green"
    r"|successfully|with(?:out)?|in|at|as|after|before|for|under|since|across)\b"
    r"|\s+on (?:ci\b|(?:the )?(?:branch|base|head|main)\b|all\b|every|both|postgres|python|\S*\d))"
)
_GOOD = (
    rf"(?:pass(?:es|ed|ing)?|succeed(?:s|ed)?|green|success(?:ful(?:ly)?)?|clean(?:ly)?|ok(?:ay)?|fine"
    rf"|happy|positive|error[- ]free|through|perfect(?:ly)?|healthy|satisfied){_END}"
    rf"|(?:no|zero|0|without(?: any)?) (?:(?:new|more|further|other) )?(?:{_FAULTS})"
    r"|(?:with|code) 0\b|nothing (?:new|left|to (?:complain|report|fix)|wrong)"
    r"|up and down|(?:in )?both (?:ways|directions)"
)
_SAID = rf"(?:{_TOOLS}|{_OTHERS})"
_NEXT = rf"(?:[\s,:=()/-]+(?:{_BETWEEN}|{_SAID})\b){{0,6}}[\s,:=()/-]+"
_NUMBER = r"\d[\d.,]* ?(?:%|percent\b)"
_CLAIMS = (
    rf"(?<![\w-])(?:{_TOOLS})\b{_NEXT}(?:{_GOOD})",
    rf"(?P<other>\b(?:{_OTHERS})\b{_NEXT}(?:{_GOOD}))",
    rf"\b(?:no|none of the|0|zero) (?:\w+ )?(?:{_TOOLS}|gates?)(?: (?:is|are|has|have))? "
    r"(?:fail\w*|broken?|red|errors?|warnings?|issues?|findings?|complaints?)\b",
    rf"\b(?:no|zero|0|without(?: any)?) (?:\w+ )?(?:failing|failed|broken|skipped) (?:{_SAID})",
    rf"\b(?:0|zero) (?:{_FAULTS}|failed)\b|\b(?:no|without)(?: \w+)? regressions?\b",
    rf"\b(?:no|without(?: any)?) (?:{_FAULTS}) (?:in|from|by) (?:the |all )?(?:\d+ )?"
    rf"(?:{_SAID}|source files)",
    rf"\b\d+(?:/\d+)? (?:{_SAID} )?(?:passed|failed|passing|green){_END}",
    r"\b(?:everything|it all|all(?: \d+)?(?: of (?:them|it))?)"
    r"(?: (?:now|is|are|was|were|still|also))*"
    rf" (?:green|fine|ok(?:ay)?|clean|good|(?:pass(?:es|ed|ing)?|works?){_END})",
    r"\bnothing (?:(?:is|was|has been|got) broken|breaks|broke)\b"
    r"|\b(?:met|implemented|covered|documented) and tested\b",
    r"\bworks? (?:as (?:expected|intended|designed)|correctly|fine|perfectly|flawlessly)\b",
    r"\b(?:i|we)(?: have| also|'ve)*"
    r" (?:verified|confirmed|validated|checked|tested|(?:re-?)?r[au]n)\b",
    rf"^(?:also )?(?:re-?)?ran\b.*\b(?:{_TOOLS})\b"
    r"|^(?:also |manually |successfully )?tested"
    r" (?:locally|manually|with|on|by|against|in|it|the|via|up)\b",
    r"^(?:also |manually )?(?:verified|confirmed|validated|checked)"
    r" (?:locally|manually|that|by|with|it)\b",
    r"\b(?:verified|tested|validated|checked) (?:locally|manually|end[- ]to[- ]end)\b",
    r"(?<!that )(?<!which )\b(?:was|were|been) (?:\w+ly )?tested\b",
    r"\bmigrations? (?:is|was|were|has been|have been) (?:\w+ly )?(?:verified|proven|confirmed)\b",
    r"\b(?:fully|well|thoroughly|completely|extensively)[- ](?:unit[- ])?tested\b",
    r"\b(?:is|are|stays?|remains?|fully|kept) backwards?[- ]compatible\b|\bno breaking changes?\b",
)
_COVERAGE = (
    rf"^(?:(?:the|our|total|overall|code|test|line|branch) )*coverage\b.{{0,60}}{_NUMBER}"
    rf"|{_NUMBER} (?:of )?(?:\w+ )?(?:coverage|covered)\b"
    rf"|\b(?:test|code|line|branch) coverage\b.*{_NUMBER}"
    r"|\bcoverage (?:is|was|stays?|remains?|has|does|did|went|goes)? ?(?:up|not|increase[sd]?"
    r"|rises?|rose|improve[sd]?|unchanged|full|complete|higher|better)\b"
    r"|\bfull(?:y)? (?:test )?cover(?:age|ed)\b"
    r"|\b(?:lines?|branch(?:es)?|paths?|code|everything) (?:is|are) (?:all |now |fully )*covered\b"
)
_OF_A_PRODUCT = re.compile(
    r"\b(?:insur|polic|premium|claim|network|region|tariff|deductible)", re.IGNORECASE
)
_CLAIM = re.compile("|".join(_CLAIMS), re.IGNORECASE | re.DOTALL)
_COVERS = re.compile(_COVERAGE, re.IGNORECASE | re.DOTALL)
_CONDITION = re.compile(r"\b(?:if|unless|until|whether|once|only|whose)\b[^,;:.]*\Z", re.IGNORECASE)
_OCCASION = re.compile(r"\b(?:when|while|after|before|where)\b[^,;:.]*\Z", re.IGNORECASE)
_IDLE = re.compile(rf"\W*(?:(?:{_SAID}|{_BETWEEN}|a|our|my)\b\W*)*+", re.IGNORECASE)
_MARK = re.compile(
    r":(?:\w*check_mark|ballot_box_with_check|\w*green_(?:circle|square|heart)|tada|thumbsup|\+1"
    r"|rocket): ?|[✅✔☑✓🟢🟩💚🎉👍❌⚠]\ufe0f? ?"
)
_ENTITY = re.compile(r"&#?\w+;")
_IMAGE = re.compile(r"!\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])?")
_BOX = re.compile(
    r"^([ \t]*(?:>[ \t]*)*(?:(?:[-*+]|\d+[.)])\s+)+)\[(?P<box>[ xX])\] *", re.MULTILINE
)
_FENCE = re.compile(r"\s*(`{3,}|~{3,})")
_LEAD = re.compile(r"\s*(?:>\s*)*(?:(?:[-*+]|\d+[.)]|#{1,6})\s+)*(?:\[[ xX]\]\s+)?")
_BEGINS = re.compile(r"\s*(?:(?:[-*+]|\d+[.)]|#{1,6})\s|\||$)")
_HEADING = re.compile(r"\s*#{1,6}\s")
_DRESS = re.compile(r"[*_`~>#=]+")
_SENTENCE = re.compile(
    r"((?<=[.!?])\s+(?=[\"'(\[*_`-]*(?:[A-Z0-9:`✅✔☑✓🟢🎉]|(?:mypy|ruff|pytest|pyright)\b)))"
)
_CLAUSE = re.compile(r"(;\s+|\s+[\u2013\u2014-]\s+|,\s+(?:and|so|but|with)\s+|\n(?=[A-Z]))")


def without_claims(text: str) -> str:
    """Return the text without what it tells of results, and without ticked boxes and marks.

    What the code does stays; `All 31 tests pass.` goes. A table or a block of output that tells of
    a result goes as a whole, and so does every image, for it can show anything.
    """
    blocks = _blocks(_IMAGE.sub("", _ENTITY.sub(_mark_or_entity, text)))
    found = [_kept(block) for block in blocks]
    kept: list[str] = []
    is_after_gone = False
    for index, block in enumerate(blocks):
        if _is_gone(index, blocks, found):
            is_after_gone = True
        elif block.strip() or not is_after_gone or (kept and kept[-1].strip()):
            kept.append(found[index])
            is_after_gone = is_after_gone and not block.strip()
    return _MARK.sub("", _BOX.sub(r"\g<1>", "\n".join(kept))).strip()


def _mark_or_entity(entity: re.Match[str]) -> str:
    plain = unescape(entity[0])
    return plain if _MARK.match(plain) else entity[0]


def _has_words(text: str) -> bool:
    return re.search(r"\w", _LEAD.sub("", text, count=1)) is not None


def _is_gone(index: int, blocks: list[str], found: list[str]) -> bool:
    """Tell whether nothing is left of a block; of a heading, whether all that followed is gone."""
    block = blocks[index]
    if not _HEADING.match(block) or not _has_words(found[index]):
        return _has_words(block) and not _has_words(found[index])
    rest = zip(blocks[index + 1 :], found[index + 1 :], strict=True)
    section = takewhile(lambda pair: not _HEADING.match(pair[0]), rest)
    said = [text for original, text in section if original.strip()]
    return bool(said) and not any(map(_has_words, said))


def _blocks(text: str) -> list[str]:
    """Return what belongs together: a fence, a table, or a paragraph, item or heading."""
    blocks: list[list[str]] = []
    fence = ""
    for line in text.splitlines():
        mark = _FENCE.match(line)
        last = blocks[-1][0] if blocks else ""
        is_row = line.lstrip().startswith("|") and last.lstrip().startswith("|")
        is_like = line.lstrip().startswith(">") == last.lstrip().startswith(">")
        is_open = is_like and bool(last.strip()) and not _HEADING.match(last)
        goes_on = is_open and not _BEGINS.match(line)
        if fence or is_row or (goes_on and not mark and not _FENCE.match(last)):
            blocks[-1].append(line)
        else:
            blocks.append([line])
        if mark and (not fence or mark[1].startswith(fence)):
            fence = "" if fence else mark[1]
    return ["\n".join(lines) for lines in blocks]


def _kept(block: str) -> str:
    if _FENCE.match(block) or block.lstrip().startswith("|"):
        return "" if any(map(_is_claim, block.splitlines())) else block
    lead = _LEAD.match(block)
    start = lead.end() if lead else 0
    box = _BOX.match(block)
    parts = _SENTENCE.split(block[start:])
    if box and box["box"] != " ":
        parts[0] = f"✅ {parts[0]}"
    told = [
        (_without_clauses(part), gap)
        for part, gap in zip(parts[::2], ["", *parts[1::2]], strict=True)
    ]
    said = "".join(gap + part for part, gap in told if part)
    return block[:start] + said.lstrip()


def _without_clauses(sentence: str) -> str:
    """Return a sentence without the clauses that are claims; empty when nothing else is in it."""
    if not _is_claim(sentence):
        return sentence
    parts = _CLAUSE.split(sentence)
    kept = [part for part in parts[::2] if not _is_claim(part) and not _IDLE.fullmatch(part)]
    if len(kept) in (0, len(parts[::2])):
        return ""
    end = sentence[-1] if sentence[-1] in ".!?" else ""
    return "; ".join(kept).rstrip(" .!?,;") + end


def _is_claim(text: str) -> bool:
    bare = _DRESS.sub("", _MARK.sub("", text)).replace("|", ":")
    plain = re.sub(r"\s*\n\s*(?![A-Z])|[ \t]+", " ", bare).strip(" :\n")
    if _MARK.search(text) and _IDLE.fullmatch(plain):
        return True
    if _COVERS.search(plain) and not _OF_A_PRODUCT.search(plain):
        return True
    return any(_is_told(plain[: found.start()], found) for found in _CLAIM.finditer(plain))


def _is_told(before: str, claim: re.Match[str]) -> bool:
    """Tell whether a claim stands for itself, and is not the condition of something else."""
    if _CONDITION.search(before):
        return False
    return not (claim["other"] and _OCCASION.search(before))
