"""What we send: webhooks and callbacks. Requests and responses change places."""

from agent.openapi.comparison import Comparison
from agent.openapi.contents import Contents
from agent.openapi.json_values import mapping
from agent.openapi.paths import Operation, erased, operations, resolved
from agent.openapi.places import Direction
from agent.openapi.shape import Spot
from agent.openapi.trail import Owner
from agent.openapi.words import quoted


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
            _compare_items(comparison, ours.down(name), theirs.down(name), owner)
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
                partner = new.down(partners[erased(url)])
                _compare_items(comparison, old.down(url), partner, owner)
    for name in is_now:
        if name not in was:
            what, where = f"the callback {quoted(name)} is new", theirs.down(name).pointer
            comparison.say("callback-added", owner, where, what, name)


def _compare_items(comparison: Comparison, base: Spot, head: Spot, owner: Owner) -> None:
    ours = operations("", resolved(comparison.base, base))
    theirs = {op.method: op for op in operations("", resolved(comparison.head, head))}
    for operation in ours:
        if operation.method in theirs:
            _compare_flipped(comparison, operation, theirs[operation.method], owner)


def _compare_flipped(
    comparison: Comparison, base: Operation, head: Operation, owner: Owner
) -> None:
    """Compare a request that we send and the answers that clients may give."""
    sent = (base.spot.down("requestBody"), head.spot.down("requestBody"))
    ours, theirs = resolved(comparison.base, sent[0]), resolved(comparison.head, sent[1])
    Contents(comparison, Direction.RESPONSE, owner, "the body that is sent").compare(ours, theirs)
    old, new = base.spot.down("responses"), head.spot.down("responses")
    for status in mapping(old.node):
        if status in mapping(new.node):
            was = resolved(comparison.base, old.down(status))
            is_now = resolved(comparison.head, new.down(status))
            words = f"the answer {quoted(status)}"
            Contents(comparison, Direction.REQUEST, owner, words).compare(was, is_now)
