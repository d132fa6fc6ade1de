"""Common Markdown to Slack's mrkdwn and back: nothing that was quoted may notify or format.

Source: Slack, "Formatting text for app surfaces": `&`, `<` and `>` are the only characters to
escape, and every mention, special or link is written between `<` and `>`.
"""

import re
from collections.abc import Collection, Iterable

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

_PARSER = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
_WORD_JOINER = "\u2060"
"""Invisible; keeps `@here` readable and stops clients from making a mention of it."""
_EVERYBODY = re.compile(r"@(?=(?:here|channel|everyone|group)\b)", re.IGNORECASE)
_URL = re.compile(r"https?://[^\s<>|]*[^\s<>|.,;:!?)\]'\"]")
_LINKABLE = re.compile(r"(?:https?://|mailto:)[^\s<>|]+")
_LONGEST_URL = 2_000
_LONGEST_LABEL = 150
_MARKUP = re.compile(r"<([^<>]*)>")
_FENCE = "```"


def escape(text: str) -> str:
    """Return `text` so that Slack shows it as it is and notifies nobody."""
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _EVERYBODY.sub("@" + _WORD_JOINER, plain)


def link(url: str, label: str) -> str:
    """Return a link, or the label alone when `url` is not an address to link to."""
    shown = escape(" ".join(label.split())[:_LONGEST_LABEL])
    if len(url) > _LONGEST_URL or not _LINKABLE.fullmatch(url):
        return shown
    address = url.replace("&", "&amp;")
    return f"<{address}|{shown}>" if shown else f"<{address}>"


def to_mrkdwn(markdown: str) -> list[str]:
    """Return the top-level blocks of a Markdown text, each as mrkdwn."""
    tree = SyntaxTreeNode(_PARSER.parse(markdown))
    return [text for text in map(_block, tree.children) if text]


def from_mrkdwn(text: str, ourselves: Collection[str] = ()) -> str:
    """Return what a person reads; mentions of the user ids in `ourselves` are left out."""
    shown = _MARKUP.sub(lambda found: _readable(found.group(1), ourselves), text)
    return shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()


def _readable(markup: str, ourselves: Collection[str]) -> str:
    target, _, label = markup.partition("|")
    kind, name = target[:1], target[1:]
    if kind == "@":
        return "" if name in ourselves else f"@{label or name}"
    if kind == "#":
        return f"#{label or name}"
    if kind == "!":
        return label or f"@{name}"
    if not label or target.endswith(label):
        return target.removeprefix("mailto:")
    return f"{label} ({target})"


def _block(node: SyntaxTreeNode) -> str:
    match node.type:
        case "heading":
            return f"*{_inlines(node, bold=True)}*"
        case "fence" | "code_block":
            return _fenced(node.content)
        case "bullet_list" | "ordered_list":
            return "\n".join(_items(node))
        case "blockquote":
            lines = "\n".join(map(_block, node.children)).split("\n")
            return "\n".join(f"> {line}" for line in lines)
        case "table":
            return _fenced(_table(node))
        case "hr":
            return "———"
        case _:
            return _inlines(node)


def _fenced(code: str) -> str:
    inside = code.replace(_FENCE, f"`{_WORD_JOINER}``").rstrip("\n")
    return f"{_FENCE}\n{escape(inside)}\n{_FENCE}"


def _items(node: SyntaxTreeNode) -> Iterable[str]:
    number = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else None
    for offset, item in enumerate(node.children):
        mark = "•" if number is None else f"{number + offset}."
        first, *rest = "\n".join(map(_block, item.children)).split("\n")
        yield f"{mark} {first}"
        yield from (f"    {line}" for line in rest)


def _table(node: SyntaxTreeNode) -> str:
    rows = [
        [_plain(cell) for cell in row.children] for part in node.children for row in part.children
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _plain(node: SyntaxTreeNode) -> str:
    return "".join(map(_plain, node.children)) if node.children else node.content


def _inlines(node: SyntaxTreeNode, *, bold: bool = False) -> str:
    return "".join(_inline(child, bold) for child in node.children)


def _inline(node: SyntaxTreeNode, bold: bool) -> str:
    match node.type:
        case "text":
            return _linked(node.content)
        case "softbreak" | "hardbreak":
            return "\n"
        case "code_inline":
            return f"`{escape(node.content)}`"
        case "strong":
            inside = _inlines(node, bold=True)
            return inside if bold else f"*{inside}*"
        case "em":
            return f"_{_inlines(node, bold=bold)}_"
        case "s":
            return f"~{_inlines(node, bold=bold)}~"
        case "link":
            return link(str(node.attrs["href"]), _plain(node))
        case "image":
            return link(str(node.attrs["src"]), _plain(node) or "image")
        case _:
            return _inlines(node, bold=bold) if node.children else escape(node.content)


def _linked(text: str) -> str:
    """Escape plain text and turn the bare addresses in it into links."""
    parts, end = [], 0
    for found in _URL.finditer(text):
        parts += [escape(text[end : found.start()]), link(found.group(), "")]
        end = found.end()
    return "".join(parts) + escape(text[end:])
