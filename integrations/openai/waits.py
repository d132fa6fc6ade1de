"""How long an endpoint wants us to wait, from the headers of a refusal.

Sources: RFC 9110, 10.2.3 (`Retry-After`); OpenAI, "Rate limits" (`x-ratelimit-reset-*` such as
`6m0s`); openai 3.54 (`retry-after-ms`).
"""

import math
import re
import time
from collections.abc import Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime

DEFAULT = timedelta(seconds=20)
_LONGEST_SECONDS = 3600.0

_BUCKETS = ("requests", "tokens")
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_EPOCH = 1e9
_EPOCH_MILLISECONDS = 1e11


def wait_of(headers: Mapping[str, str]) -> timedelta:
    """Return the wait that a refusal asks for: at most an hour, 20 seconds when it names none."""
    for seconds in (_milliseconds(headers), _retry_after(headers), _reset(headers)):
        if seconds is not None and not math.isnan(seconds):
            return timedelta(seconds=min(max(seconds, 0.0), _LONGEST_SECONDS))
    return DEFAULT


def _milliseconds(headers: Mapping[str, str]) -> float | None:
    named = _number(headers.get("retry-after-ms", ""))
    return None if named is None else named / 1000


def _retry_after(headers: Mapping[str, str]) -> float | None:
    named = headers.get("retry-after", "")
    seconds = _number(named)
    return seconds if seconds is not None else _until(named)


def _until(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp() - time.time()
    except (ValueError, OverflowError):
        return None


def _reset(headers: Mapping[str, str]) -> float | None:
    """Return when the limit that was hit is free again; the later one when none is marked."""
    hit = [each for each in _BUCKETS if headers.get(f"x-ratelimit-remaining-{each}") == "0"]
    named = [headers.get(f"x-ratelimit-reset-{each}", "") for each in hit or _BUCKETS]
    named.append("" if any(named) else headers.get("x-ratelimit-reset", ""))
    return max((each for text in named if (each := _duration(text)) is not None), default=None)


def _duration(text: str) -> float | None:
    """Return the seconds of `6m0s`, `120ms`, `7.5`, or until a moment in seconds since 1970."""
    seconds = _number(text)
    if seconds is not None:
        moment = seconds / 1000 if seconds > _EPOCH_MILLISECONDS else seconds
        return moment - time.time() if seconds > _EPOCH else seconds
    if not re.fullmatch(rf"(?:{_PART.pattern})+", text.strip()):
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text))


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
