"""From Markdown to the Atlassian Document Format, keeping to what each node may hold.

Source: npm @atlaskit/adf-schema 57.7.22, `full.json`; REST v3 refuses anything else with 400.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

Json = dict[str, Any]

_URL = re.compile(r"https?://[^\s<>\"'`]+[^\s<>\"'`.,;:!?)\]}]")
_MARKS = {"strong": "strong", "em": "em", "s": "strike"}
_LISTS = frozenset({"bulletList", "orderedList"})
_IN_ITEM = _LISTS | {"paragraph", "codeBlock"}


def parse_markdown(text: str) -> SyntaxTreeNode:
    """Return the syntax tree of Markdown with tables and strike-through; HTML is plain text."""
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    return SyntaxTreeNode(parser.parse(text))


def adf_from_markdown(text: str) -> Json:
    """Return a document that Jira accepts as a description or a comment."""
    return {"type": "doc", "version": 1, "content": _blocks(parse_markdown(text).children)}


def _blocks(nodes: Sequence[SyntaxTreeNode]) -> list[Json]:
    return [_BLOCKS.get(node.type, _paragraph)(node) for node in nodes]


def _paragraph(node: SyntaxTreeNode) -> Json:
    return _with_content("paragraph", _inline_children(node))


def _with_content(kind: str, content: list[Json], **attributes: object) -> Json:
    result: Json = {"type": kind, "content": content}
    return {**result, "attrs": attributes} if attributes else result


def _heading(node: SyntaxTreeNode) -> Json:
    return _with_content("heading", _inline_children(node), level=int(node.tag[1:]))


def _code(node: SyntaxTreeNode) -> Json:
    text = node.content.removesuffix("\n")
    content = [{"type": "text", "text": text}] if text else []
    language = node.info.split()[0] if node.info.split() else ""
    return _with_content("codeBlock", content, **({"language": language} if language else {}))


def _list(kind: str) -> Callable[[SyntaxTreeNode], Json]:
    def write(node: SyntaxTreeNode) -> Json:
        items = [
            _with_content("listItem", _fit(_blocks(child.children), _IN_ITEM))
            for child in node.children
        ]
        start = node.attrs.get("start")
        return _with_content(kind, items, **({"order": int(start)} if start is not None else {}))

    return write


def _quote(node: SyntaxTreeNode) -> Json:
    return _with_content("blockquote", _fit(_blocks(node.children), _IN_ITEM))


def _table(node: SyntaxTreeNode) -> Json:
    rows = [row for part in node.children for row in part.children]
    return _with_content("table", [_with_content("tableRow", _cells(row)) for row in rows])


def _cells(row: SyntaxTreeNode) -> list[Json]:
    return [
        _with_content("tableHeader" if cell.type == "th" else "tableCell", [_paragraph(cell)])
        for cell in row.children
    ]


def _fit(blocks: Sequence[Json], allowed: frozenset[str]) -> list[Json]:
    """Keep the blocks that may stand here and flatten the others; never return nothing."""
    fitted: list[Json] = []
    for block in blocks:
        if block["type"] in allowed:
            fitted.append(block)
        elif block["type"] == "heading":
            fitted.append(_with_content("paragraph", block["content"]))
        elif block["type"] in ("blockquote", "table", "tableRow", "tableHeader", "tableCell"):
            fitted += _fit(block["content"], allowed)
    return fitted or [_with_content("paragraph", [])]


def _inline_children(node: SyntaxTreeNode) -> list[Json]:
    return [piece for child in node.children for piece in _inline(child, [])]


def _inline(node: SyntaxTreeNode, marks: list[Json]) -> list[Json]:
    if node.type == "text":
        return _with_links(node.content, marks)
    if node.type == "code_inline":
        # A code mark goes with a link only.
        links = [mark for mark in marks if mark["type"] == "link"]
        return _text(node.content, [*links, {"type": "code"}])
    if node.type == "softbreak":
        return _text(" ", marks)
    if node.type == "hardbreak":
        return [{"type": "hardBreak"}]
    if node.type == "image":
        return _text(node.content or "image", [*marks, _link(str(node.attrs["src"]))])
    if node.type == "link":
        marks = [*marks, _link(str(node.attrs["href"]))]
    elif node.type in _MARKS:
        marks = [*marks, {"type": _MARKS[node.type]}]
    return [piece for child in node.children for piece in _inline(child, marks)]


def _link(href: str) -> Json:
    return {"type": "link", "attrs": {"href": href}}


def _text(text: str, marks: list[Json]) -> list[Json]:
    if not text:
        return []
    # Marks of one kind may not repeat, as in bold within bold or a link around an image.
    unique = list({mark["type"]: mark for mark in marks}.values())
    return [{"type": "text", "text": text, "marks": unique} if unique else _plain(text)]


def _plain(text: str) -> Json:
    return {"type": "text", "text": text}


def _with_links(text: str, marks: list[Json]) -> list[Json]:
    """Make bare addresses clickable, which Jira does for people who type but not for the API."""
    if any(mark["type"] == "link" for mark in marks):
        return _text(text, marks)
    pieces, position = [], 0
    for found in _URL.finditer(text):
        pieces += _text(text[position : found.start()], marks)
        pieces += _text(found.group(), [*marks, _link(found.group())])
        position = found.end()
    return pieces + _text(text[position:], marks)


_BLOCKS: dict[str, Callable[[SyntaxTreeNode], Json]] = {
    "heading": _heading,
    "fence": _code,
    "code_block": _code,
    "bullet_list": _list("bulletList"),
    "ordered_list": _list("orderedList"),
    "blockquote": _quote,
    "table": _table,
    "hr": lambda _: {"type": "rule"},
}
