"""Names from descriptions are foreign text: how they are shown so that they stay text."""

import re
import unicodedata

_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0]")
"""Letters and marks that show nothing, although they count as printable."""
_PROSE = re.compile(r"(?! *(?:-|\d+[.)]))(?:[A-Za-z0-9 ,;'()%-]|[.:](?= |$))*")
"""Plain words, that do not start as an entry of a list does."""
_REFERENCE = re.compile(r"\bgh-\d", re.IGNORECASE)
_TAG = re.compile(r"<(?=[A-Za-z/!?])")


def clean(text: str, limit: int = 500) -> str:
    r"""Return text as one line of visible characters; others are written as `\x1b`, `\u202e`.

    It can neither steer a terminal, nor start a line, nor read in another order than it has.
    """
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    if not text.isprintable():
        text = "".join(
            character if character.isprintable() else _named(character) for character in text
        )
    text = _BLANK.sub(lambda found: _named(found[0]), text)
    # GitHub's runner obeys `##[command]` anywhere in a line of a job's output.
    return text.replace("##[", "# #[")


def _named(character: str) -> str:
    return ascii(character)[1:-1]


def code(text: str, limit: int = 200) -> str:
    """Return foreign text as code in Markdown: no mention, no link, no HTML, no end of the code.

    Pictures are written out, so that a name cannot imitate the mark of a check that passed.
    """
    shown = " ".join(clean(text, limit).split())
    if not shown.isascii():
        shown = "".join(map(_without_picture, shown))
    if not shown:
        return ""
    if "`" in shown or "|" in shown or _TAG.search(shown):
        # Backticks would be ended by one inside, or cut by a table that others make of the text.
        encoded = re.sub(r"[^A-Za-z0-9 ./{}-]", lambda found: f"&#{ord(found[0])};", shown)
        return f"<code>{encoded}</code>"
    return f"`{shown}`"


def _without_picture(character: str) -> str:
    is_picture = unicodedata.category(character) == "So"
    return _named(character) if is_picture else character


def sentence(text: str, limit: int = 400) -> str:
    """Return a sentence with names in backticks as Markdown.

    A name may hold backticks itself, so nothing is believed to be our own words: what is more than
    plain words becomes code.
    """
    text = " ".join(clean(text, limit).split())
    pieces: list[tuple[bool, str]] = []
    for found in re.finditer(r"`([^`]*)`|[^`]+|`", text):
        inner = found.group(1)
        piece = found.group() if inner is None else inner
        is_code = inner is not None or not _is_prose(piece)
        if is_code and pieces and pieces[-1][0]:
            pieces[-1] = (True, pieces[-1][1] + piece)
        else:
            pieces.append((is_code, piece))
    return "".join(code(piece, 6 * limit) if is_code else piece for is_code, piece in pieces)


def _is_prose(text: str) -> bool:
    return bool(_PROSE.fullmatch(text)) and not _REFERENCE.search(text)
