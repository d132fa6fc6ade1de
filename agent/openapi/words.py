"""Names and values of descriptions in sentences for people. They are foreign text."""

from collections.abc import Iterator, Sequence
from typing import Any

from agent.openapi.json_values import canonical, mapping, text
from agent.openapi.spec import Spec, unescape

_LONGEST = 80
_IN_LISTS = {"items": "[]", "additionalProperties": "[*]", "contains": "[contains]"}
_BRANCHES = ("anyOf", "oneOf")
_SILENT = ("allOf",)
_NAMED = ("properties", "patternProperties", "dependentSchemas")
_KINDS = {"requestBodies": "request body", "parameters": "parameter", "responses": "response",
          "headers": "header", "schemas": "schema"}  # fmt: skip


def quoted(name: str) -> str:
    """Return a name in backticks, on one line, cut when it is long."""
    plain = "".join(c if c.isprintable() else " " for c in name).replace("`", "'")
    short = plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…"
    return f"`{short}`"


def shown(value: Any) -> str:
    """Return a JSON value in backticks, on one line, cut when it is long."""
    return quoted(canonical(value))


def place_words(spec: Spec, pointer: str) -> str:
    """Return in words where a schema stands, such as `Pet.owner.name` or "the query parameter"."""
    parts = [unescape(part) for part in pointer.partition("\0")[0].split("/")[1:]]
    if parts[:1] == ["components"] and len(parts) > 2:
        return _in_component(parts)
    return _in_operation(spec, parts)


def _in_component(parts: Sequence[str]) -> str:
    kind, name, rest = parts[1], parts[2], parts[3:]
    if kind == "schemas":
        return quoted(name + "".join(_path(rest)))
    inner = "".join(_path(_below_schema(rest))).lstrip(".")
    outer = f"the {_KINDS.get(kind, kind)} {quoted(name)}"
    return f"{quoted(inner)} in {outer}" if inner else outer


def _in_operation(spec: Spec, parts: Sequence[str]) -> str:
    inner = "".join(_path(_below_schema(parts))).lstrip(".")
    outer = _holder(spec, parts)
    return f"{quoted(inner)} in {outer}" if inner else outer


def _below_schema(parts: Sequence[str]) -> Sequence[str]:
    for keyword in ("schema", "itemSchema"):
        if keyword in parts:
            return parts[list(parts).index(keyword) + 1 :]
    return ()


def _holder(spec: Spec, parts: Sequence[str]) -> str:
    """Return what the schema belongs to: a parameter, a body, a header; of which callback."""
    if "callbacks" in parts[:-1]:
        at = list(parts).index("callbacks") + 1
        return f"{_holder(spec, parts[at + 2 :])} of the callback {quoted(parts[at])}"
    for i, part in enumerate(parts):
        if part == "parameters" and i + 1 < len(parts):
            return parameter_words(_node(spec, parts[: i + 2]))
        if part == "requestBody":
            return "the request body"
        if part == "headers" and i + 1 < len(parts):
            return f"the response header {quoted(parts[i + 1])}"
        if part == "responses" and i + 1 < len(parts) and "headers" not in parts[i:]:
            return f"the response {quoted(parts[i + 1])}"
    return "the description"


def parameter_words(parameter: Any) -> str:
    """Return what to call a parameter: the query parameter `limit`."""
    node = mapping(parameter)
    return f"the {text(node.get('in')) or 'unnamed'} parameter {quoted(text(node.get('name')))}"


def _node(spec: Spec, parts: Sequence[str]) -> Any:
    node: Any = spec.document
    for part in parts:
        is_index = isinstance(node, list) and part.isdecimal() and int(part) < len(node)
        node = node[int(part)] if is_index else mapping(node).get(part)
    return spec.resolve(node, "").node


def _path(parts: Sequence[str]) -> Iterator[str]:
    """Yield the steps to a schema inside another one, as people write them."""
    waiting = iter(parts)
    for part in waiting:
        if part in _IN_LISTS:
            yield _IN_LISTS[part]
        elif part in _BRANCHES:
            number = next(waiting, "0")
            yield f"|{int(number) + 1}" if number.isdecimal() else ""
        elif part in _SILENT:
            next(waiting, None)
        elif part in _NAMED:
            yield f".{next(waiting, '')}"
        elif part == "prefixItems":
            yield f"[{next(waiting, '')}]"
        elif part != "required":
            yield f".{part}"
