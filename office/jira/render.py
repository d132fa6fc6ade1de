"""An Atlassian document as text: Markdown to read, wiki markup for webhooks, HTML to render."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from markdown_it import MarkdownIt

Value = Mapping[str, Any]


@dataclass(frozen=True)
class Dialect:
    """How one kind of markup writes what a document holds."""

    marks: Mapping[str, tuple[str, str]]
    heading: Callable[[int], str]
    bullet: Callable[[str, int, int], str]
    """(list type, depth from 1, number from 1) to what stands before an item."""
    link: Callable[[str, str], str]
    mention: Callable[[Value], str]
    code: Callable[[str, str], str]
    quote: Callable[[str], str]


MARKDOWN = Dialect(
    marks={"strong": ("**", "**"), "em": ("_", "_"), "code": ("`", "`"), "strike": ("~~", "~~")},
    heading=lambda level: "#" * level + " ",
    bullet=lambda kind, depth, number: (
        "   " * (depth - 1) + (f"{number}. " if kind == "orderedList" else "- ")
    ),
    link=lambda text, href: f"[{text}]({href})",
    mention=lambda attrs: str(attrs.get("text") or f"@{attrs['id']}"),
    code=lambda language, text: f"```{language}\n{text}\n```",
    quote=lambda text: "\n".join(f"> {line}" for line in text.split("\n")),
)
WIKI = Dialect(
    marks={"strong": ("*", "*"), "em": ("_", "_"), "code": ("{{", "}}"), "strike": ("-", "-")},
    heading=lambda level: f"h{level}. ",
    bullet=lambda kind, depth, _: ("#" if kind == "orderedList" else "*") * depth + " ",
    link=lambda text, href: f"[{text}|{href}]",
    mention=lambda attrs: f"[~accountid:{attrs['id']}]",
    code=lambda language, text: (
        f"{{code:{language}}}\n{text}\n{{code}}"
        if language
        else f"{{noformat}}\n{text}\n{{noformat}}"
    ),
    quote=lambda text: f"{{quote}}\n{text}\n{{quote}}",
)


def markdown(document: Value | None) -> str:
    """Return the document as Markdown."""
    return _Renderer(MARKDOWN).blocks(document) if document else ""


def wiki(document: Value | None) -> str | None:
    """Return the document as Jira's wiki markup, which is what webhooks carry."""
    return _Renderer(WIKI).blocks(document) if document else None


def html(document: Value | None) -> str:
    """Return the document as HTML."""
    return str(MarkdownIt("commonmark").enable("table").render(markdown(document)))


class _Renderer:
    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect

    def blocks(self, parent: Value, gap: str = "\n\n") -> str:
        return gap.join(self._block(node) for node in parent.get("content", []))

    def _block(self, node: Value) -> str:
        match node["type"]:
            case "heading":
                return self._dialect.heading(node["attrs"]["level"]) + self._inline(node)
            case "bulletList" | "orderedList" | "taskList":
                return "\n".join(self._items(node, 1))
            case "codeBlock":
                language = node.get("attrs", {}).get("language", "")
                return self._dialect.code(language, self._inline(node))
            case "blockquote":
                return self._dialect.quote(self.blocks(node))
            case "rule":
                return "----"
            case "table":
                return "\n".join(self._rows(node))
            case "panel" | "expand" | "nestedExpand" | "mediaSingle" | "mediaGroup":
                return self.blocks(node)
            case "blockCard":
                return str(node["attrs"]["url"])
            case "media":
                return f"[attachment {node['attrs']['id']}]"
            case _:
                return self._inline(node)

    def _items(self, node: Value, depth: int) -> list[str]:
        lines = []
        first = int(node.get("attrs", {}).get("order", 1))
        for number, item in enumerate(node["content"], start=first):
            if item["type"] == "taskList":
                lines += self._items(item, depth + 1)
                continue
            lines.append(self._dialect.bullet(node["type"], depth, number) + self._head(item))
            for child in item.get("content", [])[1:]:
                nested = child["type"] in ("bulletList", "orderedList", "taskList")
                lines += self._items(child, depth + 1) if nested else [self._indented(child, depth)]
        return lines

    def _head(self, item: Value) -> str:
        if item["type"] == "taskItem":
            return ("[x] " if item["attrs"]["state"] == "DONE" else "[ ] ") + self._inline(item)
        return self._block(item["content"][0])

    def _indented(self, node: Value, depth: int) -> str:
        return "\n".join("   " * depth + line for line in self._block(node).split("\n"))

    def _rows(self, table: Value) -> list[str]:
        lines = []
        for number, row in enumerate(table["content"]):
            cells = [self.blocks(cell, " ") for cell in row["content"]]
            lines.append("| " + " | ".join(cells) + " |")
            if number == 0 and self._dialect is MARKDOWN:
                lines.append("|" + " --- |" * len(cells))
        return lines

    def _inline(self, node: Value) -> str:
        return "".join(self._piece(piece) for piece in node.get("content", []))

    def _piece(self, node: Value) -> str:
        attrs: Value = node.get("attrs", {})
        match node["type"]:
            case "text":
                return self._marked(node)
            case "hardBreak":
                return "\n"
            case "mention":
                return self._dialect.mention(attrs)
            case "inlineCard":
                return str(attrs["url"])
            case "emoji":
                return str(attrs.get("text") or attrs["shortName"])
            case _:
                return str(attrs.get("text") or attrs.get("timestamp", ""))

    def _marked(self, node: Value) -> str:
        text = str(node["text"])
        for mark in node.get("marks", []):
            before, after = self._dialect.marks.get(mark["type"], ("", ""))
            text = before + text + after
        for mark in node.get("marks", []):
            if mark["type"] == "link":
                text = self._dialect.link(text, mark["attrs"]["href"])
        return text
