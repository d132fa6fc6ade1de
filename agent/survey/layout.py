"""Which files are worth a name, and which folders are only counted."""

import re
from collections import Counter
from typing import NamedTuple

from agent.survey.gathering import SKIPPED
from agent.survey.migrations import is_migration
from agent.survey.values import RepositoryFile, RepositoryFiles

_FOREIGN = re.compile(SKIPPED)
_STATIC = re.compile(
    r"(^|/)(static|assets|media|public|locale|locales|translations|templates|fixtures|testdata"
    r"|cassettes|snapshots|__snapshots__|images|img|fonts)/"
)
_DULL = re.compile(
    r"(^|/)(\.gitignore|\.gitattributes|\.dockerignore|\.editorconfig|\.gitkeep|LICEN[CS]E[^/]*"
    r"|py\.typed|[^/]*\.(lock|mako|png|jpe?g|gif|svg|ico|pdf|woff2?|min\.js|map|pyc|po|mo|zip|gz))$"
)
_FEW = 6
_CROWD = 60
"""So many files that are no Python, in one folder, are data."""


class Layout(NamedTuple):
    """What is named and what is counted."""

    named: tuple[str, ...]
    folded: tuple[str, ...]


def lay_out(files: RepositoryFiles) -> Layout:
    """Return the files worth a name, and a count for each folder that is folded."""
    crowds = _crowds(files)
    static = Counter(top for f in files.files if (top := _top(f.path, _STATIC)))
    counted: Counter[str] = Counter()
    named: list[str] = []
    for file in files.files:
        place = _folding(file, static, crowds)
        if place:
            counted[place] += 1
        elif not _is_dull(file):
            named.append(file.path)
    folded = [f"{place} {count} file{'s' * (count > 1)}" for place, count in counted.most_common()]
    return Layout(tuple(named), tuple(folded))


def _crowds(files: RepositoryFiles) -> set[str]:
    others = (f.path.rpartition("/")[0] for f in files.files if not f.path.endswith(".py"))
    return {folder for folder, count in Counter(others).items() if folder and count > _CROWD}


def _folding(file: RepositoryFile, static: Counter[str], crowds: set[str]) -> str:
    """Return the folder that stands for a file; empty if the file is named."""
    foreign = _top(file.path, _FOREIGN)
    if foreign:
        return foreign
    folder = file.path.rpartition("/")[0]
    if is_migration(file.path):
        return f"{folder}/"
    top = _top(file.path, _STATIC)
    if top and static[top] > _FEW and not file.path.endswith(".py"):
        return top
    is_one_of_many = folder in crowds and not file.path.endswith(".py")
    return f"{folder}/" if is_one_of_many else ""


def _top(path: str, pattern: re.Pattern[str]) -> str:
    found = pattern.search(path)
    return path[: found.end()] if found else ""


def _is_dull(file: RepositoryFile) -> bool:
    is_empty_package = file.path.endswith("__init__.py") and file.size == 0
    return is_empty_package or _DULL.search(file.path) is not None
