"""Which of the values that a schema forbids every framework takes all the same.

pydantic and the serializers of REST framework turn what looks like a number into one; such a value
accepted is no fault of the application. Sources: pydantic 2, "Conversion Table"; REST framework 3,
`rest_framework.fields`.
"""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

TYPICAL = {
    "date": "2000-01-01",
    "date-time": "2000-01-01T00:00:00Z",
    "time": "00:00:00Z",
    "duration": "P1D",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "uri": "https://example.com/",
    "ipv4": "192.0.2.1",
    "email": "a@example.com",
}
"""What values of formats are turned into; there are more ways to write them than the standard's."""
WORDS_OF_TRUTH = ("true", "false", "yes", "no", "on", "off", "t", "f", "y", "n", "1", "0")


def is_taken_anyway(case: Any) -> bool:
    """Tell whether all that is wrong with a request is how its values are written."""
    wrong = [place for place, part in case.meta.components.items() if is_negative(part.mode)]
    return bool(wrong) and all(part_is_fine(case, place) for place in wrong)


def is_negative(mode: Any) -> bool:
    """Tell whether something was made to be wrong."""
    return str(getattr(mode, "value", mode)) == "negative"


def part_is_fine(case: Any, place: Any) -> bool:
    """Tell whether one part of a request satisfies its schema once its values are converted."""
    value = case.get_container(place)
    name = str(getattr(place, "value", place))
    if name == "body":
        is_plain_value = isinstance(value, (dict, list, str, int, float))
        if not is_plain_value or not case.media_type:
            return False
        alternative = case.operation.get_body_for_media_type(case.media_type)
        if alternative is None:
            return False
        schema = alternative.validation_schema
    else:
        schema = getattr(case.operation, place.container_name).validation_schema
        value = dict(value or {})
    return bool(checker_of(schema).is_valid(converted(value, schema, schema)))


def checker_of(schema: Any) -> Any:
    """Return what tells whether values satisfy a schema. Source: schemathesis 4.32."""
    return import_module("schemathesis.core.jsonschema").make_validator_for(schema)


def converted(value: Any, schema: Any, root: Any, depth: int = 12) -> Any:
    """Return a value as a framework would read it."""
    schema = referred(schema, root)
    if not isinstance(schema, dict) or not depth:
        return value
    for part in schema.get("allOf", ()):
        value = converted(value, part, root, depth - 1)
    for option in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        turned = converted(value, option, root, depth - 1)
        if turned is not value and turned != value:
            return turned
    kind = schema.get("type")
    if isinstance(value, dict):
        parts = schema.get("properties", {})
        return {k: converted(v, parts.get(k), root, depth - 1) for k, v in value.items()}
    if isinstance(value, list) and kind == "array":
        return [converted(item, schema.get("items"), root, depth - 1) for item in value]
    return plainly_converted(value, kind, schema.get("format"))


def plainly_converted(value: Any, kind: Any, form: Any) -> Any:
    """Return a number, a truth or a text as a framework would read it for a type and a format."""
    text = str(value)
    is_scalar = isinstance(value, (str, int, float))
    if not is_scalar:
        return value
    if kind == "boolean":
        return text.lower() in ("true", "1", "1.0") if is_truth(text) else value
    if kind in ("integer", "number"):
        return number_of(value, kind)
    if kind == "string" and form in TYPICAL:
        return TYPICAL[form]
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return text if kind == "string" and is_number else value


def is_truth(text: str) -> bool:
    """Tell whether a text is read as a truth."""
    return text.lower() in (*WORDS_OF_TRUTH, "1.0", "0.0")


def number_of(value: Any, kind: str) -> Any:
    """Return what is read as a number; else the value."""
    if isinstance(value, str):
        text = value.strip().replace("_", "")
        if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", text, re.ASCII):
            return value
        value = float(text)
    is_whole = kind == "integer" and float(value).is_integer()
    return int(value) if is_whole or isinstance(value, bool) else value


def referred(schema: Any, root: Any) -> Any:
    """Return what a schema refers to within its own document."""
    for _ in range(8):
        reference = schema.get("$ref") if isinstance(schema, dict) else None
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return schema
        schema = root
        for part in reference[2:].split("/"):
            name = part.replace("~1", "/").replace("~0", "~")
            schema = schema.get(name) if isinstance(schema, dict) else None
    return schema
