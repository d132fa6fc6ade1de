"""Inside the sandbox: which of the given lines hold a secret, as one JSON on stdout.

Run as `python -I -c` with detect-secrets installed. The answer has places and kinds, never a value.
Its own network checks are never asked for; the sandbox has no network anyway.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from typing import Any

from detect_secrets.__version__ import VERSION
from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.settings import default_settings

_LONGEST = 4_000
"""Characters of a line; in longer ones every piece of this length is looked at."""
_OVERLAP = 400
_SHORTEST = 8
_PRIVATE_NETWORK = "Public IP (ipv4)"


def pieces(line: str) -> list[tuple[int, str]]:
    """Return a line cut so that no expression takes long, with the place of each piece."""
    if len(line) <= _LONGEST:
        return [(0, line)]
    step = _LONGEST - _OVERLAP
    return [(at, line[at : at + _LONGEST]) for at in range(0, len(line), step)]


def places_in(plugin: Any, path: str, text: str) -> Iterator[tuple[int, int]]:
    """Give where one detector of the library finds something in a text."""
    for found in plugin.analyze_line(filename=path, line=text):
        value = found.secret_value or ""
        if 0 < len(value) < _SHORTEST and (whole := whole_of(plugin, value, text)):
            yield whole
        elif value and value in text:
            start = text.find(value)
            yield start, start + len(value)


def whole_of(plugin: Any, part: str, text: str) -> tuple[int, int] | None:
    """Return the whole of what a detector only reports by its first letters."""
    for pattern in getattr(plugin, "denylist", ()):
        for match in pattern.finditer(text):
            if part in match[0]:
                start, end = match.span()
                return start, end
    return None


def main() -> None:
    """Answer the job: lines as [path, text], and expressions beside those of the library."""
    job = json.load(sys.stdin)
    also = [(kind, re.compile(pattern)) for kind, pattern in job["also"].items()]
    found = set()
    with default_settings():
        classes = get_mapping_from_secret_type_to_class()
        plugins = [(kind, made()) for kind, made in classes.items() if kind != _PRIVATE_NETWORK]
        for index, (path, line) in enumerate(job["lines"]):
            for at, text in pieces(line):
                for kind, plugin in plugins:
                    for start, end in places_in(plugin, path, text):
                        found.add((index, kind, at + start, at + end))
                for kind, pattern in also:
                    for match in pattern.finditer(text):
                        group = pattern.groups and 1
                        found.add((index, kind, at + match.start(group), at + match.end(group)))
    json.dump({"version": VERSION, "found": sorted(found)}, sys.stdout)


if __name__ == "__main__":
    main()
