"""Paths, webhooks, components and the version."""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from agent.openapi.comparison import Comparison
from agent.openapi.lifecycle import Removal
from agent.openapi.paths import Operation, erased, operations, path_items
from agent.openapi.rules_of_operations import compare_operations
from agent.openapi.rules_of_security import compare_global_security, compare_schemes
from agent.openapi.rules_of_webhooks import compare_webhooks
from agent.openapi.shape import Spot
from agent.openapi.spec import Spec


def compare_documents(comparison: Comparison) -> None:
    """Compare two descriptions, up to their schemas, which are left waiting."""
    base = Spot(comparison.base.document, "").down("paths")
    head = Spot(comparison.head.document, "").down("paths")
    compare_global_security(comparison)
    for pair in _pairs(_paths(comparison.base, base), _paths(comparison.head, head)):
        _compare_path(comparison, pair)
    compare_webhooks(comparison)
    compare_schemes(comparison)


class _Pair(NamedTuple):
    """One path, as far as it is in the descriptions."""

    base: tuple[str, Spot] | None
    head: tuple[str, Spot] | None


_Paths = dict[str, Spot]


def _paths(spec: Spec, paths: Spot) -> _Paths:
    return dict(path_items(spec, paths))


def _pairs(base: _Paths, head: _Paths) -> Iterator[_Pair]:
    """Yield paths that belong together: of one spelling, else with other parameter names."""
    waiting: defaultdict[str, list[str]] = defaultdict(list)
    for path in head:
        if path not in base:
            waiting[erased(path)].append(path)
    for path, item in base.items():
        partner = path if path in head else next(iter(waiting[erased(path)][:1]), None)
        if partner is not None and partner != path:
            waiting[erased(path)].remove(partner)
        yield _Pair((path, item), (partner, head[partner]) if partner else None)
    for paths in waiting.values():
        for path in paths:
            yield _Pair(None, (path, head[path]))


def _compare_path(comparison: Comparison, pair: _Pair) -> None:
    ours = {op.method: op for op in operations(*pair.base)} if pair.base else {}
    theirs = {op.method: op for op in operations(*pair.head)} if pair.head else {}
    for method, operation in ours.items():
        if method in theirs:
            compare_operations(comparison, operation, theirs[method])
        else:
            _removed(comparison, operation, is_whole_path=not theirs)
    for method, operation in theirs.items():
        if method not in ours:
            owner = comparison.trail.owner(operation.name)
            what = "the endpoint is new"
            comparison.say("endpoint-added", owner, operation.spot.pointer, what)


def _removed(comparison: Comparison, operation: Operation, *, is_whole_path: bool) -> None:
    removal = Removal.of(operation.node, comparison.options.today)
    is_asked = comparison.options.sunset_days is not None
    stem = "api-path-removed" if is_whole_path else "api-removed"
    if not removal.is_deprecated:
        rule, words = f"{stem}-without-deprecation", ""
    elif removal.is_unread or (is_asked and removal.sunset is None):
        rule, words = (
            "api-path-sunset-parse",
            "; it was deprecated, without a sunset that can be read",
        )
    else:
        rule = f"{stem}-{'before-sunset' if removal.is_early else 'with-deprecation'}"
        words = removal.words
    owner = comparison.trail.owner(operation.name)
    what = f"the endpoint is gone{words}"
    comparison.say(rule, owner, operation.spot.pointer, what, is_gone=True)
