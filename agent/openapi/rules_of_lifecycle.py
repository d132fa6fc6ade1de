"""Announcements in schemas: deprecated, to be switched off, stable."""

from agent.openapi.json_values import text
from agent.openapi.lifecycle import STABILITY, announcement
from agent.openapi.walk import Pair


def compare_announcements(pair: Pair) -> None:
    """Compare whether a value is deprecated and how stable it is."""
    was, is_now = "deprecated" in pair.base.plain, "deprecated" in pair.head.plain
    if was and not is_now:
        pair.say("reactivated", "it is not deprecated any more")
    elif is_now and not was:
        rule, what = announcement(pair.head.plain, pair.walk.options)
        pair.say(rule, what)
    old, new = (text(s.plain.get("x-stability-level")) for s in (pair.base, pair.head))
    if old in STABILITY and new in STABILITY and old != new:
        way = "increased" if STABILITY.index(new) > STABILITY.index(old) else "decreased"
        pair.say(f"stability-{way}", f"its stability went from `{old}` to `{new}`")
