"""Finding the text that an edit means, and saying what is there when it is not there."""

from __future__ import annotations

import difflib
import re
from typing import NamedTuple

from integrations.sandbox.inside.paths import Refused

_NUMBERED = re.compile(r" *(\d+)\t")
_LONGEST_SHOWN = 30
_MOST_PLACES = 5
_TELLING = 8
"""An `old` or `new` shorter than this may stand anywhere by chance."""


class Located(NamedTuple):
    """Where to put what; no span means that the text is as wanted already."""

    spans: list[tuple[int, int]]
    new: str
    note: str = ""


def locate(text: str, old: str, new: str, *, everywhere: bool) -> Located:
    """Return the places of `old`, forgiving what cannot be misunderstood.

    Raises:
        Refused: It is not there, or more than once; the text shows what is there.
    """
    old, new = old.replace("\r\n", "\n"), new.replace("\r\n", "\n")
    spans = _places(text, old)
    if spans and (old == new or _is_made(text, spans, new)):
        return Located([], new, f"already so at line {_line(text, spans[0][0])}")
    if len(spans) == 1 or (spans and everywhere):
        return Located(spans, new)
    if spans:
        raise Refused(_ambiguous(text, spans))
    found = _without_numbers(text, old, new) or _without_trailing(text, old, new)
    return found or _already(text, old, new) or _refuse(text, old)


def _places(text: str, old: str) -> list[tuple[int, int]]:
    """Return where `old` stands; its line ends fit those of the text, whichever they are."""
    form = r"\r?\n".join(re.escape(line) for line in old.split("\n"))
    return [found.span() for found in re.finditer(form, text)]


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _is_made(text: str, spans: list[tuple[int, int]], new: str) -> bool:
    """Tell whether each place of `old` is within a `new`, as after an addition made before."""
    made = _places(text, new) if new else []
    return bool(made) and all(
        any(start <= span[0] and span[1] <= end for start, end in made) for span in spans
    )


def _without_numbers(text: str, old: str, new: str) -> Located | None:
    """Find an `old` that was copied together with the line numbers of read_files."""
    bare = _bare(old)
    spans = [] if bare is None else _places(text, bare)
    if len(spans) != 1:
        return None
    return Located(spans, _bare(new) or new, "line numbers taken out")


def _bare(numbered: str) -> str | None:
    lines = numbered.split("\n")
    found = [_NUMBERED.match(line) for line in lines if line]
    if not found or not all(found):
        return None
    return "\n".join(_NUMBERED.sub("", line, count=1) for line in lines)


def _without_trailing(text: str, old: str, new: str) -> Located | None:
    """Find an `old` whose lines differ only by spaces at their ends."""
    if not old.strip():
        return None
    lines = [re.escape(line.rstrip(" \t")) for line in old.split("\n")]
    form = r"[ \t]*\r?\n".join(lines) + ("" if old.endswith("\n") else r"(?:[ \t]*(?=\r?$))?")
    spans = [found.span() for found in re.finditer(form, text, re.MULTILINE)]
    if len(spans) != 1:
        return None
    return Located(spans, new, "only spaces at line ends differed, they were ignored")


def _already(text: str, old: str, new: str) -> Located | None:
    """Return that nothing is to be done when `new` is there, once, and `old` is not."""
    spans = _places(text, new) if len(new.strip()) >= _TELLING else []
    if len(spans) != 1 or not old:
        return None
    return Located([], new, f"already so: `new` is at line {_line(text, spans[0][0])}, no `old`")


def _ambiguous(text: str, spans: list[tuple[int, int]]) -> str:
    lines = text.split("\n")
    numbers = [_line(text, start) for start, _ in spans]
    shown = [_numbered(lines, max(0, number - 2), number + 1) for number in numbers[:_MOST_PLACES]]
    more = "" if len(numbers) <= _MOST_PLACES else ", …"
    places = ", ".join(map(str, numbers[:_MOST_PLACES])) + more
    rows = "\n--\n".join(shown)
    return (
        f"`old` stands {len(spans)} times, at lines {places}; add lines around it to `old`, "
        f"or set `all` to change every one\n{rows}"
    )


def _numbered(lines: list[str], start: int, end: int) -> str:
    rows = enumerate(lines[start:end], start + 1)
    return "\n".join(f"{number}\t{line.rstrip(chr(13))[:500]}" for number, line in rows)


def _refuse(text: str, old: str) -> Located:
    raise Refused(_reason(text, old))


def _reason(text: str, old: str) -> str:
    """Say what differs, as exactly as can be told, and show the text that is there."""
    lines, wanted = text.split("\n"), old.strip("\n").split("\n")
    if not old.strip():
        return "`old` is empty; give the text to replace, or `content` for a whole file"
    if _places(text, old.replace("\\n", "\n").replace('\\"', '"')):
        return r"`old` has \n or \" as two characters each; write real line ends and quotes"
    starts = _same_but_indented(lines, wanted)
    if starts:
        return _indentation(lines, wanted, starts)
    loose = r"\s+".join(re.escape(word) for word in old.split()[:1500])
    spans = [found.span() for found in re.finditer(loose, text)]
    if len(spans) == 1:
        first, last = (_line(text, position) for position in spans[0])
        shown = _numbered(lines, first - 1, min(last, first + _LONGEST_SHOWN))
        return f"only spaces and line ends differ; the file has\n{shown}"
    return _nearest(lines, wanted)


def _same_but_indented(lines: list[str], wanted: list[str]) -> list[int]:
    bare, size = [line.strip() for line in wanted], len(wanted)
    stripped = [line.strip() for line in lines]
    starts = (index for index, line in enumerate(stripped) if line == bare[0])
    return [start for start in starts if stripped[start : start + size] == bare]


def _indentation(lines: list[str], wanted: list[str], starts: list[int]) -> str:
    number = next(index for index, line in enumerate(wanted) if line.strip())
    there, asked = (_indent(line) for line in (lines[starts[0] + number], wanted[number]))
    shown = _numbered(lines, starts[0], starts[0] + min(len(wanted), _LONGEST_SHOWN))
    others = f" (and {len(starts) - 1} places more)" if len(starts) > 1 else ""
    kinds = "" if there == asked else f": the file has {there} where `old` has {asked}"
    return f"only the indentation differs{kinds}{others}; the file has\n{shown}"


def _indent(line: str) -> str:
    lead = line[: len(line) - len(line.lstrip())]
    tabs, spaces = lead.count("\t"), lead.count(" ")
    parts = [f"{tabs} tabs"] * bool(tabs) + [f"{spaces} spaces"] * bool(spaces)
    return " and ".join(parts) or "none"


def _nearest(lines: list[str], wanted: list[str]) -> str:
    """Show the text that is most like `old`, with its line numbers."""
    anchor = max(range(len(wanted)), key=lambda index: len(wanted[index].strip()))
    stripped = [line.strip()[:500] for line in lines[:20000]]
    close = set(
        difflib.get_close_matches(wanted[anchor].strip()[:500], set(stripped), n=3, cutoff=0.6)
    )
    starts = [max(0, index - anchor) for index, line in enumerate(stripped) if line in close][:50]
    if not starts:
        return f"nothing in it is like `old`; read it again ({len(lines)} lines)"
    whole = "\n".join(wanted)[:2000]
    parts = ["\n".join(lines[start : start + len(wanted)])[:2000] for start in starts]
    scores = [difflib.SequenceMatcher(None, part, whole, False).ratio() for part in parts]
    best = starts[scores.index(max(scores))]
    shown = _numbered(lines, best, best + min(len(wanted), _LONGEST_SHOWN))
    return f"`old` is not in it; the nearest text is\n{shown}"
