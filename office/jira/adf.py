"""Whether a value is an Atlassian document, and why not.

Stricter than or equal to npm @atlaskit/adf-schema 57.7.22 for the nodes that people write; nodes
of apps (extensions, synced blocks, layouts) are refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Check = Callable[[Any], bool]


def _one_of(*allowed: Any) -> Check:
    return lambda value: any(value == item and type(value) is type(item) for item in allowed)


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _filled(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _numbers(value: Any) -> bool:
    return isinstance(value, list) and all(_number(item) for item in value)


def _between(low: float, high: float) -> Check:
    return lambda value: _number(value) and low <= value <= high


def _matches(pattern: str) -> Check:
    return lambda value: isinstance(value, str) and re.search(pattern, value) is not None


@dataclass(frozen=True)
class Node:
    """What one type of node may hold."""

    children: frozenset[str] | None = None
    """Types allowed in `content`; None means that there is no `content`."""
    at_least: int = 0
    at_most: int | None = None
    content_required: bool = True
    attrs: Mapping[str, Check] = field(default_factory=dict)
    required: frozenset[str] = frozenset()


def _set(names: str) -> frozenset[str]:
    return frozenset(names.split())


ID: Mapping[str, Check] = {"localId": _text}
MEDIA: Mapping[str, Check] = {
    **ID, "alt": _text, "height": _number, "width": _number, "occurrenceKey": _filled,
}  # fmt: skip
CELL: Mapping[str, Check] = {
    **ID,
    "colspan": _number,
    "rowspan": _number,
    "colwidth": _numbers,
    "background": _text,
    "valign": _one_of("top", "middle", "bottom"),
}
INLINE = _set("text date emoji hardBreak inlineCard mention placeholder status")
LISTS = _set("bulletList orderedList taskList")
SIMPLE = LISTS | _set("paragraph heading codeBlock rule mediaGroup mediaSingle blockCard")
BLOCKS = SIMPLE | _set("panel blockquote table")
LAYOUTS = _one_of(
    "wide", "full-width", "center", "wrap-right", "wrap-left", "align-end", "align-start"
)
CELLS = (BLOCKS - {"table"}) | {"nestedExpand"}

NODES: Mapping[str, Node] = {
    "doc": Node(BLOCKS | {"expand"}),
    "paragraph": Node(INLINE, content_required=False, attrs=ID),
    "heading": Node(
        INLINE,
        content_required=False,
        attrs={**ID, "level": _between(1, 6)},
        required=_set("level"),
    ),
    "bulletList": Node(_set("listItem"), 1, attrs=ID),
    "orderedList": Node(
        _set("listItem"), 1, attrs={**ID, "order": lambda v: _number(v) and v >= 0}
    ),
    "listItem": Node(LISTS | _set("paragraph mediaSingle codeBlock"), 1, attrs=ID),
    "codeBlock": Node(
        _set("text"),
        content_required=False,
        attrs={
            **ID,
            "language": _text,
            "uniqueId": _text,
            "wrap": _flag,
            "hideLineNumbers": _flag,
        },
    ),
    "blockquote": Node(
        _set("paragraph orderedList bulletList codeBlock mediaSingle mediaGroup"), 1, attrs=ID
    ),
    "rule": Node(attrs=ID),
    "panel": Node(
        SIMPLE,
        1,
        attrs={
            **ID,
            "panelType": _one_of("info", "note", "tip", "warning", "error", "success", "custom"),
            "panelIcon": _text,
            "panelIconId": _text,
            "panelIconText": _text,
            "panelColor": _text,
        },
        required=_set("panelType"),
    ),
    "table": Node(
        _set("tableRow"),
        1,
        attrs={
            "localId": _filled,
            "displayMode": _one_of("default", "fixed"),
            "isNumberColumnEnabled": _flag,
            "layout": _one_of(
                "wide", "full-width", "center", "align-end", "align-start", "default"
            ),
            "width": _number,
        },
    ),
    "tableRow": Node(_set("tableCell tableHeader"), attrs=ID),
    "tableCell": Node(CELLS, 1, attrs=CELL),
    "tableHeader": Node(CELLS, 1, attrs=CELL),
    "taskList": Node(_set("taskItem taskList"), 1, attrs=ID, required=_set("localId")),
    "taskItem": Node(
        INLINE,
        content_required=False,
        attrs={**ID, "state": _one_of("TODO", "DONE")},
        required=_set("localId state"),
    ),
    "expand": Node(BLOCKS | {"nestedExpand"}, 1, attrs={**ID, "title": _text}),
    "nestedExpand": Node(
        SIMPLE - {"blockCard"} | _set("panel blockquote"), 1, attrs={**ID, "title": _text}
    ),
    "mediaGroup": Node(_set("media"), 1),
    "mediaSingle": Node(
        _set("media"),
        1,
        1,
        attrs={**ID, "layout": LAYOUTS, "width": _between(0, 100)},
        required=_set("layout"),
    ),
    "media": Node(
        attrs={
            **MEDIA,
            "type": _one_of("link", "file"),
            "id": _filled,
            "collection": _text,
        },
        required=_set("type id collection"),
    ),
    "blockCard": Node(attrs={**ID, "url": _text}, required=_set("url")),
    "inlineCard": Node(attrs={**ID, "url": _text}, required=_set("url")),
    "mention": Node(
        attrs={
            **ID,
            "id": _text,
            "text": _text,
            "accessLevel": _text,
            "userType": _one_of("DEFAULT", "SPECIAL", "APP"),
        },
        required=_set("id"),
    ),
    "emoji": Node(
        attrs={**ID, "shortName": _text, "id": _text, "text": _text}, required=_set("shortName")
    ),
    "date": Node(attrs={**ID, "timestamp": _filled}, required=_set("timestamp")),
    "hardBreak": Node(attrs={**ID, "text": _one_of("\n")}),
    "placeholder": Node(attrs={**ID, "text": _text}, required=_set("text")),
    "status": Node(
        attrs={
            **ID,
            "text": _filled,
            "color": _matches(r"^(neutral|purple|blue|red|yellow|green|#[0-9a-fA-F]{6})\Z"),
            "style": _text,
        },
        required=_set("text color"),
    ),
}
"""Every node but `text`, which has no attributes and carries marks."""

COLOUR = _matches(r"^#[0-9a-fA-F]{6}\Z")
MARKS: Mapping[str, Mapping[str, Check]] = {
    "code": {},
    "em": {},
    "strong": {},
    "strike": {},
    "underline": {},
    "link": {
        "href": _text, "title": _text, "id": _text, "collection": _text, "occurrenceKey": _text,
    },
    "subsup": {"type": _one_of("sub", "sup")},
    "textColor": {"color": COLOUR},
    "backgroundColor": {"color": COLOUR},
}  # fmt: skip
MARK_NEEDS = {
    "link": {"href"}, "subsup": {"type"}, "textColor": {"color"}, "backgroundColor": {"color"},
}  # fmt: skip


def flaw(value: Any) -> str | None:
    """Return what keeps `value` from being an Atlassian document, or None if it is one."""
    if not isinstance(value, dict):
        return "not an object"
    if set(value) - {"type", "version", "content"}:
        return "doc: unknown key"
    if value.get("type") != "doc" or not _one_of(1)(value.get("version")):
        return "not a doc of version 1"
    return _content_flaw("doc", value, NODES["doc"])


def _node_flaw(node: Any, allowed: frozenset[str], plain: bool) -> str | None:
    kind = node.get("type") if isinstance(node, dict) else None
    if not isinstance(kind, str) or kind not in allowed:
        return f"{kind}: not allowed here"
    if kind == "text":
        return _text_flaw(node, plain)
    if set(node) - {"type", "attrs", "content"}:
        return f"{kind}: unknown key"
    rule = NODES[kind]
    return _attrs_flaw(kind, node, rule) or _content_flaw(kind, node, rule)


def _attrs_flaw(kind: str, node: Mapping[str, Any], rule: Node) -> str | None:
    if "attrs" not in node:
        needs = rule.required if kind != "mediaSingle" else frozenset()
        return f"{kind}: attrs missing" if needs else None
    attrs = node["attrs"]
    if not isinstance(attrs, dict) or not rule.attrs:
        return f"{kind}: attrs not allowed"
    return _values_flaw(kind, attrs, rule.attrs, rule.required)


def _values_flaw(
    kind: str, attrs: Mapping[str, Any], checks: Mapping[str, Check], required: frozenset[str]
) -> str | None:
    if missing := required - set(attrs):
        return f"{kind}: {sorted(missing)[0]} missing"
    for name, value in attrs.items():
        if name not in checks or not checks[name](value):
            return f"{kind}: {name} not valid"
    return None


def _content_flaw(kind: str, node: Mapping[str, Any], rule: Node) -> str | None:
    if rule.children is None:
        return f"{kind}: content not allowed" if "content" in node else None
    if "content" not in node:
        return f"{kind}: content missing" if rule.content_required else None
    content = node["content"]
    if not isinstance(content, list) or len(content) < rule.at_least:
        return f"{kind}: content is empty or not a list"
    if rule.at_most is not None and len(content) > rule.at_most:
        return f"{kind}: too much content"
    found = (_node_flaw(child, rule.children, kind == "codeBlock") for child in content)
    return next((each for each in found if each), None)


def _text_flaw(node: Mapping[str, Any], plain: bool) -> str | None:
    if set(node) - {"type", "text", "marks"} or not _filled(node.get("text")):
        return "text: empty or with an unknown key"
    marks = node.get("marks", [])
    if not isinstance(marks, list) or (plain and marks):
        return "text: marks not allowed"
    found = next((each for each in map(_mark_flaw, marks) if each), None)
    if found:
        return found
    kinds = {mark["type"] for mark in marks}
    return (
        "text: code goes with link only" if "code" in kinds and kinds - {"code", "link"} else None
    )


def _mark_flaw(mark: Any) -> str | None:
    kind = mark.get("type") if isinstance(mark, dict) else None
    if not isinstance(kind, str) or kind not in MARKS or set(mark) - {"type", "attrs"}:
        return f"{kind}: no such mark"
    needs = frozenset(MARK_NEEDS.get(kind, ()))
    if "attrs" not in mark:
        return f"{kind}: attrs missing" if needs else None
    if not isinstance(mark["attrs"], dict) or not MARKS[kind]:
        return f"{kind}: attrs not allowed"
    return _values_flaw(kind, mark["attrs"], MARKS[kind], needs)
