"""Reading a schema's own keywords, without a look behind references."""

from dataclasses import replace
from typing import Any

from agent.openapi.json_values import is_number, items, mapping, same, texts
from agent.openapi.shape import BOUNDS, Shape, Spot
from agent.openapi.spec import Resolved

_ONE = (
    "items", "not", "contains", "if", "then", "else", "propertyNames", "unevaluatedItems",
    "unevaluatedProperties", "contentSchema", "additionalProperties",
)  # fmt: skip
_NAMED = ("properties", "patternProperties", "dependentSchemas")
_LISTED = ("prefixItems", "anyOf", "oneOf", "allOf")
_PLAIN = (
    "format", "pattern", "multipleOf", "uniqueItems", "const", "default", "discriminator",
    "minContains", "maxContains", "dependentRequired", "contentEncoding", "contentMediaType",
    "readOnly", "writeOnly", "deprecated", "x-sunset", "x-stability-level", "x-extensible-enum",
    "enum",
)  # fmt: skip
_NOT_THERE = {
    "minLength": 0, "minItems": 0, "minProperties": 0, "uniqueItems": False, "pattern": ""
}  # fmt: skip
"""Values that say the same as leaving the keyword out."""
_BYTES = "application/octet-stream"


def read(found: Resolved) -> Shape:
    """Return what a schema itself says."""
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


def tidy(shape: Shape) -> Shape:
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
