"""What clients send in a body, and what they are answered."""

from agent.openapi.comparison import Comparison
from agent.openapi.contents import Contents
from agent.openapi.json_values import mapping
from agent.openapi.paths import resolved
from agent.openapi.places import RESPONSE_HEADER, Direction
from agent.openapi.rules_of_parameters import schema_of
from agent.openapi.shape import Spot
from agent.openapi.trail import Owner
from agent.openapi.words import quoted


def compare_request_body(comparison: Comparison, base: Spot, head: Spot, owner: Owner) -> None:
    """Compare the request bodies of two operations."""
    ours = resolved(comparison.base, base.down("requestBody"))
    theirs = resolved(comparison.head, head.down("requestBody"))
    was, is_now = (spot.node.get("required") is True for spot in (ours, theirs))
    word = "required" if is_now else "optional"
    if not ours.node and not theirs.node:
        return
    if not ours.node:
        what = f"a request body is new and {word}"
        comparison.say(f"request-body-added-{word}", owner, theirs.pointer, what)
    elif not theirs.node:
        what = "the request body is gone"
        comparison.say("request-body-removed", owner, ours.pointer, what, is_gone=True)
    else:
        if was != is_now:
            what = f"the request body is {word} now"
            comparison.say(f"request-body-became-{word}", owner, theirs.pointer, what)
        contents = Contents(comparison, Direction.REQUEST, owner, "the request body")
        contents.compare(ours, theirs)


def compare_responses(comparison: Comparison, base: Spot, head: Spot, owner: Owner) -> None:
    """Compare the responses of two operations."""
    ours, theirs = base.down("responses"), head.down("responses")
    was, is_now = mapping(ours.node), mapping(theirs.node)
    for status in was:
        partner = _partner(status, is_now)
        if partner is not None:
            _compare_response(comparison, status, ours.down(status), theirs.down(partner), owner)
        elif not status.startswith("x-"):
            rule = f"response-{_kind(status)}-status-removed"
            what = f"the response {quoted(status)} is gone"
            where = ours.down(status).pointer
            comparison.say(rule, owner, where, what, status, is_gone=True)
    for status in is_now:
        if _partner(status, was) is None and not status.startswith("x-"):
            rule = f"response-{_kind(status)}-status-added"
            what = f"the response {quoted(status)} is new"
            comparison.say(rule, owner, theirs.down(status).pointer, what, status)


def _partner(status: str, others: dict[str, object]) -> str | None:
    """Return the status that answers for `status`: the same, or the range that it is in."""
    ranges: tuple[str, ...] = (f"{status[:1]}XX", f"{status[:1]}xx")
    if status in ranges:  # one status is left of a whole range
        ranges = tuple(other for other in others if other[:1] == status[:1])
    return next((other for other in (status, *ranges) if other in others), None)


def _kind(status: str) -> str:
    return "success" if status.startswith("2") else "non-success"


def _compare_response(
    comparison: Comparison, status: str, base: Spot, head: Spot, owner: Owner
) -> None:
    if comparison.sameness.holds(base.node, head.node):
        return
    ours, theirs = resolved(comparison.base, base), resolved(comparison.head, head)
    _compare_headers(comparison, status, ours, theirs, owner)
    words = f"the response {quoted(status)}"
    Contents(comparison, Direction.RESPONSE, owner, words).compare(ours, theirs)


def _compare_headers(
    comparison: Comparison, status: str, base: Spot, head: Spot, owner: Owner
) -> None:
    ours, theirs = _headers(base.down("headers")), _headers(head.down("headers"))
    where = f"of the response {quoted(status)}"
    for name in theirs.keys() - ours.keys():
        what = f"the header {quoted(name)} {where} is new"
        pointer = theirs[name].pointer
        comparison.say("response-header-added", owner, pointer, what, status, name)
    for name, spot in ours.items():
        old = resolved(comparison.base, spot)
        was = old.node.get("required") is True
        if name not in theirs:
            rule = f"{'required' if was else 'optional'}-response-header-removed"
            what = f"the header {quoted(name)} {where} is gone"
            comparison.say(rule, owner, spot.pointer, what, status, name, is_gone=True)
            continue
        new = resolved(comparison.head, theirs[name])
        if was and new.node.get("required") is not True:
            what = f"the header {quoted(name)} {where} is optional now"
            rule = "response-header-became-optional"
            comparison.say(rule, owner, new.pointer, what, status, name)
        comparison.schemas.compare(schema_of(old), schema_of(new), RESPONSE_HEADER, owner)


def _headers(headers: Spot) -> dict[str, Spot]:
    """Return the headers by name in small letters; Content-Type is described elsewhere."""
    named = {name.lower(): headers.down(name) for name in mapping(headers.node)}
    named.pop("content-type", None)
    return named
