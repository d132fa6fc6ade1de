"""One of several: anyOf, oneOf, an allOf that cannot be merged, and the discriminator."""

from collections.abc import Sequence
from typing import Any

from agent.openapi.branches import Branch, match_branches, match_parts
from agent.openapi.json_values import mapping, text
from agent.openapi.places import Direction
from agent.openapi.shape import Shape, Spot
from agent.openapi.shapes import Shapes
from agent.openapi.walk import Pair
from agent.openapi.words import shown

_STEMS = {"anyOf": "any-of", "oneOf": "one-of", "allOf": "all-of"}
_DOCS = frozenset({"title", "description", "example", "examples", "externalDocs", "$comment"})


def compare_unions(pair: Pair) -> None:
    """Compare the branches of unions; a schema beside a union is a union of one."""
    base, head = dict(pair.base.listed), dict(pair.head.listed)
    _say_one_kind(base, head)
    for kind in ("anyOf", "oneOf", "allOf"):
        ours, theirs = base.get(kind), head.get(kind)
        if ours and theirs:
            before, after = _branches(pair.walk.base, ours), _branches(pair.walk.head, theirs)
            _match(pair, kind, before, after)
        elif theirs:
            _came(pair, kind, theirs)
        elif ours:
            _went(pair, kind, ours)


def _say_one_kind(base: dict[str, list[Spot]], head: dict[str, list[Spot]]) -> None:
    """Call the older union what the newer one is called: which of them matches is no matter."""
    for one, other in (("anyOf", "oneOf"), ("oneOf", "anyOf")):
        if one in base and other in head and other not in base and one not in head:
            base[other] = base.pop(one)


def _came(pair: Pair, kind: str, spots: Sequence[Spot]) -> None:
    branches = _branches(pair.walk.head, spots)
    if kind == "allOf":
        _match(pair, kind, [], branches)
    elif not pair.base.takes_anything:
        before = _split(pair.base, branches)
        if kind == "oneOf" and not _has_equals(pair, before, branches):
            number = f"{len(branches)} schemas"
            pair.say("wrapped-in-one-of", f"it is one of {number} now, and was a single one")
        else:
            _match(pair, kind, before, branches)
    elif not any(branch.shape.takes_anything for branch in branches):
        names = ", ".join(branch.name for branch in branches[:6])
        rule = "type-specialized" if _is_response(pair) else "type-changed"
        pair.say(rule, f"the type went from any type to one of {names}")


def _went(pair: Pair, kind: str, spots: Sequence[Spot]) -> None:
    branches = _branches(pair.walk.base, spots)
    if kind == "allOf":
        _match(pair, kind, branches, [])
    elif not pair.head.takes_anything:
        _match(pair, kind, branches, _split(pair.head, branches))
    elif not any(branch.shape.takes_anything for branch in branches):
        what = f"the type went from one of {len(branches)} schemas to any type"
        pair.say("type-generalized", what)


def _split(shape: Shape, branches: list[Branch]) -> list[Branch]:
    """Return a single schema as branches; by its types, where the others are of one type each."""
    are_apart = all(len(branch.shape.types) == 1 for branch in branches)
    return Branch.split(shape, is_by_type=are_apart and len(shape.types) > 1)


def _has_equals(pair: Pair, before: list[Branch], after: list[Branch]) -> bool:
    """Tell whether all of the older schemas are among the newer ones as they were."""
    match = match_parts(pair.walk, before, after)
    return not match.removed and all(
        pair.walk.is_equal(base.shape, head.shape) for base, head in match.pairs
    )


def _is_response(pair: Pair) -> bool:
    return pair.place.direction is Direction.RESPONSE


def _branches(shapes: Shapes, spots: Sequence[Spot]) -> list[Branch]:
    return [Branch.read(shapes, spot) for spot in spots]


def _match(pair: Pair, kind: str, ours: list[Branch], theirs: list[Branch]) -> None:
    match = (match_parts if kind == "allOf" else match_branches)(pair.walk, ours, theirs)
    for base, head in match.pairs:
        users = (base.pointer, head.pointer)
        place = pair.place.inner
        pair.walk.compare_shapes(base.shape, head.shape, users, place, pair.owner, pair)
    stem = _STEMS[kind]
    for gone in match.removed:
        what = f"{gone.name} is not among the schemas of {kind} any more"
        rule = f"{stem}-removed{_annotation(kind, gone)}"
        pair.say(rule, what, gone.name, pointer=gone.pointer, is_gone=True)
    for new in match.added:
        what = f"{new.name} is among the schemas of {kind} now"
        rule = f"{stem}-added{_annotation(kind, new)}"
        pair.say(rule, what, new.name, pointer=new.pointer)


def _annotation(kind: str, branch: Branch) -> str:
    says_nothing = not mapping(branch.node).keys() - _DOCS
    return "-annotation-only" if kind == "allOf" and says_nothing else ""


def compare_discriminators(pair: Pair) -> None:
    """Compare which property tells the branches apart, and by which values."""
    old, new = pair.base.plain.get("discriminator"), pair.head.plain.get("discriminator")
    if old is None and new is None:
        return
    if old is None:
        name = shown(mapping(new).get("propertyName"))
        pair.say("discriminator-added", f"the discriminator is {name} now")
    elif new is None:
        pair.say("discriminator-removed", f"the discriminator {_property(old)} is gone")
    else:
        if _property(old) != _property(new):
            what = f"the discriminator went from {_property(old)} to {_property(new)}"
            pair.say("discriminator-property-name-changed", what)
        _compare_mapping(pair, mapping(old).get("mapping"), mapping(new).get("mapping"))


def _property(discriminator: Any) -> str:
    return shown(mapping(discriminator).get("propertyName"))


def _compare_mapping(pair: Pair, old: Any, new: Any) -> None:
    ours, theirs = mapping(old), mapping(new)
    for value in ours.keys() - theirs.keys():
        what = f"the discriminator's value {shown(value)} is gone"
        pair.say("discriminator-mapping-deleted", what, value)
    for value in theirs.keys() - ours.keys():
        what = f"{shown(value)} is a value of the discriminator now"
        pair.say("discriminator-mapping-added", what, value)
    for value in ours.keys() & theirs.keys():
        base, head = _component(ours[value]), _component(theirs[value])
        if base != head and not pair.walk.is_renamed(base, head):
            what = f"{shown(value)} means {shown(head)} now, and meant {shown(base)}"
            pair.say("discriminator-mapping-changed", what, value)


def _component(target: Any) -> str:
    """Return the component that a mapping names: by reference, or by its bare name."""
    return f"schemas/{text(target).rpartition('/')[2]}"
