"""What a scalar of YAML means by the 1.2 core schema.

Source: YAML 1.2.2, 10.3.2 "Tag Resolution". `yes`, `on`, dates and `1_000` are texts there.
"""

import math
import re
from typing import Any

from agent.openapi.bounds import MAX_DIGITS, shown

TAG_PREFIX = "tag:yaml.org,2002:"
_NUMBER_STARTS = frozenset("+-.0123456789")
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_BASES = {"0o": 8, "0x": 16}
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NO_NUMBER = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_INFINITE = (math.inf, -math.inf)
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_TAGS: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "null": (type(None),),
}


class ScalarError(ValueError):
    """A scalar that has no value in JSON; the text is the cause and the fix."""


def unknown(tag: str) -> ScalarError:
    """Return the error for a tag that JSON has no value for."""
    return ScalarError(f"the tag {shown(tag)} is nothing that JSON can say; write plain values")


def scalar_value(text: str, tag: str | None, *, is_plain: bool) -> Any:
    """Return the value of a scalar.

    Args:
        text: As written, without quotes.
        tag: The explicit tag in its long form, or None; `!` makes it a text.
        is_plain: Whether it stands there without quotes.

    Raises:
        ScalarError: JSON cannot say it: infinite, not a number, too long, or tagged otherwise.
    """
    if not tag:
        return _plain(text) if is_plain else text
    if tag == "!":
        return text
    kinds = _TAGS.get(tag.removeprefix(TAG_PREFIX), ())
    value = text if str in kinds else _plain(text)
    if type(value) not in kinds:
        raise unknown(tag)
    return value


def _plain(text: str) -> Any:
    if text[:1] not in _NUMBER_STARTS:
        return _WORDS.get(text, text)
    value: float = math.inf
    if _INTEGER.fullmatch(text):
        value = int(text, _BASES.get(text[:2], 10)) if len(text) <= MAX_DIGITS else value
    elif _FLOAT.fullmatch(text):
        value = float(text)
    elif not _NO_NUMBER.fullmatch(text):
        return text
    if value in _INFINITE:
        raise ScalarError(
            f"the number {shown(text)} is none in JSON or is too large; quote it or write"
            " another one"
        )
    return value
