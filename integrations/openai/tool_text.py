"""Tools in words, for models that are not given them as a parameter."""

from collections.abc import Iterator, Mapping
from typing import Any

from agent.domain.conversation import ToolSpec

_DEEPEST = 6


def describe(tool: ToolSpec) -> str:
    """Return a tool as its signature, what it does, and what its arguments mean."""
    schema = tool.parameters
    lines = [f"{tool.name}({_fields(schema, schema, _DEEPEST)})"]
    lines += [f"  {line}" for line in tool.description.splitlines() if line.strip()]
    lines += [f"  - {path}: {said}" for path, said in _meanings(schema, schema, "", _DEEPEST)]
    return "\n".join(lines)


def _fields(schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> str:
    needed = schema.get("required", ())
    return ", ".join(
        f"{name}{'' if name in needed else '?'}: {_type(each, root, depth)}"
        for name, each in schema.get("properties", {}).items()
    )


def _type(schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> str:
    schema = _resolved(schema, root)
    if depth == 0:
        return str(schema.get("type", "any"))
    if "enum" in schema or "const" in schema:
        return " | ".join(repr(each) for each in schema.get("enum", [schema.get("const")]))
    for form in ("anyOf", "oneOf"):
        if form in schema:
            return " | ".join(_type(each, root, depth - 1) for each in schema[form])
    if schema.get("type") == "array":
        return f"[{_type(schema.get('items', {}), root, depth - 1)}]"
    if schema.get("properties"):
        return "{" + _fields(schema, root, depth - 1) + "}"
    kind = schema.get("type", "any")
    return " | ".join(kind) if isinstance(kind, list) else str(kind)


def _resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    name = str(schema.get("$ref", "")).removeprefix("#/$defs/")
    found: Mapping[str, Any] = root.get("$defs", {}).get(name, schema)
    return found


def _meanings(
    schema: Mapping[str, Any], root: Mapping[str, Any], path: str, depth: int
) -> Iterator[tuple[str, str]]:
    """Yield where an argument is and what it means, inner ones after their outer one."""
    for name, each in schema.get("properties", {}).items():
        here = f"{path}{name}"
        said = " ".join(str(each.get("description", "")).split())
        default = each.get("default")
        if default not in (None, "", [], {}):
            said = f"{said} Default: {default}.".strip()
        if said:
            yield here, said
        inner = _resolved(each, root)
        items = _resolved(inner.get("items", {}), root)
        if depth:
            yield from _meanings(inner, root, f"{here}.", depth - 1)
            yield from _meanings(items, root, f"{here}[].", depth - 1)
