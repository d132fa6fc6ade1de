"""Deprecation, sunset and stability. Source: oasdiff, docs/DEPRECATION.md; RFC 8594 for sunset."""

from __future__ import annotations

from datetime import date, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from agent.openapi.change import Level
from agent.openapi.json_values import text
from agent.openapi.options import Options

STABILITY = ("draft", "alpha", "beta", "stable")
"""Levels of `x-stability-level`, the weakest first."""


def sunset(plain: Any) -> date | None:
    """Return the day named by `x-sunset`; None where there is none that can be read."""
    value = text(plain.get("x-sunset")).strip()
    try:
        return date.fromisoformat(value[:10]) if value else None
    except ValueError:
        return _http_date(value)


def _http_date(value: str) -> date | None:
    try:
        return parsedate_to_datetime(value).date()
    except ValueError:
        return None


class Removal(NamedTuple):
    """Whether something that is gone was announced to go."""

    is_deprecated: bool
    sunset: date | None
    is_unread: bool
    """True when a sunset is given that cannot be read."""
    is_early: bool
    """True when the sunset is still to come."""

    @classmethod
    def of(cls, plain: Any, today: date | None) -> Removal:
        """Return what was said beforehand about a thing that is gone now."""
        day = sunset(plain)
        return cls(
            is_deprecated=plain.get("deprecated") is True,
            sunset=day,
            is_unread=bool(plain.get("x-sunset")) and day is None,
            is_early=bool(day and today and today < day),
        )

    def level(self, unannounced: Level) -> Level:
        """Return what the removal means, where it would mean `unannounced` without a word."""
        if not self.is_deprecated:
            return unannounced
        return Level.ERROR if self.is_early or self.is_unread else Level.INFO

    @property
    def words(self) -> str:
        """Return what to add to a sentence about the removal."""
        if not self.is_deprecated:
            return ""
        if self.is_early:
            return f", before its sunset on {self.sunset}"
        if self.is_unread:
            return ", and its sunset is no date"
        return "; it was deprecated"


def announcement(plain: Any, options: Options) -> tuple[str, str]:
    """Return the rule's end and the words for a thing that is deprecated from now on."""
    day = sunset(plain)
    is_asked = options.sunset_days is not None
    if is_asked and not plain.get("x-sunset"):
        return "deprecated-sunset-missing", "it is deprecated, without an x-sunset"
    if is_asked and day is None:
        return "deprecated-sunset-invalid", "it is deprecated, and its x-sunset is no date"
    if day and is_too_soon(day, options):
        return "sunset-date-too-small", f"it is deprecated, and its sunset {day} is too soon"
    if day:
        return "deprecated-with-sunset", f"it is deprecated, until {day}"
    return "deprecated", "it is deprecated"


def is_too_soon(day: date, options: Options) -> bool:
    """Tell whether a sunset gives clients less time than the team asks for."""
    if options.sunset_days is None or options.today is None:
        return False
    return day < options.today + timedelta(days=options.sunset_days)
