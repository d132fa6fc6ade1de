"""Applications that a repository itself names: in configuration, and where it starts a server."""

import re
from collections.abc import Iterator
from posixpath import dirname, join, normpath

from agent.domain.value import Value
from agent.survey.packages import document, table
from agent.survey.values import RepositoryFiles

STARTERS = (
    r"(^|/)((docker-)?compose[^/]*\.ya?ml|[Dd]ockerfile[^/]*|[^/]*\.[Dd]ockerfile|Procfile[^/]*"
    r"|[Mm]akefile|[Jj]ustfile|Taskfile\.ya?ml|app\.ya?ml|fly\.toml|render\.yaml|supervisord?\.conf"
    r"|gunicorn[^/]*\.py|[^/]*\.sh)$"
)
"""Files that may start a server."""
_SERVER = re.compile(r"\b(uvicorn|gunicorn|hypercorn|granian|daphne|fastapi|UvicornWorker)\b")
_NAMED = re.compile(
    r"(?<![\w./:-])(?P<module>[A-Za-z_]\w*(?:\.\w+)*):(?P<name>[A-Za-z_]\w*(?:\.\w+)*)"
    r"(?P<call>\(\))?(?![\w/:.-])"
)
_APP_DIR = re.compile(r"--app-dir[= \"',]+(?P<folder>[\w./-]+)|--chdir[= \"',]+(?P<chdir>[\w./-]+)")
_RUN_FILE = re.compile(r"\bfastapi[\"', ]+(?:run|dev)\b[^\n]*?[\"', ](?P<path>[\w./-]+\.py)\b")
_LONGEST_LINE = 2_000
_ENTRY = re.compile(r"(?P<module>[\w.]+):(?P<name>\w+)")


class Declaration(Value):
    """An application as it is named somewhere."""

    module: str
    """A dotted name; empty when `path` is known instead."""
    name: str = ""
    near: str = ""
    """The folder that the name is to be seen from."""
    path: str = ""
    is_factory: bool = False


def declarations(files: RepositoryFiles) -> Iterator[Declaration]:
    """Yield what the files declare, FastAPI's own configuration before the commands."""
    for path, text in files.texts.items():
        if path.rpartition("/")[2] == "pyproject.toml":
            entry = table(document(text), "tool", "fastapi").get("entrypoint")
            found = _ENTRY.fullmatch(entry) if isinstance(entry, str) else None
            if found:
                yield Declaration(**found.groupdict(), near=dirname(path))
    starters = [path for path in files.texts if re.search(STARTERS, path)]
    for path in sorted(starters, key=_rank):
        yield from _started(path, files.texts[path])
    for path, text in files.texts.items():
        if path.endswith(".py"):
            for found in re.finditer(r"\buvicorn\.run\(\s*[\"']([\w.:]+)[\"']", text):
                if entry := _ENTRY.fullmatch(found[1]):
                    yield Declaration(**entry.groupdict(), near=dirname(path))


def _rank(path: str) -> tuple[int, int, str]:
    """Order images before the rest, and what is for production before what is for development."""
    name = path.rpartition("/")[2].lower()
    kinds = ("dockerfile", "procfile", "docker-compose", "compose")
    kind = next(
        (number for number, start in enumerate(kinds) if name.startswith(start)), len(kinds)
    )
    is_aside = re.search(r"dev|test|local|debug", name) is not None
    return kind + is_aside, path.count("/"), path


def _started(path: str, text: str) -> Iterator[Declaration]:
    """Yield the applications that a file hands to a server."""
    here = dirname(path)
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        if len(line) > _LONGEST_LINE or not _SERVER.search(line) or line.lstrip().startswith("#"):
            continue
        place = _APP_DIR.search(line)
        folder = (place["folder"] or place["chdir"] or "") if place else ""
        near = normpath(join(here, folder.lstrip("/"))) if folder else here
        for found in _NAMED.finditer(line):
            is_factory = bool(found["call"]) or "--factory" in line
            yield Declaration(
                module=found["module"],
                name=found["name"],
                near="" if near in (".", "..") else near,
                is_factory=is_factory,
            )
        if run := _RUN_FILE.search(line):
            yield Declaration(module="", path=normpath(join(here, run["path"])))
