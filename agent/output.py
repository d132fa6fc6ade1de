"""Cutting what is too long to be read by its structure, so that what matters stays."""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby, pairwise
from typing import NamedTuple

from agent.text import cut_lines, head_and_tail

_LONGEST_LINE = 600
_NOT_WORTH_IT = 500
"""Characters too few to be left out: asking for them would cost more than showing them."""
_GAP = 28
"""About how many characters it takes to say that lines were left out."""


class Line(NamedTuple):
    """What stands in the place of the lines `first` to `last` of an output."""

    first: int
    last: int
    text: str


class Cut(NamedTuple):
    """An output as it is shown."""

    text: str
    is_whole: bool
    """False when lines were left out; their numbers are told."""


def cut_output(text: str, limit: int) -> Cut:
    """Return the output of a command in about `limit` characters.

    Repeated lines are folded. If that is not enough, what tells why it failed goes before
    everything else: the end and the summary, then errors, then tracebacks and failures.
    """
    lines = [*_folded(Line(n, n, line.rstrip()) for n, line in enumerate(text.split("\n"), 1))]
    if _size(lines) <= limit:
        return Cut("\n".join(line.text for line in lines), is_whole=True)
    lines = [*_similar_folded([line._replace(text=_short(line.text)) for line in lines])]
    kept = _chosen([line.text for line in lines], limit)
    return Cut(head_and_tail(_joined(lines, kept), limit + limit // 10), is_whole=False)


def _size(lines: Iterable[Line]) -> int:
    return sum(len(line.text) + 1 for line in lines)


def _short(line: str) -> str:
    more = len(line) - _LONGEST_LINE
    return line if more <= 40 else f"{line[:_LONGEST_LINE]}[+{more} characters]"


def _folded(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield a line that stands several times in a row once, with a count."""
    for text, group in groupby(lines, key=lambda line: line.text):
        same = [*group]
        if len(same) < 3:
            yield from same
            continue
        yield same[0]
        if text:
            yield Line(same[1].first, same[-1].last, f"[the line above {len(same) - 1} times more]")


_CHANGING = re.compile(r"[0-9a-f]{8,}|[\d#=.,:█▉-▏━╸╺> -]+")


def _similar_folded(lines: list[Line]) -> Iterator[Line]:
    """Yield of many lines in a row that differ only by numbers the first and the last."""
    for _, group in groupby(lines, key=lambda line: _CHANGING.sub("#", line.text)):
        same = [*group]
        if len(same) < 5:
            yield from same
            continue
        count = f"[{len(same) - 2} lines like the one above]"
        yield from (same[0], Line(same[1].first, same[-2].last, count), same[-1])


_SUMMARY = re.compile(r"=+ short test summary info =+")
_SECTION = re.compile(r"=+ (FAILURES|ERRORS) =+")
_ANY_SECTION = re.compile(r"={5,}( .* =*)?$")
_FAILING = re.compile(r"(E  |>  |_{3,} .+ _{3,}$|\S+:\d+: )")
_ERROR = re.compile(
    r"\b\w*(Error|Exception)\b|\b(error|fatal|panic|FAILED|FAIL|failed|denied|Killed)\b|not found",
)
_HARMLESS = re.compile(r"\bPASSED\b|\bpassed\b|\bok\b|\b(0|no) (errors|failed|failures)\b")
_FIRST, _LAST = 3, 12
_SHARES = ((0, 0.4), (1, 0.75), (2, 0.9), (3, 1.0))
"""Up to which part of the room each rank may fill it."""


def _chosen(lines: list[str], limit: int) -> set[int]:
    """Return the places of the lines that are kept, the more telling ones first."""
    ranks = _ranks(lines)
    kept: set[int] = set()
    used = 0.0
    for rank, share in _SHARES:
        for index in _in_order(ranks, rank):
            cost = len(lines[index]) + 1 + (0 if {index - 1, index + 1} & kept else _GAP)
            if used + cost > limit * share:
                if rank == 3:
                    break
                continue
            kept.add(index)
            used += cost
    return kept


def _in_order(ranks: list[int], rank: int) -> Iterator[int]:
    """Yield the places of a rank as they are filled in; the rest from both ends."""
    places = [index for index, found in enumerate(ranks) if found == rank]
    if rank != 3:
        yield from places
        return
    head, tail = iter(places), iter(reversed(places))
    for number in range(len(places)):
        yield next(head) if number % 3 == 2 else next(tail)


def _ranks(lines: list[str]) -> list[int]:
    """Return for each line how telling it is, from 0, most, to 3."""
    total, ranks = len(lines), [3] * len(lines)
    section = ""
    for index, line in enumerate(lines):
        section = _section(line, section)
        if section == "summary" or index < _FIRST or index >= total - _LAST:
            ranks[index] = 0
        elif section == "failures":
            ranks[index] = 1 if _FAILING.match(line) else 2
        elif _ERROR.search(line) and not _HARMLESS.search(line):
            ranks[index] = 1
    for start, end in _tracebacks(lines):
        for index in range(start, end + 1):
            ranks[index] = min(ranks[index], 1 if index > end - 5 else 2)
    return ranks


def _section(line: str, section: str) -> str:
    if _SUMMARY.match(line):
        return "summary"
    if _SECTION.match(line):
        return "failures"
    return "" if _ANY_SECTION.match(line) else section


def _tracebacks(lines: list[str]) -> Iterator[tuple[int, int]]:
    """Yield the first and last place of each Python traceback."""
    start = None
    for index, line in enumerate(lines):
        if line.lstrip().startswith("Traceback (most recent call last)"):
            start = index
        elif start is not None and line and not line.startswith((" ", "\t", "[")):
            yield start, index
            start = None


def _joined(lines: list[Line], kept: set[int]) -> str:
    rows: list[str] = []
    places = [-1, *sorted(kept), len(lines)]
    for before, place in pairwise(places):
        if place - before == 2 and len(lines[place - 1].text) <= _GAP:
            rows.append(lines[place - 1].text)
        elif place - before > 1:
            rows.append(_gap(lines[before + 1].first, lines[place - 1].last))
        if place < len(lines):
            rows.append(lines[place].text)
    return "\n".join(rows)


def _gap(first: int, last: int) -> str:
    return f"[... lines {first}-{last} ...]" if last > first else f"[... line {first} ...]"


_SIGNATURE = re.compile(r"\s*(async def|def|class)\b")
_DECORATOR = re.compile(r"\s*@\w")
_IMPORT = re.compile(r"(import|from)\b")


def numbered(lines: Iterable[str], first: int = 1) -> list[str]:
    """Return lines as the model sees them: the number, a tab, the text."""
    return [f"{number}\t{line}" for number, line in enumerate(lines, first)]


def cut_file(path: str, lines: list[str], first: int, limit: int) -> str:
    """Return numbered lines of a file in about `limit` characters.

    Of a Python file that is too long the beginning stays, and of the rest the signatures; of other
    files the beginning and the end.
    """
    rows = numbered(lines, first)
    if sum(map(len, rows)) + len(rows) <= limit + _NOT_WORTH_IT:
        return "\n".join(rows)
    kept = _python_rows(lines, rows, limit) if path.endswith((".py", ".pyi")) else set()
    if not kept:
        return cut_lines("\n".join(rows), limit)
    end = next(index for index in range(len(rows)) if index not in kept)
    last = first + min(end + 150, len(rows) - 1)
    note = (
        f"[{len(rows) - len(kept)} lines left out: from line {first + end} on only imports and "
        f"signatures are shown; read what you need with {path}:{first + end}-{last}]"
    )
    return "\n".join([*(row for index, row in enumerate(rows) if index in kept), note])


def _python_rows(lines: list[str], rows: list[str], limit: int) -> set[int]:
    """Return the places of the rows to keep; none when even the signatures are too many."""
    for forms in ((_SIGNATURE, _DECORATOR, _IMPORT), (_SIGNATURE,)):
        kept = {index for index, line in enumerate(lines) if any(f.match(line) for f in forms)}
        room = limit - sum(len(rows[index]) + 1 for index in kept)
        if kept and room > 0:
            break
    else:
        return set()
    for index, row in enumerate(rows):
        if index in kept:
            continue
        room -= len(row) + 1
        if room < 0:
            break
        kept.add(index)
    return kept
