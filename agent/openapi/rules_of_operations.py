"""One operation: whom it is for, what it takes, what it gives."""

from agent.openapi.comparison import Comparison
from agent.openapi.json_values import mapping, text, texts
from agent.openapi.lifecycle import STABILITY, announcement, is_too_soon, sunset
from agent.openapi.paths import Operation
from agent.openapi.rules_of_bodies import compare_request_body, compare_responses
from agent.openapi.rules_of_parameters import compare_parameters
from agent.openapi.rules_of_security import compare_security
from agent.openapi.rules_of_webhooks import compare_callbacks
from agent.openapi.trail import Owner
from agent.openapi.words import quoted

_SUNSET_RULES = {
    "deprecated-sunset-missing": "api-deprecated-sunset-missing",
    "deprecated-sunset-invalid": "api-deprecated-sunset-parse",
    "sunset-date-too-small": "api-sunset-date-too-small",
    "deprecated-with-sunset": "endpoint-deprecated-with-sunset",
    "deprecated": "endpoint-deprecated",
}


def compare_operations(comparison: Comparison, base: Operation, head: Operation) -> None:
    """Compare an operation with what became of it."""
    owner = comparison.trail.owner(head.name)
    if _is_untouched(comparison, base, head):
        compare_security(comparison, base, head, owner)  # its schemes may ask for something else
        return
    _compare_lifecycle(comparison, base, head, owner)
    _compare_labels(comparison, base, head, owner)
    compare_security(comparison, base, head, owner)
    compare_parameters(comparison, base, head, owner)
    compare_request_body(comparison, base.spot, head.spot, owner)
    compare_responses(comparison, base.spot, head.spot, owner)
    compare_callbacks(comparison, base.spot, head.spot, owner)


def _is_untouched(comparison: Comparison, base: Operation, head: Operation) -> bool:
    same = comparison.sameness.holds
    ours, theirs = mapping(base.item.node), mapping(head.item.node)
    return (
        base.path == head.path
        and same(base.node, head.node)
        and same(ours.get("parameters"), theirs.get("parameters"))
    )


def _compare_lifecycle(
    comparison: Comparison, base: Operation, head: Operation, owner: Owner
) -> None:
    was, is_now = (op.node.get("deprecated") is True for op in (base, head))
    where = head.spot.pointer
    if was and not is_now:
        what = "the endpoint is not deprecated any more"
        comparison.say("endpoint-reactivated", owner, where, what)
    elif is_now and not was:
        rule, words = announcement(head.node, comparison.options)
        comparison.say(_SUNSET_RULES[rule], owner, where, words.replace("it is", "the endpoint is"))
    elif is_now:
        _compare_sunsets(comparison, base, head, owner)
    _compare_stability(comparison, base, head, owner)


def _compare_sunsets(
    comparison: Comparison, base: Operation, head: Operation, owner: Owner
) -> None:
    if comparison.options.sunset_days is None:
        return
    old, new = sunset(base.node), sunset(head.node)
    if base.node.get("x-sunset") and not head.node.get("x-sunset"):
        comparison.say("sunset-deleted", owner, head.spot.pointer, "the sunset is gone")
    elif old and new and new < old and is_too_soon(new, comparison.options):
        what = f"the sunset went from {old} to {new}, which is too soon"
        comparison.say("api-sunset-date-changed-too-small", owner, head.spot.pointer, what)


def _compare_stability(
    comparison: Comparison, base: Operation, head: Operation, owner: Owner
) -> None:
    old, new = (text(op.node.get("x-stability-level")) for op in (base, head))
    where = head.spot.pointer
    if new and new not in STABILITY and new != old:
        what = f"{quoted(new)} is no stability level; there are {', '.join(STABILITY)}"
        comparison.say("api-invalid-stability-level", owner, where, what)
    elif old in STABILITY and new in STABILITY and old != new:
        way = "increased" if STABILITY.index(new) > STABILITY.index(old) else "decreased"
        what = f"the stability went from `{old}` to `{new}`"
        comparison.say(f"api-stability-{way}", owner, where, what)


def _compare_labels(comparison: Comparison, base: Operation, head: Operation, owner: Owner) -> None:
    old, new = (text(op.node.get("operationId")) for op in (base, head))
    where = head.spot.pointer
    if old and old != new:
        became = f"is {quoted(new)} now" if new else "is gone"
        what = f"the operationId {quoted(old)} {became}"
        comparison.say("api-operation-id-removed", owner, where, what)
    elif new and not old:
        what = f"the operationId is {quoted(new)} now"
        comparison.say("api-operation-id-added", owner, where, what)
    ours, theirs = (set(texts(op.node.get("tags"))) for op in (base, head))
    for tag in sorted(ours - theirs):
        comparison.say("api-tag-removed", owner, where, f"the tag {quoted(tag)} is gone", tag)
    for tag in sorted(theirs - ours):
        comparison.say("api-tag-added", owner, where, f"the tag {quoted(tag)} is new", tag)
