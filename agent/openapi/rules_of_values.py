"""What a single value may be: type, null, enum, constant, bounds, pattern, default."""

from typing import Any

from agent.openapi.change import Level
from agent.openapi.json_values import canonical, items, mapping, same, text, texts
from agent.openapi.places import Direction, Place
from agent.openapi.shape import BOUNDS, Shape
from agent.openapi.walk import Pair
from agent.openapi.words import quoted, shown

_STEMS = {
    "maximum": ("max", "maximum"),
    "minimum": ("min", "minimum"),
    "exclusiveMaximum": ("exclusive-max", "exclusive maximum"),
    "exclusiveMinimum": ("exclusive-min", "exclusive minimum"),
    "maxLength": ("max-length", "maximum length"),
    "minLength": ("min-length", "minimum length"),
    "maxItems": ("max-items", "maximum number of items"),
    "minItems": ("min-items", "minimum number of items"),
    "maxProperties": ("max-properties", "maximum number of properties"),
    "minProperties": ("min-properties", "minimum number of properties"),
}
_WIDER_FORMATS = {("int32", "int64"), ("float", "double")}
_ANY_TEXT = frozenset({".*", "^.*$", "^.*", ".*$", "", "[\\s\\S]*", "^[\\s\\S]*$"})


def compare_types(pair: Pair) -> None:
    """Compare types and formats."""
    base, head = pair.base, pair.head
    if base.is_composed or head.is_composed:  # what a union or an allOf takes, its branches say
        return
    wider, narrower = _covers(head, base), _covers(base, head)
    if wider and narrower:
        return
    what = f"the type went from {_type_text(base)} to {_type_text(head)}"
    if _is_list_change(base, head):
        if not narrower:
            pair.say("list-of-types-widened", what)
        if not wider:
            pair.say("list-of-types-narrowed", what)
    else:
        pair.say(_type_rule(pair, wider, narrower), what)


def _type_rule(pair: Pair, wider: bool, narrower: bool) -> str:
    place = pair.place
    if _is_text_compatible(pair):
        return "type-compatible"
    if wider or (place.is_text and _reads_text(pair.base, pair.head)):
        return "type-generalized"
    if place.direction is Direction.RESPONSE:
        return "type-specialized" if narrower else "type-changed"
    is_to_text = _is_free_text(pair.head)
    return "type-specialized" if _has_specialized(place) and not is_to_text else "type-changed"


def _has_specialized(place: Place) -> bool:
    """Tell whether the place has a rule of its own for a type that takes less."""
    return place.prefix == "request-parameter-property"


def _is_text_compatible(pair: Pair) -> bool:
    """Tell whether the value is written as text that any reader of text still takes."""
    reader, writer = (pair.head, pair.base)
    if pair.place.direction is Direction.RESPONSE:
        reader, writer = writer, reader
    return pair.place.is_foreign and _is_free_text(reader) and bool(writer.types)


def _reads_text(base: Shape, head: Shape) -> bool:
    """Tell whether what was written in a URL or header for `base` is still read.

    `?a=1` is a list of one item to who expects a list.
    """
    if head.types == {"array"} and "array" not in base.types:
        spot = head.one.get("items")
        items_node = mapping(spot.node) if spot else {}
        kinds = frozenset(texts([items_node.get("type")]))
        is_bare = not (items_node.keys() - {"type", "title", "description", "example"})
        return is_bare and (not kinds or "string" in kinds or base.types <= kinds)
    return _is_free_text(head) and "object" not in base.types and "array" not in base.types


def _is_free_text(shape: Shape) -> bool:
    bound = {"pattern", "enum", "const", "format", "maxLength", "minLength"}
    return shape.types == {"string"} and not (bound & shape.plain.keys())


def _is_list_change(base: Shape, head: Shape) -> bool:
    if base.takes_anything or head.takes_anything or max(len(base.types), len(head.types)) < 2:
        return False
    return bool(_with_integer(base.types) & _with_integer(head.types))


def _with_integer(types: frozenset[str]) -> frozenset[str]:
    return types | {"integer"} if "number" in types else types


def _covers(wide: Shape, narrow: Shape) -> bool:
    """Tell whether all types and formats of `narrow` are among those of `wide`."""
    if not wide.types:
        return wide.takes_anything or narrow.types == wide.types
    if not narrow.types or not narrow.types <= _with_integer(wide.types):
        return False
    wider, narrower = text(wide.plain.get("format")), text(narrow.plain.get("format"))
    if not wider or wider == narrower:
        return True
    is_number = narrow.types <= {"integer", "number"}
    return (narrower, wider) in _WIDER_FORMATS and is_number


def _type_text(shape: Shape) -> str:
    named = "/".join(sorted(shape.types)) or "any type"
    form = text(shape.plain.get("format"))
    return quoted(f"{named} ({form})" if form else named)


def compare_null(pair: Pair) -> None:
    """Compare whether null is a value."""
    if pair.base.takes_anything or pair.head.takes_anything:
        return
    if pair.base.nullable and not pair.head.nullable:
        pair.say("became-not-nullable", "null is no value any more")
    elif pair.head.nullable and not pair.base.nullable:
        pair.say("became-nullable", "the value may be null now")


def compare_choices(pair: Pair) -> None:
    """Compare enums and constants; a constant is an enum of one value beside an enum."""
    base, head = dict(pair.base.plain), dict(pair.head.plain)
    for ours, theirs in ((base, head), (head, base)):
        if "const" in ours and "enum" in theirs:
            ours["enum"] = [ours.pop("const")]
    _compare_constants(pair, base, head)
    _compare_enums(pair, base.get("enum"), head.get("enum"))
    _compare_extensible(pair)


def _compare_constants(pair: Pair, base: dict[str, Any], head: dict[str, Any]) -> None:
    if "const" in base and "const" in head:
        if not same(base["const"], head["const"]):
            change = f"from {shown(base['const'])} to {shown(head['const'])}"
            pair.say("const-changed", f"the constant went {change}")
    elif "const" in head:
        pair.say("const-added", f"the value must be {shown(head['const'])} now")
    elif "const" in base:
        pair.say("const-removed", f"the value need not be {shown(base['const'])} any more")


def _compare_enums(pair: Pair, base: list[Any] | None, head: list[Any] | None) -> None:
    if base is None and head is None:
        return
    if base is None:
        values = ", ".join(map(shown, (head or [])[:8]))
        pair.say("became-enum", f"only certain values are left: {values}")
    elif head is None:
        pair.say("became-not-enum", "the values are not listed any more")
    else:
        _compare_members(pair, base, head)


def _compare_members(pair: Pair, base: list[Any], head: list[Any]) -> None:
    ours, theirs = {canonical(v): v for v in base}, {canonical(v): v for v in head}
    is_open = "x-extensible-enum" in pair.base.plain
    for name in ours.keys() - theirs.keys():
        pair.say("enum-value-removed", f"{shown(ours[name])} is no value any more", name)
    for name in theirs.keys() - ours.keys():
        level = Level.INFO if is_open else None
        pair.say("enum-value-added", f"{shown(theirs[name])} is a value now", name, level=level)


def _compare_extensible(pair: Pair) -> None:
    known = {canonical(value) for value in items(pair.head.plain.get("x-extensible-enum"))}
    if "x-extensible-enum" not in pair.head.plain:
        return
    for value in items(pair.base.plain.get("x-extensible-enum")):
        if canonical(value) not in known:
            what = f"{shown(value)} is no value of x-extensible-enum any more"
            pair.say("x-extensible-enum-value-removed", what, canonical(value))


def compare_bounds(pair: Pair) -> None:
    """Compare the numbers that bound a value, its length or its size."""
    for keyword in BOUNDS:
        old, new = pair.base.plain.get(keyword), pair.head.plain.get(keyword)
        if old == new:
            continue
        stem, name = _STEMS[keyword]
        if old is None:
            pair.say(f"{stem}-set", f"the {name} is {shown(new)} now")
        elif new is None:
            pair.say(f"{stem}-unset", f"the {name} {shown(old)} is gone")
        else:
            way = "increased" if new > old else "decreased"
            pair.say(f"{stem}-{way}", f"the {name} went from {shown(old)} to {shown(new)}")


def compare_forms(pair: Pair) -> None:
    """Compare pattern, multiples and uniqueness."""
    base, head = pair.base.plain, pair.head.plain
    _compare_pattern(pair, base.get("pattern"), head.get("pattern"))
    old, new = base.get("multipleOf"), head.get("multipleOf")
    if old is None and new is not None:
        pair.say("multiple-of-set", f"the value must be a multiple of {shown(new)} now")
    elif old is not None and new is None:
        pair.say("multiple-of-unset", f"the value need not be a multiple of {shown(old)} any more")
    elif old is not None and not same(old, new):
        pair.say("multiple-of-changed", f"multiples went from {shown(old)} to {shown(new)}")
    if "uniqueItems" in head and "uniqueItems" not in base:
        pair.say("unique-items-set", "items must be unique now")
    elif "uniqueItems" in base and "uniqueItems" not in head:
        pair.say("unique-items-unset", "items need not be unique any more")


def _compare_pattern(pair: Pair, old: Any, new: Any) -> None:
    if same(old, new):
        return
    if old is None:
        pair.say("pattern-added", f"the value must match {shown(new)} now")
    elif new is None:
        pair.say("pattern-removed", f"the value need not match {shown(old)} any more")
    else:
        rule = "pattern-generalized" if text(new) in _ANY_TEXT else "pattern-changed"
        pair.say(rule, f"the pattern went from {shown(old)} to {shown(new)}")


def compare_defaults(pair: Pair) -> None:
    """Compare default values."""
    base, head = pair.base.plain, pair.head.plain
    if "default" in base and "default" in head:
        if not same(base["default"], head["default"]):
            change = f"from {shown(base['default'])} to {shown(head['default'])}"
            pair.say("default-value-changed", f"the default went {change}")
    elif "default" in head:
        pair.say("default-value-added", f"the default is {shown(head['default'])} now")
    elif "default" in base:
        pair.say("default-value-removed", f"the default {shown(base['default'])} is gone")
