"""What an object has: properties, which of them must be there, and what else it may have."""

from agent.openapi.change import Level
from agent.openapi.lifecycle import Removal
from agent.openapi.places import HEADER_PROPERTY, READ_ONLY, WRITE_ONLY, Direction
from agent.openapi.shape import Shape, Spot
from agent.openapi.walk import Pair


def compare_properties(pair: Pair) -> None:
    """Compare the properties of two objects."""
    base, head = _named(pair.base), _named(pair.head)
    for name, spot in head.items():
        if name not in base:
            _added(pair, name, spot)
    for name, spot in base.items():
        if name in head:
            _kept(pair, name, spot, head[name])
        else:
            _removed(pair, name, spot)


def _named(shape: Shape) -> dict[str, Spot]:
    """Return the properties by name, those too that are only said to be required."""
    known = shape.properties
    where = f"{shape.pointer}/required"
    return {**known, **{n: Spot({}, where) for n in sorted(shape.required - known.keys())}}


def _is_request(pair: Pair) -> bool:
    return pair.place.direction is Direction.REQUEST


def _added(pair: Pair, name: str, spot: Spot) -> None:
    shape = pair.walk.head.of(spot)
    is_required = name in pair.head.required
    if not _is_request(pair):
        word = "required" if is_required else "optional"
        kind = "write-only-property" if "writeOnly" in shape.plain else "property"
        what = f"the {word} property is new"
        pair.note(f"response-{word}-{kind}-added", Level.INFO, what, name, pointer=spot.pointer)
    elif "readOnly" not in shape.plain:
        rule = _new_rule(pair, is_required, "default" in shape.plain)
        level = Level.ERROR if is_required else Level.INFO
        word = "required" if is_required else "optional"
        pair.note(rule, level, f"the {word} property is new", name, pointer=spot.pointer)


def _new_rule(pair: Pair, is_required: bool, has_default: bool) -> str:
    if not is_required:
        return "new-optional-request-property"
    if pair.place.inner is HEADER_PROPERTY:
        return "new-required-request-header-property"
    return "new-required-request-property" + ("-with-default" if has_default else "")


def _removed(pair: Pair, name: str, spot: Spot) -> None:
    shape = pair.walk.base.of(spot)
    is_required = name in pair.base.required
    removal = Removal.of(shape.plain, pair.walk.options.today)
    if _is_request(pair):
        if "readOnly" not in shape.plain:
            worst = Level.ERROR if pair.head.is_closed else Level.WARNING
            level = removal.level(worst)
            what = f"the property is gone{removal.words}"
            pair.note(
                "request-property-removed", level, what, name, pointer=spot.pointer, is_gone=True
            )
        return
    word = "required" if is_required else "optional"
    if "writeOnly" in shape.plain:
        rule, level = f"response-{word}-write-only-property-removed", Level.INFO
    else:
        rule = f"response-{word}-property-removed"
        level = removal.level(Level.ERROR if is_required else Level.WARNING)
    what = f"the {word} property is gone{removal.words}"
    pair.note(rule, level, what, name, pointer=spot.pointer, is_gone=True)


def _kept(pair: Pair, name: str, base: Spot, head: Spot) -> None:
    if pair.walk.is_written_the_same(base, head) and (
        (name in pair.base.required) == (name in pair.head.required)
    ):
        return
    ours, theirs = pair.walk.base.of(base), pair.walk.head.of(head)
    word = "required" if name in pair.base.required else "optional"
    for keyword, kind in (("readOnly", "read-only"), ("writeOnly", "write-only")):
        was, is_now = keyword in ours.plain, keyword in theirs.plain
        if was != is_now:
            _transition(pair, name, head.pointer, f"{word}-property-became-", kind, is_now)
    place = pair.place.inner
    if "readOnly" in theirs.plain and _is_request(pair):
        place = READ_ONLY
    elif "writeOnly" in theirs.plain and not _is_request(pair):
        place = WRITE_ONLY
    _visibility(pair, name, base, head)
    _requiredness(pair, name, head, theirs)
    pair.descend(base, head, place)


def _transition(pair: Pair, name: str, pointer: str, stem: str, kind: str, is_now: bool) -> None:
    side = pair.place.direction.value
    rule = f"{side}-{stem}{'' if is_now else 'not-'}{kind}"
    is_doubtful = rule == "response-required-property-became-not-write-only"
    level = Level.WARNING if is_doubtful else Level.INFO
    pair.note(
        rule, level, f"it is {kind if is_now else f'not {kind} any more'}", name, pointer=pointer
    )


def _visibility(pair: Pair, name: str, base: Spot, head: Spot) -> None:
    """Say what it means that a required property is sent, or is not, from now on."""
    ours, theirs = pair.walk.base.of(base).plain, pair.walk.head.of(head).plain
    if not (name in pair.base.required and name in pair.head.required):
        return
    if _is_request(pair) and "readOnly" in ours and "readOnly" not in theirs:
        what = "clients must send the property now"
        pair.say("became-required", what, name, pointer=head.pointer, place=pair.place.inner)
    elif not _is_request(pair) and "writeOnly" in theirs and "writeOnly" not in ours:
        what = "the property is not in answers any more"
        rule = "response-required-property-removed"
        pair.note(rule, Level.ERROR, what, name, pointer=base.pointer, is_gone=True)


def _requiredness(pair: Pair, name: str, head: Spot, shape: Shape) -> None:
    was, is_now = name in pair.base.required, name in pair.head.required
    if was == is_now:
        return
    place = pair.place.inner
    if _is_request(pair):
        if "readOnly" in shape.plain:
            return
    elif "writeOnly" in shape.plain:
        place = WRITE_ONLY
    rule = "became-required" if is_now else "became-optional"
    if is_now and "default" in shape.plain and place.prefix == "request-property":
        rule += "-with-default"
    what = "the property is required now" if is_now else "the property is optional now"
    pair.say(rule, what, name, pointer=head.pointer, place=place)


def compare_additional(pair: Pair) -> None:
    """Compare what an object may have besides the properties that are named."""
    base, head = pair.base, pair.head
    if "object" not in base.types or "object" not in head.types:
        return
    if base.is_closed or head.is_closed:
        if not base.is_closed:
            pair.say(
                "additional-properties-closed", "properties that are not named are refused now"
            )
        elif not head.is_closed:
            pair.say(
                "additional-properties-opened", "it may have properties that are not named now"
            )
        return
    ours, theirs = base.spot("additionalProperties"), head.spot("additionalProperties")
    if ours.node or theirs.node:
        pair.descend(ours, theirs)


def compare_items(pair: Pair) -> None:
    """Compare what is in a list."""
    base, head = pair.base, pair.head
    are_lists = "array" in base.types and "array" in head.types
    are_tuples = base.listed.get("prefixItems") or head.listed.get("prefixItems")
    ours, theirs = base.spot("items"), head.spot("items")
    are_given = isinstance(ours.node, dict) and isinstance(theirs.node, dict)
    if are_lists and (ours.node or theirs.node) and (are_given or not are_tuples):
        pair.descend(ours, theirs)
