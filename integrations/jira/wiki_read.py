"""From Jira's wiki markup to Markdown. Made for reading; nothing is escaped.

Cloud webhooks carry comments in it too, whatever the version of the REST API.
Source: Jira's "Text Formatting Notation Help" page.
"""

import re

from integrations.jira.adf_read import item, quoted
from integrations.jira.visible import visible

_BLOCK = re.compile(r"\{(code|noformat|quote|panel)(?::([^}\n]*))?\}(.*?)\{\1\}", re.DOTALL)
_MONOSPACED = re.compile(r"\{\{(.+?)\}\}")
_HEADING = re.compile(r"h([1-6])\.\s+(.*)")
_LIST = re.compile(r"([*#]+|-)\s+(.*)")
_RULES = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"\[~accountid:([^\]\n]+)\]", r"@\1"),
        (r"\[~([^\]\n]+)\]", r"@\1"),
        (r"\[\^([^\]\n]+)\]", r"[attachment: \1]"),
        (r"(?<!\\)\[([^\]|\n]+)\|([^\]|\s]+)(?:\|[^\]\n]*)?\]", r"[\1](\2)"),
        (r"(?<!\\)\[((?:https?|mailto):[^\]|\s]+)\]", r"\1"),
        (r"!([^!|\s]+\.[^!|\s]+)(?:\|[^!\n]*)?!", r"[attachment: \1]"),
        (r"\{color(?::[^}\n]*)?\}", ""),
        (r"(?<![\w*\\])\*(?![\s*])([^*\n]*[^*\s])\*(?![\w*])", r"**\1**"),
        (r"(?<![\w_\\])_(?![\s_])([^_\n]*[^_\s])_(?![\w_])", r"*\1*"),
        (r"(?<![\w\\-])-(?![\s-])([^-\n]*[^-\s])-(?![\w-])", r"~~\1~~"),
        (r"\\\\(?=\s|$)", "\n"),
        (r"\\([{}\[\]|*_!-])", r"\1"),
    )
)


def markdown_from_wiki(text: str) -> str:
    """Return wiki markup as Markdown; what it does not know stays as it is."""
    return visible(_blocks(text.replace("\r\n", "\n"))).strip()


def _blocks(text: str) -> str:
    parts, position = [], 0
    for found in _BLOCK.finditer(text):
        parts += [_lines(text[position : found.start()]), _block(found)]
        position = found.end()
    return "".join([*parts, _lines(text[position:])])


def _block(found: re.Match[str]) -> str:
    kind, options, body = found.group(1), found.group(2) or "", found.group(3).strip("\n")
    if kind in ("code", "noformat"):
        language = options.split("|")[0]
        return f"```{language if language.isalnum() else ''}\n{body}\n```"
    title = re.search(r"title=([^|]*)", options)
    return quoted((f"**{title.group(1)}**\n" if title else "") + _blocks(body).strip())


def _lines(text: str) -> str:
    return "\n".join(_line(line) for line in text.split("\n"))


def _line(line: str) -> str:
    bare = line.strip()
    if found := _HEADING.fullmatch(bare):
        return "#" * int(found.group(1)) + f" {_inline(found.group(2))}"
    if found := _LIST.fullmatch(bare):
        signs = found.group(1)
        indent = "  " * (len(signs) - 1)
        return indent + item("1. " if signs[-1] == "#" else "- ", _inline(found.group(2)))
    if bare.startswith("bq. "):
        return quoted(_inline(bare[4:]))
    if bare == "----":
        return "---"
    if bare.startswith("||"):
        cells = [_inline(cell) for cell in bare.strip("|").split("||")]
        return "| " + " | ".join(cells) + " |\n|" + " --- |" * len(cells)
    return _inline(line)


def _inline(text: str) -> str:
    pieces = _MONOSPACED.split(text)
    pieces[::2] = [_formatted(piece) for piece in pieces[::2]]
    pieces[1::2] = [f"`{piece}`" for piece in pieces[1::2]]
    return "".join(pieces)


def _formatted(text: str) -> str:
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text
