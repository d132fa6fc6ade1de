"""Simple Markdown, as a person types it, to an Atlassian document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from office.jira import adf
from office.people import PEOPLE

Value = dict[str, Any]

_MENTION = re.compile("@(" + "|".join(re.escape(person.name) for person in PEOPLE) + r")\b")
_IDS = {person.name: person.account_id for person in PEOPLE}


def document(markdown: str, *, keep_lines: bool = False) -> Value:
    """Return `markdown` as a document; `@Name` of a person in the office becomes a mention.

    With `keep_lines` a line end inside a paragraph stays, as in Jira's own editor.
    """
    parsed = MarkdownIt("commonmark").enable("table").parse(markdown)
    line_end: Value = {"type": "hardBreak"} if keep_lines else {"type": "text", "text": " "}
    writer = _Writer(line_end)
    content = writer.blocks(SyntaxTreeNode(parsed).children, "doc")
    return {"type": "doc", "version": 1, "content": content}


class _Writer:
    def __init__(self, line_end: Value) -> None:
        self._line_end = line_end

    def blocks(self, nodes: Sequence[SyntaxTreeNode], parent: str) -> list[Value]:
        allowed = adf.NODES[parent].children or frozenset()
        return [
            fitted
            for node in nodes
            for block in self._block(node)
            for fitted in _fit(block, allowed)
        ]

    def _block(self, node: SyntaxTreeNode) -> Iterator[Value]:
        match node.type:
            case "heading":
                yield _node("heading", self._inline(node), level=int(node.tag[1:]))
            case "bullet_list":
                yield _node("bulletList", self._items(node))
            case "ordered_list":
                yield _node("orderedList", self._items(node), order=int(node.attrs.get("start", 1)))
            case "blockquote":
                yield _node("blockquote", self.blocks(node.children, "blockquote"))
            case "fence" | "code_block":
                yield _code(node.content, node.info.strip() if node.type == "fence" else "")
            case "hr":
                yield {"type": "rule"}
            case "table":
                yield _node(
                    "table", [self._row(row) for part in node.children for row in part.children]
                )
            case "html_block":
                yield _node("paragraph", _texts(node.content.strip(), []))
            case _:
                yield _node("paragraph", self._inline(node))

    def _items(self, node: SyntaxTreeNode) -> list[Value]:
        return [
            _node("listItem", self.blocks(item.children, "listItem") or [_node("paragraph", [])])
            for item in node.children
        ]

    def _row(self, row: SyntaxTreeNode) -> Value:
        cells = [
            _node(
                "tableHeader" if cell.type == "th" else "tableCell",
                [_node("paragraph", self._inline(cell))],
            )
            for cell in row.children
        ]
        return _node("tableRow", cells)

    def _inline(self, block: SyntaxTreeNode) -> list[Value]:
        return [
            piece
            for line in block.children
            for child in line.children
            for piece in self._piece(child, [])
        ]

    def _piece(self, node: SyntaxTreeNode, marks: list[Value]) -> Iterator[Value]:
        match node.type:
            case "softbreak":
                yield dict(self._line_end)
            case "hardbreak":
                yield {"type": "hardBreak"}
            case "code_inline":
                links = [mark for mark in marks if mark["type"] == "link"]
                yield _text(node.content, [*links, {"type": "code"}])
            case "strong" | "em" | "link":
                for child in node.children:
                    yield from self._piece(child, [*marks, _mark(node)])
            case _:
                yield from _texts(node.content, marks)


def _node(kind: str, content: list[Value], **attrs: Any) -> Value:
    node: Value = {"type": kind}
    if attrs:
        node["attrs"] = attrs
    return {**node, "content": content}


def _code(content: str, language: str) -> Value:
    text = content.rstrip("\n")
    attrs: Mapping[str, str] = {"language": language} if language else {}
    return _node("codeBlock", [_text(text, [])] if text else [], **attrs)


def _text(text: str, marks: list[Value]) -> Value:
    return {"type": "text", "text": text, **({"marks": marks} if marks else {})}


def _texts(text: str, marks: list[Value]) -> list[Value]:
    pieces: list[Value] = []
    for place, part in enumerate(_MENTION.split(text)):
        if place % 2:
            pieces.append({"type": "mention", "attrs": {"id": _IDS[part], "text": f"@{part}"}})
        elif part:
            pieces.append(_text(part, marks))
    return pieces


def _mark(node: SyntaxTreeNode) -> Value:
    if node.type == "link":
        return {"type": "link", "attrs": {"href": str(node.attrs["href"])}}
    return {"type": node.type}


def _fit(block: Value, allowed: frozenset[str]) -> list[Value]:
    """Return `block` in a form that its parent may hold."""
    if block["type"] in allowed:
        return [block]
    if block["type"] == "heading":
        return [_node("paragraph", block["content"])]
    inner = [child for child in block.get("content", []) if child["type"] != "text"]
    return [fitted for child in inner for fitted in _fit(child, allowed)]
