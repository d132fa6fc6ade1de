"""JSON as RFC 8259 has it, and nothing that two readers could understand differently."""

import json
import math
import re
from typing import Any

from agent.openapi.bounds import MAX_DEPTH, MAX_DIGITS, TOO_DEEP, fault, shown
from agent.openapi.spec import SpecError

_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|[{}\[\]:,]|[^\s"{}\[\]:,]++', re.DOTALL)
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_ESCAPE = re.compile(
    r"\\u[dD][89abAB]..\\u[dD][c-fC-F]|(?P<half>\\u[dD][89a-fA-F]..)|\\.", re.DOTALL
)


class _DuplicateError(Exception):
    """An object has a key twice."""


class _NumberError(Exception):
    """A number that is none in JSON or cannot be kept."""


def read_json(text: str, name: str) -> Any:
    """Return a JSON text's value. Raises SpecError."""
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_float=_float,
            parse_int=_integer,
        )
    except json.JSONDecodeError as error:
        raise fault(name, _syntax(error), error.lineno, error.colno) from None
    except RecursionError:
        raise fault(name, TOO_DEEP) from None
    except _DuplicateError:
        raise _at(name, text, *_duplicate(text)) from None
    except _NumberError as error:
        raise _at(name, text, *_number(text, str(error))) from None
    if _is_deep(value):
        raise fault(name, TOO_DEEP)
    if _HALF.search(text):
        _require_whole(text, name)
    return value


def _require_whole(text: str, name: str) -> None:
    for escape in _ESCAPE.finditer(text):
        if escape["half"]:
            cause = f"{escape['half']} is half a surrogate pair; write the whole character"
            raise _at(name, text, escape.start(), cause)


def _syntax(error: json.JSONDecodeError) -> str:
    if error.msg == "Extra data":
        return "text follows after the end of the JSON document; remove it"
    return f"no valid JSON ({error.msg}); correct it there"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _DuplicateError
    return value


def _constant(literal: str) -> Any:
    raise _NumberError(literal)


def _float(literal: str) -> float:
    value = float(literal)
    if math.isinf(value):
        raise _NumberError(literal)
    return value


def _integer(literal: str) -> int:
    if len(literal) > MAX_DIGITS:
        raise _NumberError(literal)
    return int(literal)


def _is_deep(value: Any) -> bool:
    """Tell whether objects and lists are nested too deep, level by level and without recursion."""
    level = [value] if isinstance(value, dict | list) else []
    for _depth in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) is dict or type(inner) is list
        ]
    return bool(level)


def _duplicate(text: str) -> tuple[int, str]:
    """Return where the first repeated key of a valid text is, and what to say about it."""
    keys: list[set[str]] = []
    last: re.Match[str] | None = None
    for token in _TOKEN.finditer(text):
        sign = token[0]
        if sign in ("{", "["):
            keys.append(set())
        elif sign in ("}", "]"):
            keys.pop()
        elif sign == ":" and last:
            key = json.loads(last[0])
            if key in keys[-1]:
                return last.start(), f"the key {shown(key)} is there twice; remove one of them"
            keys[-1].add(key)
        last = token
    return 0, "a key is there twice; remove one of them"


def _number(text: str, literal: str) -> tuple[int, str]:
    cause = f"the number {shown(literal)} is no JSON number or is too large; write another one"
    tokens = _TOKEN.finditer(text)
    return next((token.start() for token in tokens if token[0] == literal), 0), cause


def _at(name: str, text: str, offset: int, cause: str) -> SpecError:
    line_start = text.rfind("\n", 0, offset)
    return fault(name, cause, text.count("\n", 0, offset) + 1, offset - line_start)
