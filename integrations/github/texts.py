"""Texts to and from GitHub: hidden markers, what must not have effects, what people cannot see."""

import re
from collections.abc import Iterable

from markdown_it import MarkdownIt

_REPLY = re.compile(r"<!-- backsmith:reply:((?:review|line|issue):\d+) -->")
CLOSED = "<!-- backsmith:closed -->"
"""Marks the comment in which we say why we closed a pull request."""

_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_PIECES = re.compile(r"\\.|(?P<ticks>`+)(?!`)(?P<code>[^\n]+?)(?<!`)(?P=ticks)(?!`)|`+")
_TAG_WITH_TICK = re.compile(r"<(?=[A-Za-z/!?][^<>]*`[^<>]*>)")
_MENTION = re.compile(r"(?<![\w@./`-])@[A-Za-z0-9][A-Za-z0-9-]*(?:/[\w.-]+)?")
_CLOSING = re.compile(
    r"\b((?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+)"
    r"((?:[\w.-]+/[\w.-]+)?#\d+|GH-\d+|https?://\S+/(?:issues|pull)/\d+)",
    re.IGNORECASE,
)


def reply_marker(comment: str) -> str:
    """Return the hidden mark of our answer to a comment of `read_feedback`."""
    return f"<!-- backsmith:reply:{comment} -->"


def answered(ours: Iterable[str]) -> frozenset[str]:
    """Return the comments that our texts answer."""
    return frozenset(comment for text in ours for comment in _REPLY.findall(text))


def quiet(text: str) -> str:
    """Take the side effects out of a text: mentions, closing keywords, images.

    Nobody is notified, no issue is closed and nothing is fetched when the text is shown. Code stays
    as it is; doing it twice changes nothing more.
    """
    lines = text.split("\n")
    quieted: list[str] = []
    position = 0
    for token in MarkdownIt("commonmark").parse(text):
        if token.type == "fence" and token.map is not None:
            start, end = token.map
            quieted += _quiet_lines(lines[position:start]) + lines[start:end]
            position = end
    return "\n".join(quieted + _quiet_lines(lines[position:]))


def _quiet_lines(lines: list[str]) -> list[str]:
    return _quiet_prose("\n".join(lines)).split("\n") if lines else []


def _quiet_prose(text: str) -> str:
    """Quiet a text without fences.

    A lone backtick would pair with those that are put around a mention and set the mention free,
    so it is escaped. A span counts as code only within a line, and with nothing dangerous where a
    table could cut it.
    """
    text = _TAG_WITH_TICK.sub("&lt;", text)
    parts, position = [], 0
    for found in _PIECES.finditer(text):
        code = found.group("code")
        is_plain = code is None and found.group().startswith("`")
        if is_plain or (code and "|" in code and _is_dangerous(code)):
            piece = _harmless(found.group().replace("`", r"\`"))
        else:
            piece = found.group()
        parts += [_harmless(text[position : found.start()]), piece]
        position = found.end()
    return "".join([*parts, _harmless(text[position:])])


def _is_dangerous(text: str) -> bool:
    return bool(_MENTION.search(text) or _CLOSING.search(text))


def _harmless(text: str) -> str:
    text = _CLOSING.sub(r"\1`\2`", text)
    text = _MENTION.sub(r"`\g<0>`", text)
    return re.sub(r"<(?=img\b)", "&lt;", text, flags=re.IGNORECASE).replace("![", "[")


def visible(text: str) -> str:
    """Remove control, zero-width, bidi and tag characters, and HTML comments."""
    text = _HIDDEN.sub("", text.replace("\r\n", "\n"))
    while (shorter := _COMMENT.sub("", text)) != text:  # a removal can join a new comment
        text = shorter
    return text.strip()


def plain(text: str) -> str:
    """Remove terminal sequences and hidden characters from a log."""
    return _HIDDEN.sub("", _ANSI.sub("", text.replace("\r\n", "\n")))


def quotation(text: str) -> str:
    """Return the first visible line of a text as a quotation, at most 200 characters."""
    lines = [line.strip() for line in visible(text).split("\n") if line.strip()]
    first = lines[0] if lines else ""
    return f"> {first[:200]}" + (" …" if first[200:] or lines[1:] else "")
