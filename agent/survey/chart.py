"""The chart of a repository: folders, file names and symbols, as many as there is room for."""

from collections import Counter
from collections.abc import Iterable
from itertools import takewhile
from typing import NamedTuple

from agent.survey.resources import Relevance
from agent.survey.values import Module, Survey, Symbol

_LONG_FILE = 150
"""Lines; in a longer file symbols are shown with their line, and the file with its length."""
_MOST_OF_FILE = 420
"""Characters that the symbols of one file may take."""
_FOLDER = 6
"""Characters for a folder's line break and slash."""
_FOR_NAMES = 0.45
"""The share of the room that names of files may take before symbols get theirs."""
_LESS_TELLING = ("fixture", "function")


class Chart(NamedTuple):
    """What is shown, and what is not."""

    lines: list[str]
    """A folder each, such as `app/routers/ orders.py[GET /orders list_orders]`."""
    elsewhere: list[str]
    """Folders of the files that are not shown, with their number."""
    missing: int
    """The number of files that are not shown."""


class Entry(NamedTuple):
    """One file on the chart."""

    folder: str
    name: str
    symbols: str


def chart(survey: Survey, relevance: Relevance, room: int) -> Chart:
    """Return the chart that fits into `room` characters.

    Files near the ticket get their names and symbols first, then the names of others, then their
    symbols.
    """
    modules = {module.path: module for module in survey.modules}
    near = sorted(survey.files, key=lambda path: _rank(path, relevance))
    names = _names_that_fit(near, int(room * _FOR_NAMES) if len(near) > 40 else room)
    room -= sum(names.values())
    symbols: dict[str, str] = {}
    for path in names:
        shown = _symbols(modules[path]) if path in modules else ""
        if shown and len(shown) + 2 <= room:
            symbols[path] = f"[{shown}]"
            room -= len(shown) + 2
    entries = [Entry(*_split(path), symbols.get(path, "")) for path in sorted(names)]
    others = [path for path in survey.files if path not in names]
    return Chart(_lines(entries), _elsewhere(others), len(others) + survey.unlisted)


def _elsewhere(paths: Iterable[str]) -> list[str]:
    """Return folders, two levels deep, with the number of files below, the fullest first."""
    folders = ("/".join(path.split("/")[:-1][:2]) or "." for path in paths)
    return [f"{folder}/ {count}" for folder, count in Counter(folders).most_common()]


def _rank(path: str, relevance: Relevance) -> tuple[float, bool, int, str]:
    return -relevance.of(path), not path.endswith(".py"), path.count("/"), path


def _names_that_fit(paths: Iterable[str], room: int) -> dict[str, int]:
    """Return what each name takes, in the order of the files, until the room is used up."""
    taken: dict[str, int] = {}
    folders: set[str] = set()
    for path in paths:
        folder, name = _split(path)
        cost = len(name) + 1 + (0 if folder in folders else len(folder) + _FOLDER)
        if cost > room:
            continue
        folders.add(folder)
        taken[path] = cost
        room -= cost
    return taken


def _split(path: str) -> tuple[str, str]:
    folder, _, name = path.rpartition("/")
    return folder, name


def _symbols(module: Module) -> str:
    """Return the public symbols of a module, cut with the number of what is gone."""
    is_long = module.lines > _LONG_FILE
    # That a test file has tests goes without saying; its fixtures are worth a word.
    told = [symbol for symbol in module.symbols if symbol.kind != "tests"]
    public = [symbol for symbol in told if not symbol.name.startswith("_")]
    telling = sorted(public, key=lambda symbol: symbol.kind in _LESS_TELLING)
    common = _common_url(telling)
    shown: list[str] = []
    room = _MOST_OF_FILE - len(common)
    for symbol in telling:
        text = _shown(symbol, common, is_long=is_long)
        room -= len(text) + 2
        if room < 0:
            break
        shown.append(text)
    if len(telling) > len(shown):
        shown.append(f"+{len(telling) - len(shown)} more")
    first = f"{module.lines} lines: " if is_long else ""
    first += f"{common}: " if common else ""
    return first + ", ".join(shown) if shown else first.rstrip(": ")


def _common_url(symbols: list[Symbol]) -> str:
    """Return the static beginning that the URLs of several routes share; said once, it is short."""
    urls = [symbol.label.split(" ")[-2] for symbol in symbols if symbol.label.count(" ") > 1]
    if len(urls) < 2 or len(urls) != sum(symbol.kind == "route" for symbol in symbols):
        return ""
    parts = [url.split("/") for url in urls]
    shared = list(takewhile(lambda level: len(set(level)) == 1, zip(*parts, strict=False)))
    names = [level[0] for level in shared if "{" not in level[0] and "<" not in level[0]]
    return "/".join(names) if len(names) == len(shared) else ""


def _shown(symbol: Symbol, common: str, *, is_long: bool) -> str:
    text = symbol.label or symbol.name
    if common and symbol.kind == "route":
        verb, url, name = text.split(" ", 2)
        text = " ".join(filter(None, (verb, url.removeprefix(common), name)))
    return f"{text}:{symbol.start}" if is_long else text


def _lines(entries: list[Entry]) -> list[str]:
    by_folder: dict[str, list[str]] = {}
    for entry in entries:
        by_folder.setdefault(entry.folder, []).append(entry.name + entry.symbols)
    return [f"{folder or '.'}/ {' '.join(names)}" for folder, names in sorted(by_folder.items())]
