"""Message texts: what Slack makes of typed text, and how a person reads it."""

from __future__ import annotations

import html
import re

from office.people import PEOPLE

_KEPT = re.compile(r"<(?:[@#!][^<>\s]+|https?://[^<>\s]+)>")
_MENTION = re.compile("@(" + "|".join(re.escape(person.name) for person in PEOPLE) + r")\b")
_ADDRESS = re.compile(r"https?://[^\s<>|]*[^\s<>|.,;:!?)]")
_MARKUP = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")
_IDS = {person.name: person.slack_id for person in PEOPLE}
_NAMES = {person.slack_id: person.name for person in PEOPLE}


def typed(text: str) -> str:
    """Return text as Slack stores it: `&<>` escaped, addresses and `@Name` as links."""
    pieces = []
    place = 0
    for kept in _KEPT.finditer(text):
        pieces += [_escaped(text[place : kept.start()]), kept.group()]
        place = kept.end()
    return "".join([*pieces, _escaped(text[place:])])


def readable(text: str) -> str:
    """Return stored text as a person sees it."""
    return html.unescape(_MARKUP.sub(_shown, text))


def _escaped(text: str) -> str:
    plain = html.escape(text, quote=False)
    linked = _ADDRESS.sub(lambda found: f"<{found.group()}>", plain)
    return _MENTION.sub(lambda found: f"<@{_IDS[found[1]]}>", linked)


def _shown(found: re.Match[str]) -> str:
    target, label = found[1], found[2]
    if target.startswith("@"):
        return f"@{_NAMES.get(target[1:], target[1:])}"
    if target.startswith("!"):
        return f"@{target[1:].split('^')[0]}"
    return label or target
