"""Finding the paths, operations and parameters of two descriptions that belong together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from agent.openapi.json_values import items, mapping, text
from agent.openapi.shape import Spot
from agent.openapi.spec import Spec

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
_NAME = re.compile(r"\{([^{}]*)\}")
_NOT_PARAMETERS = frozenset({"accept", "content-type", "authorization"})
"""Headers that OpenAPI describes elsewhere. Source: OpenAPI 3.1.1, "Parameter Object"."""


def erased(path: str) -> str:
    """Return a path without the names of its parameters, which no client sees."""
    return _NAME.sub("{}", path)


class Operation(NamedTuple):
    """One operation of a description."""

    method: str
    """In capitals."""
    path: str
    spot: Spot
    item: Spot
    """The path item that it stands in."""

    @property
    def name(self) -> str:
        """Return what people call it: `GET /items/{id}`."""
        return f"{self.method} {self.path}"

    @property
    def node(self) -> dict[str, Any]:
        """Return what is written."""
        return mapping(self.spot.node)


def resolved(spec: Spec, spot: Spot) -> Spot:
    """Return what stands behind a reference. Raises SpecError."""
    found = spec.resolve(spot.node, spot.pointer)
    return Spot(found.node, found.pointer)


def path_items(spec: Spec, paths: Spot) -> Iterator[tuple[str, Spot]]:
    """Yield the paths with their items."""
    for path in mapping(paths.node):
        if not path.startswith("x-"):
            yield path, resolved(spec, paths.down(path))


def operations(path: str, item: Spot) -> Iterator[Operation]:
    """Yield the operations of a path item."""
    for method in METHODS:
        if isinstance(mapping(item.node).get(method), dict):
            yield Operation(method.upper(), path, item.down(method), item)
    others = item.down("additionalOperations")  # since 3.2
    for method in mapping(others.node):
        yield Operation(method, path, others.down(method), item)


class Parameter(NamedTuple):
    """One parameter of an operation, wherever it is written."""

    key: tuple[str, str]
    """Where it is sent, and its name as far as clients see it."""
    spot: Spot
    is_of_path_item: bool

    @property
    def node(self) -> dict[str, Any]:
        """Return what is written."""
        return mapping(self.spot.node)

    @property
    def is_required(self) -> bool:
        """Tell whether clients must send it."""
        return self.node.get("required") is True or self.key[0] == "path"


def parameters(spec: Spec, operation: Operation) -> dict[tuple[str, str], Parameter]:
    """Return the parameters of an operation; its own win over those of the path item."""
    found: dict[tuple[str, str], Parameter] = {}
    for holder, is_of_item in ((operation.item, True), (operation.spot, False)):
        listed = holder.down("parameters")
        for i, node in enumerate(items(listed.node)):
            spot = resolved(spec, Spot(node, f"{listed.pointer}/{i}"))
            key = _key(mapping(spot.node), operation.path)
            if key is not None:
                found[key] = Parameter(key, spot, is_of_item)
    return found


def _key(node: dict[str, Any], path: str) -> tuple[str, str] | None:
    where, name = text(node.get("in")), text(node.get("name"))
    if where == "header":
        name = name.lower()
        return None if name in _NOT_PARAMETERS else (where, name)
    if where == "path":
        names = _NAME.findall(path)
        return (where, str(names.index(name)) if name in names else name)
    return (where, name) if where else None
