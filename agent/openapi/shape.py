"""A schema in normal form: what it says, however it is written.

$ref, allOf, one-element anyOf and oneOf    what stands behind them
nullable, type lists, anyOf with null       `nullable`
exclusiveMinimum: true (3.0)                a number, as in 3.1
anyOf of bare types                         a list of types
example, title, description                 nothing: they bind nobody
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from agent.openapi.json_values import is_number, items, mapping, same, texts
from agent.openapi.spec import Resolved, Spec, escape


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


JOINED = "\0"
"""Stands between two pointers where what is said at both counts as one schema."""

_ONE = (
    "items", "not", "contains", "if", "then", "else", "propertyNames", "unevaluatedItems",
    "unevaluatedProperties", "contentSchema", "additionalProperties",
)  # fmt: skip
_NAMED = ("properties", "patternProperties", "dependentSchemas")
_LISTED = ("prefixItems", "anyOf", "oneOf", "allOf")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
BOUNDS = (*_UPPER, *_LOWER)
_PLAIN = (
    "format", "pattern", "multipleOf", "uniqueItems", "const", "default", "discriminator",
    "minContains", "maxContains", "dependentRequired", "contentEncoding", "contentMediaType",
    "readOnly", "writeOnly", "deprecated", "x-sunset", "x-stability-level", "x-extensible-enum",
    "enum",
)  # fmt: skip
_OUTER_WINS = frozenset(
    {"default", "readOnly", "writeOnly", "deprecated", "x-sunset", "x-stability-level",
     "discriminator"}
)  # fmt: skip
_NOT_THERE = {
    "minLength": 0, "minItems": 0, "minProperties": 0, "uniqueItems": False, "pattern": ""
}  # fmt: skip
"""Values that say the same as leaving the keyword out."""
_BYTES = "application/octet-stream"
_DEEPEST = 60
"""How many allOf and one-element unions may stand in each other."""


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
        plain = {k: v for k, v in self.plain.items() if k not in _OUTER_WINS}
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
        return not more and self.plain.keys() <= _OUTER_WINS

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
            return replace(_read(found), listed={})
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
        shape = _read(found)
        if found.node is not spot.node and self._counts_beside(spot):
            beside = {key: value for key, value in spot.node.items() if key != "$ref"}
            outer = _read(Resolved(beside, spot.pointer, found.component))
            both = merged(outer, shape) or shape
            target = Spot(found.node, found.pointer)
            wrapped = target if found.component and outer.only_annotates else None
            nullable = outer.nullable or shape.nullable
            shape = replace(both, nullable=nullable, wrapped=wrapped)
        return _tidy(self._without_null(self._flat(shape, depth), depth))

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


def _read(found: Resolved) -> Shape:
    """Return a schema's own keywords, without looking behind references."""
    node, pointer = found.node, found.pointer
    kind = node.get("type")
    types = frozenset([kind] if isinstance(kind, str) else texts(kind))
    nullable = node.get("nullable") is True or "null" in types
    here = Spot(node, pointer)
    return Shape(
        pointer=pointer,
        component=found.component,
        types=types if types == {"null"} else types - {"null"},
        nullable=nullable,
        plain=_plain(node),
        required=frozenset(texts(node.get("required"))),
        one={
            key: here.down(key)
            for key in _ONE
            if key in node and isinstance(node[key], dict | bool)
        },
        named={
            key: {name: here.down(key, name) for name in mapping(node[key])}
            for key in _NAMED
            if key in node
        },
        listed={
            key: [Spot(part, f"{pointer}/{key}/{i}") for i, part in enumerate(items(node[key]))]
            for key in _LISTED
            if items(node.get(key))
        },
    )


def _plain(node: Any) -> dict[str, Any]:
    plain = {key: node[key] for key in _PLAIN if key in node}
    plain |= {key: node[key] for key in BOUNDS if is_number(node.get(key))}
    for bound in ("Maximum", "Minimum"):  # 3.0 says by a flag what 3.1 says by the number
        if node.get(f"exclusive{bound}") is True and bound.lower() in plain:
            plain[f"exclusive{bound}"] = plain.pop(bound.lower())
    if plain.get("contentMediaType") == _BYTES and "format" not in plain:
        plain["format"] = "binary"  # what 3.0 called it
        del plain["contentMediaType"]
    if not isinstance(plain.get("enum", []), list):
        del plain["enum"]
    return {key: value for key, value in plain.items() if not _says_nothing(key, value)}


def _says_nothing(key: str, value: Any) -> bool:
    is_default = key in _NOT_THERE and same(value, _NOT_THERE[key])
    return (
        is_default or (key in _FLAGS and value is not True) or (key == "default" and value is None)
    )


_FLAGS = frozenset({"readOnly", "writeOnly", "deprecated"})


def _tidy(shape: Shape) -> Shape:
    """Fill in what follows from the rest: types from keywords, a constant from an enum."""
    plain = shape.plain
    enum = plain.get("enum")
    if enum is not None and shape.nullable:
        enum = [value for value in enum if value is not None]
    if "const" in plain and enum is not None and any(same(plain["const"], v) for v in enum):
        enum = None
    if enum != plain.get("enum"):
        rest = {key: value for key, value in plain.items() if key != "enum"}
        plain = rest if enum is None else {**rest, "enum": enum}
    return replace(shape, plain=plain, types=shape.types or _implied(shape, plain))


def _implied(shape: Shape, plain: dict[str, Any]) -> frozenset[str]:
    if shape.is_composed:
        return frozenset()
    if "const" in plain or plain.get("enum"):
        values = [plain["const"]] if "const" in plain else plain["enum"]
        return frozenset(_type_of(value) for value in values)
    if shape.named.get("properties") or shape.required:
        return frozenset({"object"})
    is_list = "items" in shape.one or "prefixItems" in shape.listed
    return frozenset({"array"}) if is_list else frozenset()


def _type_of(value: Any) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}
    return names.get(type(value), "null" if value is None else "object")


def merged(outer: Shape, inner: Shape) -> Shape | None:
    """Return the schema that holds where both hold; None when it cannot be said in one.

    What only annotates is taken from `outer` first.
    """
    types = _both_types(outer.types, inner.types)
    plain = _both_plain(outer.plain, inner.plain)
    one = _both_one(outer, inner)
    if types is None or plain is None or one is None:
        return None
    if outer.listed.keys() & inner.listed.keys():
        return None
    return Shape(
        pointer=outer.pointer,
        component=outer.component,
        types=types,
        nullable=outer.nullable,
        plain=plain,
        required=outer.required | inner.required,
        one=one,
        named={
            key: _both_named(outer.named.get(key, {}), inner.named.get(key, {}))
            for key in (*outer.named, *(k for k in inner.named if k not in outer.named))
        },
        listed={**inner.listed, **outer.listed},
    )


def _both_types(one: frozenset[str], other: frozenset[str]) -> frozenset[str] | None:
    if not one or not other:
        return one or other
    common = one & other
    if "integer" in one | other and "number" in one | other:
        common |= {"integer"}
    return common or None


def _both_plain(outer: dict[str, Any], inner: dict[str, Any]) -> dict[str, Any] | None:
    plain = {**inner, **outer}
    for key in outer.keys() & inner.keys():
        if key in _UPPER:
            plain[key] = min(outer[key], inner[key])
        elif key in _LOWER:
            plain[key] = max(outer[key], inner[key])
        elif key == "enum":
            plain[key] = [v for v in outer[key] if any(same(v, w) for w in inner[key])]
        elif key not in _OUTER_WINS and not same(outer[key], inner[key]):
            return None
    return plain


def _both_one(outer: Shape, inner: Shape) -> dict[str, Spot] | None:
    one = {**inner.one, **outer.one}
    for key in outer.one.keys() & inner.one.keys():
        if same(outer.one[key].node, inner.one[key].node):
            continue
        if key != "additionalProperties":
            return None
        one[key] = next((s[key] for s in (outer.one, inner.one) if s[key].node is False), one[key])
    return one


def _both_named(outer: dict[str, Spot], inner: dict[str, Spot]) -> dict[str, Spot]:
    """Return the schemas by name; one that both name has to hold in both forms."""
    both = {**inner, **outer}
    for name in outer.keys() & inner.keys():
        ours, theirs = outer[name], inner[name]
        if not same(ours.node, theirs.node):
            pointer = f"{ours.pointer}{JOINED}{theirs.pointer}"
            both[name] = Spot({"allOf": [ours.node, theirs.node]}, pointer)
    return both
