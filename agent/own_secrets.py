"""The secrets of our own process: found in a text in any usual spelling, shown in none."""

import base64
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

_SHORTEST = 8
"""Characters; what is shorter occurs by chance."""
_SHORTEST_BARE = 16
_SHORTEST_LINE = 40
"""Characters of a line of a key that give the whole away."""
_LINES = 4
"""So many lines of a key are looked for."""
_SPACE = re.compile(r"\s+|\\[nrt]|[\"'\\]+|\0")
"""What stands between the parts of a value that was broken into lines."""


class OwnSecrets:
    """Values by the names of their settings. Nothing that prints it shows them."""

    def __init__(self, values: Iterable[tuple[str, str]] = ()) -> None:
        """Take (name, value); values that are too short to be told from words are left out."""
        self._forms = tuple((name, form) for name, value in values for form in _forms(value))
        bare = ((name, _bare(form)) for name, form in self._forms)
        self._bare = tuple((name, form) for name, form in bare if _is_telling(form))

    def __repr__(self) -> str:
        """Return how many there are, and nothing of them."""
        return f"OwnSecrets({len({name for name, _ in self._forms})} values)"

    def found_in(self, text: str) -> tuple[str, ...]:
        """Return the names of those that a text contains, in whatever spelling."""
        if not self._forms:
            return ()
        folded = text.casefold()
        joined, bare = _SPACE.sub("", folded), _bare(folded)
        found = (name for name, form in self._forms if form in folded or form in joined)
        squeezed = (name for name, form in self._bare if form in bare)
        return tuple(dict.fromkeys((*found, *squeezed)))


def _forms(value: str) -> Iterator[str]:
    """Return what to look for, without regard to case."""
    plain = value.strip()
    if len(plain) < _SHORTEST:
        return
    parts = {plain, _SPACE.sub("", plain)}
    lines = [line for line in map(str.strip, plain.splitlines()) if len(line) >= _SHORTEST_LINE]
    parts |= set(lines[:_LINES])
    spelt = {form.casefold() for part in parts for form in _spellings(part)}
    yield from sorted(form for form in spelt if len(form) >= _SHORTEST)


def _bare(text: str) -> str:
    """Return letters and digits alone: a value in pieces is whole again."""
    return re.sub(r"[^0-9a-z]+", "", text)


def _is_telling(form: str) -> bool:
    """Tell whether letters and digits alone are no words that stand beside each other by chance."""
    return len(form) >= _SHORTEST_BARE and any(map(str.isdigit, form))


def _spellings(value: str) -> Iterator[str]:
    raw = value.encode()
    yield value
    yield value[::-1]
    yield raw.hex()
    yield "".join(f"%{byte:02x}" for byte in raw)
    yield "".join(f"x{byte:02x}" for byte in raw)
    yield from (quote(value, safe=""), quote_plus(value))
    yield base64.b32encode(raw).decode().rstrip("=")
    for before in range(3):
        yield from _within_base64(raw, before)


def _within_base64(raw: bytes, before: int) -> Iterator[str]:
    """Return the part of a base64 text that does not depend on what stands around the value."""
    padded = b"\0" * before + raw
    first = -(-before * 4 // 3) if before else 0
    last = len(padded) * 4 // 3
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        core = encode(padded).decode().rstrip("=")[first:last]
        yield core
        yield core[::-1]


NONE = OwnSecrets()
