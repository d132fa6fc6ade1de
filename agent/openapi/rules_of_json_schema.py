"""Keywords of JSON Schema 2020-12 that OpenAPI has since 3.1."""

from typing import Any

from agent.openapi.json_values import is_number, mapping, same, texts
from agent.openapi.shape import Spot
from agent.openapi.walk import Pair
from agent.openapi.words import shown

_SCHEMAS = {
    "contains": "contains",
    "if": "if",
    "then": "then",
    "else": "else",
    "propertyNames": "property-names",
    "contentSchema": "content-schema",
    "unevaluatedItems": "unevaluated-items",
    "unevaluatedProperties": "unevaluated-properties",
    "not": "not",
}
_NAMED = {"patternProperties": "pattern-property", "dependentSchemas": "dependent-schema"}


def compare_schema_keywords(pair: Pair) -> None:
    """Compare keywords that have one schema each."""
    for keyword, stem in _SCHEMAS.items():
        old, new = pair.base.one.get(keyword), pair.head.one.get(keyword)
        if _binds(new) and not _binds(old):
            pair.say(f"{stem}-added", f"{keyword} is new", pointer=new.pointer if new else None)
        elif _binds(old) and not _binds(new):
            where = old.pointer if old else None
            pair.say(f"{stem}-removed", f"{keyword} is gone", pointer=where, is_gone=True)
        elif old and new and keyword != "not":
            pair.descend(old, new)
        elif old and new and not pair.walk.is_equal(*pair.walk.shapes(old, new)):
            pair.say(
                "not-added", "what the value must not be is another thing", pointer=new.pointer
            )


def _binds(spot: Spot | None) -> bool:
    """Tell whether a schema asks for anything: `true` and `{}` do not."""
    return spot is not None and spot.node is not True and spot.node != {}


def compare_named_schemas(pair: Pair) -> None:
    """Compare keywords that have one schema for each name."""
    for keyword, stem in _NAMED.items():
        old, new = pair.base.named.get(keyword, {}), pair.head.named.get(keyword, {})
        for name in new.keys() - old.keys():
            what = f"{keyword} for {shown(name)} is new"
            pair.say(f"{stem}-added", what, name, pointer=new[name].pointer)
        for name in old.keys() - new.keys():
            what = f"{keyword} for {shown(name)} is gone"
            pair.say(f"{stem}-removed", what, name, pointer=old[name].pointer, is_gone=True)
        for name in old.keys() & new.keys():
            pair.descend(old[name], new[name])


def compare_prefix_items(pair: Pair) -> None:
    """Compare lists with a schema for each position."""
    old, new = pair.base.listed.get("prefixItems", []), pair.head.listed.get("prefixItems", [])
    for base, head in zip(old, new, strict=False):
        pair.descend(base, head)
    if not ("array" in pair.base.types and "array" in pair.head.types):
        return
    if not (old and new) and (old or new):
        _compare_with_list(pair, old, new)
        return
    for extra in new[len(old) :]:
        position = extra.pointer.rpartition("/")[2]
        what = f"position {position} has a schema of its own now"
        pair.say("prefix-items-added", what, position, pointer=extra.pointer)
    for extra in old[len(new) :]:
        position = extra.pointer.rpartition("/")[2]
        what = f"position {position} has no schema of its own any more"
        pair.say("prefix-items-removed", what, position, pointer=extra.pointer, is_gone=True)


def _compare_with_list(pair: Pair, old: list[Spot], new: list[Spot]) -> None:
    """Compare each position of a tuple with the items of a list."""
    for head in new:
        pair.descend(pair.base.spot("items"), head)
    for base in old:
        pair.descend(base, pair.head.spot("items"))


def compare_contains_bounds(pair: Pair) -> None:
    """Compare how many items must fit `contains`; without a number at least one."""
    if "contains" not in pair.base.one or "contains" not in pair.head.one:
        return
    unbound = {"minContains": 1, "maxContains": float("inf")}
    for keyword, stem in (("minContains", "min-contains"), ("maxContains", "max-contains")):
        old = _number(pair.base.plain.get(keyword), unbound[keyword])
        new = _number(pair.head.plain.get(keyword), unbound[keyword])
        if old != new:
            way = "increased" if new > old else "decreased"
            pair.say(f"{stem}-{way}", f"{keyword} went from {_shown(old)} to {_shown(new)}")


def _number(value: Any, default: float) -> float:
    return value if is_number(value) else default


def _shown(value: float) -> str:
    return "unbound" if value == float("inf") else shown(value)


def compare_dependent_required(pair: Pair) -> None:
    """Compare which properties must be there when another one is."""
    old = mapping(pair.base.plain.get("dependentRequired"))
    new = mapping(pair.head.plain.get("dependentRequired"))
    for name in new.keys() - old.keys():
        wanted = ", ".join(map(shown, texts(new[name])))
        pair.say("dependent-required-added", f"{shown(name)} asks for {wanted} now", name)
    for name in old.keys() - new.keys():
        pair.say("dependent-required-removed", f"{shown(name)} asks for no others any more", name)
    for name in old.keys() & new.keys():
        if set(texts(old[name])) != set(texts(new[name])):
            wanted = ", ".join(map(shown, texts(new[name]))) or "none"
            what = f"{shown(name)} asks for others now: {wanted}"
            pair.say("dependent-required-changed", what, name)


def compare_content(pair: Pair) -> None:
    """Compare how a text holds other content."""
    for keyword, stem in (
        ("contentEncoding", "content-encoding"),
        ("contentMediaType", "content-media-type"),
    ):
        old, new = pair.base.plain.get(keyword), pair.head.plain.get(keyword)
        if not same(old, new):
            pair.say(f"{stem}-changed", f"{keyword} went from {shown(old)} to {shown(new)}")
