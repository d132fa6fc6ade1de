"""Bringing schemas into normal form.

$ref, allOf, one-element anyOf and oneOf    what stands behind them
nullable, type lists, anyOf with null       `nullable`
exclusiveMinimum: true (3.0)                a number, as in 3.1
anyOf of bare types                         a list of types
example, title, description                 nothing: they bind nobody
"""

from dataclasses import replace

from agent.openapi.conjunction import merged
from agent.openapi.json_values import mapping
from agent.openapi.keywords import read, tidy
from agent.openapi.shape import Shape, Spot
from agent.openapi.spec import Resolved, Spec

_DEEPEST = 60
"""How many allOf and one-element unions may stand in each other."""


class Shapes:
    """The normal forms of one description's schemas, each made once."""

    def __init__(self, spec: Spec) -> None:
        """Read schemas of a description."""
        self.spec = spec
        self._made: dict[str, Shape] = {}
        self._making: set[str] = set()

    def of(self, spot: Spot) -> Shape:
        """Return the normal form of a schema. Raises SpecError."""
        return self._get(spot, 0)

    def _get(self, spot: Spot, depth: int) -> Shape:
        found = self.spec.resolve(spot.node, spot.pointer)
        name = spot.pointer if self._counts_beside(spot) else found.pointer
        made = self._made.get(name)
        if made is not None:
            return made
        if name in self._making or depth > _DEEPEST:  # round in a circle of allOf: it adds nothing
            return replace(read(found), listed={})
        self._making.add(name)
        made = self._made[name] = self._make(spot, depth)
        self._making.remove(name)
        return made

    def _counts_beside(self, spot: Spot) -> bool:
        """Tell whether something stands beside a `$ref` that counts (3.1 and later)."""
        return self.spec.version >= (3, 1) and len(mapping(spot.node)) > 1

    def component_of(self, spot: Spot) -> str | None:
        """Return the component that a reference names, or None."""
        return self.spec.resolve(spot.node, spot.pointer).component

    def _make(self, spot: Spot, depth: int) -> Shape:
        found = self.spec.resolve(spot.node, spot.pointer)
        shape = read(found)
        if found.node is not spot.node and self._counts_beside(spot):
            beside = {key: value for key, value in spot.node.items() if key != "$ref"}
            outer = read(Resolved(beside, spot.pointer, found.component))
            both = merged(outer, shape) or shape
            target = Spot(found.node, found.pointer)
            wrapped = target if found.component and outer.only_annotates else None
            nullable = outer.nullable or shape.nullable
            shape = replace(both, nullable=nullable, wrapped=wrapped)
        return tidy(self._without_null(self._flat(shape, depth), depth))

    def _flat(self, shape: Shape, depth: int) -> Shape:
        """Return the schema with its allOf merged in, or as it is where that cannot be done."""
        parts = shape.listed.get("allOf")
        if not parts:
            return shape
        rest = {kind: spots for kind, spots in shape.listed.items() if kind != "allOf"}
        inner = [self._get(part, depth + 1) for part in parts]
        outer_null = shape.nullable or all(part.nullable for part in inner)
        flat: Shape | None = replace(shape, listed=rest)
        for part in inner:
            flat = merged(flat, part) if flat else None
        wrapped = self._wrapped(replace(shape, listed=rest), parts)
        return replace(flat, nullable=outer_null, wrapped=wrapped) if flat else shape

    def _wrapped(self, outer: Shape, parts: list[Spot]) -> Spot | None:
        """Return the component that is all there is, if it is one."""
        if len(parts) != 1 or not outer.only_annotates:
            return None
        found = self.spec.resolve(*parts[0])
        is_bare = found.component is not None and not self._counts_beside(parts[0])
        return Spot(found.node, found.pointer) if is_bare else None

    def _without_null(self, shape: Shape, depth: int) -> Shape:
        for kind in ("anyOf", "oneOf"):
            branches = shape.listed.get(kind)
            if branches:
                shape = self._without_null_branch(shape, kind, branches, depth)
        return shape

    def _without_null_branch(
        self, shape: Shape, kind: str, branches: list[Spot], depth: int
    ) -> Shape:
        rest = [branch for branch in branches if not self._is_null(branch)]
        nullable = shape.nullable or len(rest) < len(branches)
        others = {name: spots for name, spots in shape.listed.items() if name != kind}
        inner = [self._get(branch, depth + 1) for branch in rest]
        bare = [_bare_types(branch) for branch in inner]
        if rest and all(bare) and not shape.types and not shape.plain.get("enum"):
            nullable = nullable or any(branch.nullable for branch in inner)
            types = frozenset().union(*bare)
            return replace(shape, listed=others, types=types, nullable=nullable)
        if len(rest) == 1:
            flat = merged(replace(shape, listed=others), inner[0])
            if flat is not None:
                wrapped = self._wrapped(replace(shape, listed=others), rest)
                nullable = nullable or inner[0].nullable
                return replace(flat, nullable=nullable, wrapped=wrapped)
        return replace(shape, listed={**others, kind: rest}, nullable=nullable)

    def _is_null(self, branch: Spot) -> bool:
        node = self.spec.resolve(branch.node, branch.pointer).node
        only_null = node.get("enum") == [None] or ("const" in node and node["const"] is None)
        return node.get("type") in ("null", ["null"]) or only_null


def _bare_types(shape: Shape) -> frozenset[str]:
    """Return the types of a schema that says nothing else; none when it says more."""
    return frozenset() if shape.says_more or shape.types == {"null"} else shape.types
