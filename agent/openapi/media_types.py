"""Media types by meaning: case, spaces and the default character set say nothing."""

from __future__ import annotations

from typing import NamedTuple


class MediaType(NamedTuple):
    """A media type in normal form."""

    kind: str
    """Such as `application/json`."""
    parameters: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, written: str) -> MediaType:
        """Return the media type that is written."""
        kind, *rest = (part.strip().lower() for part in written.split(";"))
        pairs = (part.partition("=") for part in rest if part)
        found = {name.strip(): value.strip(' "') for name, _, value in pairs}
        if found.get("charset") in ("utf-8", "utf8"):
            del found["charset"]
        return cls(kind, tuple(sorted(found.items())))

    @property
    def is_json(self) -> bool:
        """Tell whether it is read as JSON, or is a form, whose fields a schema describes too."""
        forms = ("multipart/form-data", "application/x-www-form-urlencoded")
        return self.kind.endswith(("/json", "+json")) or self.kind in forms or "*" in self.kind

    def covers(self, other: MediaType) -> bool:
        """Tell whether everything of the other type is of this one too."""
        if self.kind == "*/*" or self.kind == other.kind:
            return not self.parameters
        major, _, minor = self.kind.partition("/")
        other_major, _, other_minor = other.kind.partition("/")
        return major == other_major and (minor == "*" or other_minor.endswith(f"+{minor}"))
