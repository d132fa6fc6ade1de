"""Writes whole descriptions in other words that mean the same.

A rewriting is applied to each schema of a description, the deepest first.
"""

import copy
from collections.abc import Callable, Mapping
from typing import Any

Schema = dict[str, Any]
Rewriting = Callable[[Schema], Schema]

_ONE = ("items", "additionalProperties", "not", "contains", "propertyNames")
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_MAPS = ("properties", "patternProperties", "dependentSchemas", "$defs")


def rewritten(document: Mapping[str, Any], rewriting: Rewriting) -> dict[str, Any]:
    """Return a description in which each schema is written otherwise."""
    copied = copy.deepcopy(dict(document))
    schemas = copied.get("components", {}).get("schemas", {})
    for name, schema in schemas.items():
        schemas[name] = _schema(schema, rewriting)
    _holders(copied, rewriting)
    return copied


def _holders(node: Any, rewriting: Rewriting) -> None:
    """Rewrite what stands as `schema` of parameters, headers and media types."""
    if isinstance(node, list):
        for item in node:
            _holders(item, rewriting)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "schema" and isinstance(value, dict):
                node[key] = _schema(value, rewriting)
            elif key not in ("example", "examples", "schemas"):
                _holders(value, rewriting)


def _schema(schema: Any, rewriting: Rewriting) -> Any:
    if not isinstance(schema, dict):
        return schema
    written = dict(schema)
    for key in written.keys() & set(_ONE):
        written[key] = _schema(written[key], rewriting)
    for key in written.keys() & set(_LISTS):
        written[key] = [_schema(item, rewriting) for item in written[key]]
    for key in written.keys() & set(_MAPS):
        written[key] = {name: _schema(item, rewriting) for name, item in written[key].items()}
    return rewriting(written)


def wrapped(schema: Schema) -> Schema:
    """Write a reference as allOf of it alone."""
    return {"allOf": [schema]} if "$ref" in schema else schema


def nested(schema: Schema) -> Schema:
    """Write anything as anyOf of it alone."""
    return {"anyOf": [schema]}


def split(schema: Schema) -> Schema:
    """Write an object with fields as allOf of two objects with some of them each."""
    fields = schema.get("properties")
    plain = {"type", "properties", "required", "description", "title", "example"}
    if not isinstance(fields, dict) or len(fields) < 2 or not schema.keys() <= plain:
        return schema
    names = sorted(fields)
    halves = (names[::2], names[1::2])
    return {"allOf": [_part(schema, half) for half in halves]}


def _part(schema: Schema, names: list[str]) -> Schema:
    required = [name for name in schema.get("required", ()) if name in names]
    fields = {name: schema["properties"][name] for name in names}
    part = {"type": "object", "properties": fields}
    return part | {"required": required} if required else part


def documented(schema: Schema) -> Schema:
    """Give a schema words for people."""
    words = {"title": "A title", "description": "What it is", "x-order": 7, "examples": ["x"]}
    return schema if "$ref" in schema else schema | words


def reversed_lists(schema: Schema) -> Schema:
    """Write lists in which order means nothing the other way round."""
    orderless = ("required", "enum", "anyOf", "oneOf", "allOf", "type")
    return {
        key: value[::-1] if key in orderless and isinstance(value, list) else value
        for key, value in reversed(schema.items())
    }


def modern(schema: Schema) -> Schema:
    """Write a schema of 3.0 as one of 3.1, with null among the types."""
    written = _modern_bounds(dict(schema))
    if not written.pop("nullable", False):
        return written
    return _with_null(written)


def modern_any_of(schema: Schema) -> Schema:
    """Write a schema of 3.0 as one of 3.1, with null as a branch of anyOf, as pydantic does."""
    written = _modern_bounds(dict(schema))
    if not written.pop("nullable", False):
        return written
    if "enum" in written:
        written["enum"] = [value for value in written["enum"] if value is not None]
    return {"anyOf": [written, {"type": "null"}]}


def _with_null(schema: Schema) -> Schema:
    if "type" not in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    if "enum" in schema and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
    return schema | {"type": [schema["type"], "null"]}


def _modern_bounds(schema: Schema) -> Schema:
    for name in ("Minimum", "Maximum"):
        if schema.pop(f"exclusive{name}", False) is True and name.lower() in schema:
            schema[f"exclusive{name}"] = schema.pop(name.lower())
    if "example" in schema:
        schema["examples"] = [schema.pop("example")]
    return schema
