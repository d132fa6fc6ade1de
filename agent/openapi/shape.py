"""A schema in normal form: what it says, however it is written."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from agent.openapi.json_values import mapping
from agent.openapi.spec import escape


class Spot(NamedTuple):
    """A schema as it is written, and where."""

    node: Any
    pointer: str

    def down(self, *keys: str) -> Spot:
        """Return what stands below, at the given keys."""
        node = self.node
        for key in keys:
            node = mapping(node).get(key)
        return Spot(node, "/".join((self.pointer, *map(escape, keys))))


UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
BOUNDS = (*UPPER, *LOWER)
ANNOTATIONS = frozenset(
    {"default", "readOnly", "writeOnly", "deprecated", "x-sunset", "x-stability-level",
     "discriminator"}
)  # fmt: skip
"""What binds nobody who sends or receives a value; the user of a schema may say it anew."""


@dataclass(slots=True)
class Shape:
    """A schema in normal form."""

    pointer: str
    component: str | None = None
    variant: str = ""
    """Tells apart what is derived from the schema at one pointer."""
    types: frozenset[str] = frozenset()
    """Without `null`; empty when any type will do."""
    nullable: bool = False
    plain: dict[str, Any] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    wrapped: Spot | None = None
    """The one component that stands behind it, where nothing is added but null or annotations."""
    one: dict[str, Spot] = field(default_factory=dict)
    named: dict[str, dict[str, Spot]] = field(default_factory=dict)
    listed: dict[str, list[Spot]] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        """Return what it is known by."""
        return self.pointer, self.variant

    def spot(self, keyword: str) -> Spot:
        """Return the schema under a keyword; where there is none, anything will do there."""
        found = self.one.get(keyword)
        if found is None or found.node is True:
            return Spot({}, f"{self.pointer}/{keyword}")
        return found

    def alone(self) -> Shape:
        """Return the schema as one branch of a union, which says itself what is null or default."""
        plain = {k: v for k, v in self.plain.items() if k not in ANNOTATIONS}
        return replace(self, plain=plain, nullable=False, variant=f"{self.variant}alone")

    def by_type(self) -> list[Shape]:
        """Return a schema of several types as one schema for each of them."""
        alone = self.alone()
        return [
            replace(alone, types=frozenset({name}), variant=f"{alone.variant} {name}")
            for name in sorted(self.types)
        ] or [alone]

    @property
    def properties(self) -> dict[str, Spot]:
        """Return the properties by name."""
        return self.named.get("properties", {})

    @property
    def only_annotates(self) -> bool:
        """Tell whether it asks for nothing, besides null or a default."""
        more = self.types or self.required or self.one or self.named or self.listed
        return not more and self.plain.keys() <= ANNOTATIONS

    @property
    def says_more(self) -> bool:
        """Tell whether more than the types is said."""
        return bool(self.plain or self.required or self.one or self.named or self.listed)

    @property
    def has_union(self) -> bool:
        """Tell whether the value is one of several schemas."""
        return "anyOf" in self.listed or "oneOf" in self.listed

    def is_apart_from(self, other: Shape) -> bool:
        """Tell whether no value but null is of both."""
        ours, theirs = (
            types | ({"integer"} if "number" in types else set())
            for types in (self.types, other.types)
        )
        return bool(ours and theirs) and not ours & theirs

    def looks_like(self, other: Shape) -> bool:
        """Tell at a glance whether two schemas may mean the same."""
        ours, theirs = (
            (s.types, s.nullable, s.required, s.properties.keys(), s.plain.get("const"))
            for s in (self, other)
        )
        return ours == theirs

    @property
    def is_composed(self) -> bool:
        """Tell whether other schemas say what the value is."""
        return self.has_union or "allOf" in self.listed

    @property
    def takes_anything(self) -> bool:
        """Tell whether no type is asked for."""
        return not (self.types or self.is_composed or "enum" in self.plain or "const" in self.plain)

    @property
    def is_closed(self) -> bool:
        """Tell whether properties that are not named are refused."""
        spot = self.one.get("additionalProperties")
        return spot is not None and spot.node is False
