"""What clients send in the path, the query, headers and cookies."""

from typing import Any

from agent.openapi.comparison import Comparison
from agent.openapi.json_values import mapping
from agent.openapi.lifecycle import Removal, announcement, is_too_soon, sunset
from agent.openapi.paths import Operation, Parameter, parameters
from agent.openapi.places import HEADER_PARAMETER, PARAMETER
from agent.openapi.shape import Spot
from agent.openapi.trail import Owner
from agent.openapi.words import parameter_words

_STYLES = {"query": "form", "cookie": "form", "path": "simple", "header": "simple"}
_SUNSET_RULES = {
    "deprecated-sunset-missing": "request-parameter-deprecated-sunset-missing",
    "deprecated-sunset-invalid": "request-parameter-sunset-parse",
    "sunset-date-too-small": "request-parameter-sunset-date-too-small",
}


def compare_parameters(
    comparison: Comparison, base: Operation, head: Operation, owner: Owner
) -> None:
    """Compare the parameters of an operation."""
    ours, theirs = parameters(comparison.base, base), parameters(comparison.head, head)
    for key, parameter in ours.items():
        if key in theirs:
            _kept(comparison, parameter, theirs[key], owner)
        else:
            _removed(comparison, parameter, owner)
    for key, parameter in theirs.items():
        if key not in ours:
            _added(comparison, parameter, owner)


def _name(parameter: Parameter) -> str:
    return " ".join(parameter.key)


def _added(comparison: Comparison, parameter: Parameter, owner: Owner) -> None:
    word = "required" if parameter.is_required else "optional"
    if parameter.key[0] == "path":
        rule = "new-request-path-parameter"
    elif parameter.is_of_path_item:
        rule = f"new-{word}-request-default-parameter-to-existing-path"
    else:
        rule = f"new-{word}-request-parameter"
    what = f"{parameter_words(parameter.node)} is new and {word}"
    comparison.say(rule, owner, parameter.spot.pointer, what, _name(parameter))


def _removed(comparison: Comparison, parameter: Parameter, owner: Owner) -> None:
    removal = Removal.of(parameter.node, comparison.options.today)
    rule = "request-parameter-removed"
    if removal.is_deprecated:
        rule += "-before-sunset" if removal.is_early else "-with-deprecation"
    if removal.is_deprecated and removal.is_unread:
        rule = "request-parameter-sunset-parse"
    what = f"{parameter_words(parameter.node)} is gone{removal.words}"
    where = parameter.spot.pointer
    comparison.say(rule, owner, where, what, _name(parameter), is_gone=True)


def _kept(comparison: Comparison, base: Parameter, head: Parameter, owner: Owner) -> None:
    if comparison.sameness.holds(base.node, head.node):
        return
    words, where, name = parameter_words(head.node), head.spot.pointer, _name(head)
    if base.is_required != head.is_required:
        became = "required" if head.is_required else "optional"
        what = f"{words} is {became} now"
        comparison.say(f"request-parameter-became-{became}", owner, where, what, name)
    if _serialization(base.node) != _serialization(head.node):
        what = f"{words} is written another way: style or explode changed"
        comparison.say("request-parameter-serialization-changed", owner, where, what, name)
    _compare_lifecycle(comparison, base, head, owner)
    place = HEADER_PARAMETER if head.key[0] == "header" else PARAMETER
    comparison.schemas.compare(schema_of(base.spot), schema_of(head.spot), place, owner)


def _compare_lifecycle(
    comparison: Comparison, base: Parameter, head: Parameter, owner: Owner
) -> None:
    was, is_now = (p.node.get("deprecated") is True for p in (base, head))
    words, where, name = parameter_words(head.node), head.spot.pointer, _name(head)
    if was and not is_now:
        what = f"{words} is not deprecated any more"
        comparison.say("request-parameter-reactivated", owner, where, what, name)
    elif is_now and not was:
        rule, what = announcement(head.node, comparison.options)
        full = _SUNSET_RULES.get(rule, "request-parameter-deprecated")
        comparison.say(full, owner, where, what.replace("it is", f"{words} is"), name)
    elif is_now and comparison.options.sunset_days is not None:
        _compare_sunsets(comparison, base, head, owner)


def _compare_sunsets(
    comparison: Comparison, base: Parameter, head: Parameter, owner: Owner
) -> None:
    words, where, name = parameter_words(head.node), head.spot.pointer, _name(head)
    old, new = sunset(base.node), sunset(head.node)
    if base.node.get("x-sunset") and not head.node.get("x-sunset"):
        what = f"the sunset of {words} is gone"
        comparison.say("request-parameter-sunset-deleted", owner, where, what, name)
    elif old and new and new < old and is_too_soon(new, comparison.options):
        what = f"the sunset of {words} went from {old} to {new}, which is too soon"
        rule = "request-parameter-sunset-date-changed-too-small"
        comparison.say(rule, owner, where, what, name)


def _serialization(node: dict[str, Any]) -> tuple[Any, Any]:
    """Return how lists and objects are written. Source: OpenAPI 3.1.1, "Parameter Object"."""
    style = node.get("style") or _STYLES.get(str(node.get("in")), "form")
    explode = node.get("explode")
    return style, explode if isinstance(explode, bool) else style == "form"


def schema_of(holder: Spot) -> Spot:
    """Return the schema of a parameter or header, also of one that has a media type."""
    node = mapping(holder.node)
    if "schema" in node:
        return holder.down("schema")
    content = holder.down("content")
    for media_type in mapping(content.node):
        return content.down(media_type, "schema")
    return Spot({}, f"{holder.pointer}/schema")
