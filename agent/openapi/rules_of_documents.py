"""Paths, webhooks, components and the version."""

import re
from collections import defaultdict

from agent.openapi.comparison import Comparison
from agent.openapi.json_values import items, mapping, text
from agent.openapi.lifecycle import Removal
from agent.openapi.paths import Operation, erased, operations, path_items
from agent.openapi.rules_of_operations import compare_operations
from agent.openapi.rules_of_security import compare_global_security, compare_schemes
from agent.openapi.rules_of_webhooks import compare_webhooks
from agent.openapi.shape import Spot
from agent.openapi.spec import Spec
from agent.openapi.words import quoted

_SERVER_PATH = re.compile(r"^[a-zA-Z][\w+.-]*://[^/]*|^//[^/]*")
"""What stands before the path of a server's address."""


def compare_documents(comparison: Comparison) -> None:
    """Compare two descriptions, up to their schemas, which are left waiting."""
    base = Spot(comparison.base.document, "").down("paths")
    head = Spot(comparison.head.document, "").down("paths")
    compare_global_security(comparison)
    _compare_servers(comparison)
    _compare_paths(comparison, base, head)
    compare_webhooks(comparison)
    compare_schemes(comparison)


_Key = tuple[str, str]
"""The method, and the path without the names of its parameters."""


def _operations(spec: Spec, paths: Spot) -> dict[_Key, list[Operation]]:
    """Return all operations; two under one key differ in the names of their parameters only."""
    found: defaultdict[_Key, list[Operation]] = defaultdict(list)
    for path, item in path_items(spec, paths):
        for operation in operations(path, item):
            found[operation.method, erased(path)].append(operation)
    return dict(found)


def _compare_paths(comparison: Comparison, base: Spot, head: Spot) -> None:
    ours, theirs = _operations(comparison.base, base), _operations(comparison.head, head)
    paths = {path for _method, path in theirs}
    for key, operations_there in ours.items():
        waiting = list(theirs.get(key, ()))
        for operation in operations_there:
            partner = next((op for op in waiting if op.path == operation.path), None)
            partner = partner or next(iter(waiting), None)
            if partner is None:
                _removed(comparison, operation, is_whole_path=key[1] not in paths)
            else:
                waiting.remove(partner)
                compare_operations(comparison, operation, partner)
        _added(comparison, waiting)
    for key in theirs.keys() - ours.keys():
        _added(comparison, theirs[key])


def _added(comparison: Comparison, new: list[Operation]) -> None:
    for operation in new:
        owner = comparison.trail.owner(operation.name)
        where = operation.spot.pointer
        comparison.say("endpoint-added", owner, where, "the endpoint is new")


def _compare_servers(comparison: Comparison) -> None:
    """Compare the paths below which the API is served; hosts differ between environments."""
    ours, theirs = _server_paths(comparison.base), _server_paths(comparison.head)
    owner = comparison.trail.owner()
    for path in sorted(ours - theirs):
        what = f"the API is not served below {quoted(path)} any more"
        comparison.say("api-server-path-removed", owner, "/servers", what, path, is_gone=True)
    for path in sorted(theirs - ours):
        what = f"the API is served below {quoted(path)} now"
        comparison.say("api-server-path-added", owner, "/servers", what, path)


def _server_paths(spec: Spec) -> set[str]:
    urls = [text(mapping(server).get("url")) for server in items(spec.document.get("servers"))]
    return {_SERVER_PATH.sub("", url).rstrip("/") or "/" for url in urls} or {"/"}


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
