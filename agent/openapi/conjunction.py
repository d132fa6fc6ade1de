"""Two schemas that both hold, said as one: what allOf means."""

from typing import Any

from agent.openapi.json_values import same
from agent.openapi.shape import ANNOTATIONS, LOWER, UPPER, Shape, Spot

JOINED = "\0"
"""Stands between two pointers where what is said at both counts as one schema."""


def merged(outer: Shape, inner: Shape) -> Shape | None:
    """Return the schema that holds where both hold; None when it cannot be said in one.

    What only annotates is taken from `outer` first.
    """
    types = _both_types(outer.types, inner.types)
    plain = _both_plain(outer.plain, inner.plain)
    one = _both_one(outer, inner)
    if types is None or plain is None or one is None:
        return None
    if outer.listed.keys() & inner.listed.keys():
        return None
    return Shape(
        pointer=outer.pointer,
        component=outer.component,
        types=types,
        nullable=outer.nullable,
        plain=plain,
        required=outer.required | inner.required,
        one=one,
        named={
            key: _both_named(outer.named.get(key, {}), inner.named.get(key, {}))
            for key in (*outer.named, *(k for k in inner.named if k not in outer.named))
        },
        listed={**inner.listed, **outer.listed},
    )


def _both_types(one: frozenset[str], other: frozenset[str]) -> frozenset[str] | None:
    if not one or not other:
        return one or other
    common = one & other
    if "integer" in one | other and "number" in one | other:
        common |= {"integer"}
    return common or None


def _both_plain(outer: dict[str, Any], inner: dict[str, Any]) -> dict[str, Any] | None:
    plain = {**inner, **outer}
    for key in outer.keys() & inner.keys():
        if key in UPPER:
            plain[key] = min(outer[key], inner[key])
        elif key in LOWER:
            plain[key] = max(outer[key], inner[key])
        elif key == "enum":
            plain[key] = [v for v in outer[key] if any(same(v, w) for w in inner[key])]
        elif key not in ANNOTATIONS and not same(outer[key], inner[key]):
            return None
    return plain


def _both_one(outer: Shape, inner: Shape) -> dict[str, Spot] | None:
    one = {**inner.one, **outer.one}
    for key in outer.one.keys() & inner.one.keys():
        if same(outer.one[key].node, inner.one[key].node):
            continue
        if key != "additionalProperties":
            return None
        one[key] = next((s[key] for s in (outer.one, inner.one) if s[key].node is False), one[key])
    return one


def _both_named(outer: dict[str, Spot], inner: dict[str, Spot]) -> dict[str, Spot]:
    """Return the schemas by name; one that both name has to hold in both forms."""
    both = {**inner, **outer}
    for name in outer.keys() & inner.keys():
        ours, theirs = outer[name], inner[name]
        if not same(ours.node, theirs.node):
            pointer = f"{ours.pointer}{JOINED}{theirs.pointer}"
            both[name] = Spot({"allOf": [ours.node, theirs.node]}, pointer)
    return both
