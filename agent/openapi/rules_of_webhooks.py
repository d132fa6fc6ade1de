"""What we send: webhooks and callbacks. Requests and responses change places."""

from agent.openapi.comparison import Comparison
from agent.openapi.contents import Contents
from agent.openapi.json_values import mapping
from agent.openapi.paths import Operation, erased, operations, parameters, resolved
from agent.openapi.places import RESPONSE_HEADER, Direction
from agent.openapi.rules_of_parameters import schema_of
from agent.openapi.shape import Spot
from agent.openapi.trail import Owner
from agent.openapi.words import parameter_words, quoted


def compare_webhooks(comparison: Comparison) -> None:
    """Compare the webhooks of two descriptions."""
    ours = Spot(comparison.base.document, "").down("webhooks")
    theirs = Spot(comparison.head.document, "").down("webhooks")
    was, is_now = mapping(ours.node), mapping(theirs.node)
    for name in was:
        owner = comparison.trail.owner(f"webhook {name}")
        if name not in is_now:
            what, where = f"the webhook {quoted(name)} is gone", ours.down(name).pointer
            comparison.say("webhook-removed", owner, where, what, name, is_gone=True)
        else:
            spots = (ours.down(name), theirs.down(name))
            _compare_items(comparison, "webhook", name, *spots, owner)
    for name in is_now:
        if name not in was:
            owner = comparison.trail.owner(f"webhook {name}")
            what, where = f"the webhook {quoted(name)} is new", theirs.down(name).pointer
            comparison.say("webhook-added", owner, where, what, name)


def compare_callbacks(comparison: Comparison, base: Spot, head: Spot, owner: Owner) -> None:
    """Compare the callbacks of two operations."""
    ours, theirs = base.down("callbacks"), head.down("callbacks")
    was, is_now = mapping(ours.node), mapping(theirs.node)
    for name in was:
        if name not in is_now:
            what, where = f"the callback {quoted(name)} is gone", ours.down(name).pointer
            comparison.say("callback-removed", owner, where, what, name, is_gone=True)
            continue
        old = resolved(comparison.base, ours.down(name))
        new = resolved(comparison.head, theirs.down(name))
        partners = {erased(url): url for url in new.node}
        for url in old.node:
            if erased(url) in partners:
                spot = new.down(partners[erased(url)])
                _compare_items(comparison, "callback", name, old.down(url), spot, owner)
            else:
                where = old.down(url).pointer
                what = f"the callback {quoted(name)} is not sent to {quoted(url)} any more"
                comparison.say("callback-removed", owner, where, what, name, url, is_gone=True)
    for name in is_now:
        if name not in was:
            what, where = f"the callback {quoted(name)} is new", theirs.down(name).pointer
            comparison.say("callback-added", owner, where, what, name)


def _compare_items(
    comparison: Comparison, kind: str, name: str, base: Spot, head: Spot, owner: Owner
) -> None:
    ours = operations("", resolved(comparison.base, base))
    theirs = {op.method: op for op in operations("", resolved(comparison.head, head))}
    for operation in ours:
        if operation.method in theirs:
            _compare_flipped(comparison, operation, theirs[operation.method], owner, name)
        else:
            what = f"the {kind} {quoted(name)} is not sent as {operation.method} any more"
            where, method = operation.spot.pointer, operation.method
            comparison.say(f"{kind}-removed", owner, where, what, name, method, is_gone=True)


def _compare_flipped(
    comparison: Comparison, base: Operation, head: Operation, owner: Owner, name: str
) -> None:
    """Compare a request that we send and the answers that clients may give."""
    sent = (base.spot.down("requestBody"), head.spot.down("requestBody"))
    ours, theirs = resolved(comparison.base, sent[0]), resolved(comparison.head, sent[1])
    words = f"the body of {quoted(name)}"
    Contents(comparison, Direction.RESPONSE, owner, words).compare(ours, theirs)
    _compare_sent_headers(comparison, base, head, owner, name)
    old, new = base.spot.down("responses"), head.spot.down("responses")
    for status in mapping(old.node):
        if status in mapping(new.node):
            was = resolved(comparison.base, old.down(status))
            is_now = resolved(comparison.head, new.down(status))
            words = f"the answer {quoted(status)} to {quoted(name)}"
            Contents(comparison, Direction.REQUEST, owner, words).compare(was, is_now)


def _compare_sent_headers(
    comparison: Comparison, base: Operation, head: Operation, owner: Owner, name: str
) -> None:
    """Compare the parameters that we send: receivers may rely on them as on headers of answers."""
    ours, theirs = parameters(comparison.base, base), parameters(comparison.head, head)
    for key, parameter in ours.items():
        words = f"{parameter_words(parameter.node)} of {quoted(name)}"
        if key not in theirs:
            kind = "required" if parameter.is_required else "optional"
            rule = f"{kind}-response-header-removed"
            what, where = f"{words} is not sent any more", parameter.spot.pointer
            comparison.say(rule, owner, where, what, name, *key, is_gone=True)
            continue
        partner = theirs[key]
        if parameter.is_required and not partner.is_required:
            what, where = f"{words} is not always sent any more", partner.spot.pointer
            comparison.say("response-header-became-optional", owner, where, what, name, *key)
        spots = (schema_of(parameter.spot), schema_of(partner.spot))
        comparison.schemas.compare(*spots, RESPONSE_HEADER, owner)
