"""From the Atlassian Document Format to Markdown. Made for reading; nothing is escaped.

Source: npm @atlaskit/adf-schema 57.7.22, `full.json`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from integrations.jira.visible import visible

Node = Mapping[str, Any]

_MARKS = {"strong": "**", "em": "*", "strike": "~~"}


def markdown_from_adf(document: object) -> str:
    """Return a document's text as Markdown; a node of unknown type counts by its children."""
    return visible(_blocks(_children(document))).strip()


def _children(node: object) -> list[Node]:
    content = node.get("content") if isinstance(node, Mapping) else None
    if not isinstance(content, list):
        return []
    return [child for child in content if isinstance(child, Mapping)]


def _attribute(node: Node, *names: str) -> str:
    """Return the first attribute that is filled, as text."""
    attributes = node.get("attrs")
    if not isinstance(attributes, Mapping):
        return ""
    return next((str(attributes[name]) for name in names if attributes.get(name)), "")


def _blocks(nodes: Sequence[Node], separator: str = "\n\n") -> str:
    parts: list[str] = []
    for is_inline, group in groupby(nodes, lambda node: str(node.get("type")) in _INLINE):
        run = list(group)
        parts += [_inlines(run)] if is_inline else [_block(node) for node in run]
    return separator.join(part for part in parts if part.strip())


def _block(node: Node) -> str:
    write = _BLOCKS.get(str(node.get("type")))
    return write(node) if write else _blocks(_children(node))


def _inlines(nodes: Sequence[Node]) -> str:
    return "".join(_INLINE[str(node["type"])](node) for node in nodes)


def _text(node: Node) -> str:
    text, marks = str(node.get("text", "")), node.get("marks")
    core = text.strip()
    if not core or not isinstance(marks, list):
        return text
    before, after = text[: text.index(core)], text[text.index(core) + len(core) :]
    kinds = {mark.get("type"): mark for mark in marks if isinstance(mark, Mapping)}
    if "code" in kinds:
        core = f"`` {core} ``" if "`" in core else f"`{core}`"
    for kind, sign in _MARKS.items():
        core = f"{sign}{core}{sign}" if kind in kinds else core
    if "link" in kinds and (href := _attribute(kinds["link"], "href")):
        core = core if core == href else f"[{core}]({href})"
    return before + core + after


def _mention(node: Node) -> str:
    return "@" + _attribute(node, "text", "id").removeprefix("@")


def _date(node: Node) -> str:
    stamp = _attribute(node, "timestamp")
    if not re.fullmatch(r"\d{1,14}", stamp):
        return stamp
    return datetime.fromtimestamp(int(stamp) / 1000, tz=UTC).date().isoformat()


def _media(node: Node) -> str:
    return f"[attachment: {_attribute(node, 'alt', 'id', 'url') or 'file'}]"


def _heading(node: Node) -> str:
    level = _attribute(node, "level")
    return "#" * (int(level) if re.fullmatch("[1-6]", level) else 1) + f" {_inside(node)}"


def _inside(node: Node) -> str:
    return _blocks(_children(node))


def _code(node: Node) -> str:
    text = "".join(str(child.get("text", "")) for child in _children(node))
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", text)), 3)
    return f"{fence}{_attribute(node, 'language')}\n{text}\n{fence}"


def _quote(node: Node) -> str:
    return quoted(_inside(node))


def _panel(node: Node) -> str:
    return quoted(f"**{_attribute(node, 'panelType') or 'panel'}:** {_inside(node)}")


def _expand(node: Node) -> str:
    title = _attribute(node, "title")
    return (f"**{title}**\n\n" if title else "") + _inside(node)


def _bullets(node: Node) -> str:
    return "\n".join(item("- ", _item_body(child)) for child in _children(node))


def _numbers(node: Node) -> str:
    first = _attribute(node, "order")
    start = int(first) if first.isdecimal() else 1
    children = enumerate(_children(node), start)
    return "\n".join(item(f"{number}. ", _item_body(child)) for number, child in children)


def _item_body(node: Node) -> str:
    return _blocks(_children(node), "\n")


def _tasks(node: Node) -> str:
    lines = []
    for child in _children(node):
        if child.get("type") == "taskList":
            lines.append(item("  ", _tasks(child)))
            continue
        done = "x" if _attribute(child, "state") == "DONE" else " "
        lines.append(item(f"- [{done}] ", _item_body(child)))
    return "\n".join(lines)


def _table(node: Node) -> str:
    rows = [[_cell(cell) for cell in _children(row)] for row in _children(node)]
    if not rows:
        return ""
    width = max(len(row) for row in rows)
    lines = ["| " + " | ".join(row + [""] * (width - len(row))) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])


def _cell(node: Node) -> str:
    return re.sub(r"\s*\n\s*", " ", _inside(node)).replace("|", r"\|")


def quoted(text: str) -> str:
    """Return text as a Markdown quotation."""
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def item(bullet: str, text: str) -> str:
    """Return a list item whose further lines stand under its first."""
    return bullet + text.replace("\n", "\n" + " " * len(bullet))


_INLINE: dict[str, Callable[[Node], str]] = {
    "text": _text,
    "hardBreak": lambda _: "\n",
    "mention": _mention,
    "emoji": lambda node: _attribute(node, "text", "shortName"),
    "inlineCard": lambda node: _attribute(node, "url"),
    "status": lambda node: f"[{_attribute(node, 'text')}]",
    "date": _date,
    "mediaInline": _media,
    "placeholder": lambda node: _attribute(node, "text"),
}

_BLOCKS: dict[str, Callable[[Node], str]] = {
    "heading": _heading,
    "bulletList": _bullets,
    "decisionList": _bullets,
    "orderedList": _numbers,
    "taskList": _tasks,
    "codeBlock": _code,
    "blockquote": _quote,
    "panel": _panel,
    "expand": _expand,
    "nestedExpand": _expand,
    "table": _table,
    "rule": lambda _: "---",
    "media": _media,
    "blockCard": lambda node: _attribute(node, "url"),
    "embedCard": lambda node: _attribute(node, "url"),
}
