"""Entries of an accept file, ready to be pasted: all but the reason, which a person must give."""

import re
from collections.abc import Iterable

from agent.openapi.change import Change


def acceptance_text(change: Change) -> str:
    """Return an entry for the accept file; a person adds the reason, without it is not read."""
    place = ("component", change.component) if change.component else ("operation", change.operation)
    values = (("id", change.id), ("fingerprint", change.fingerprint), place)
    lines = [f"{key}: {_quoted(value)}" for key, value in values if value and value.isprintable()]
    lines += ['reason: ""  # why clients can live with it', 'ticket: ""', "expires:"]
    return "  - " + "\n    ".join(lines)


def acceptances_text(changes: Iterable[Change]) -> str:
    """Return an accept file for these changes."""
    return "\n".join(["accept:", *map(acceptance_text, changes)])


def _quoted(text: str) -> str:
    """Return a YAML scalar of visible ASCII that can end neither a code block nor a comment."""
    if re.fullmatch(r"[a-z]+(?:-[a-z0-9]+)+", text):
        return text
    return '"' + re.sub(r'[^ -~]|["\\<]', lambda found: f"\\U{ord(found[0]):08x}", text) + '"'
