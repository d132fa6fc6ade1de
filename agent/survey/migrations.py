"""The migrations tool, and where its newest revision is."""

import re
from collections.abc import Iterator

from agent.survey.values import RepositoryFiles

_REVISION = re.compile(r"^revision\s*(?::[^=\n]+)?=\s*[\"']([^\"'\n]+)[\"']", re.M)
_DOWN = re.compile(r"^down_revision\s*(?::[^=\n]+)?=\s*(\([^)]*\)|\[[^\]]*\]|[^\n]+)", re.M)
_DJANGO = re.compile(r"(?:^|/)([^/]+)/migrations/(\d{4}_[^/]*)\.py$")
_VERSION = re.compile(r"(^|/)(versions|migrations)/[^/]+\.py$")
_SHOWN = 12


def is_migration(path: str) -> bool:
    """Tell whether a file is one migration."""
    return _VERSION.search(path) is not None and not path.endswith("/__init__.py")


def migrations(files: RepositoryFiles) -> tuple[str, ...]:
    """Return a line for each tool: Alembic's heads, Django's newest migration of each app."""
    return (*_alembic(files), *_django(files))


def _alembic(files: RepositoryFiles) -> Iterator[str]:
    revisions: dict[str, str] = {}
    below: set[str] = set()
    for path, text in files.texts.items():
        found = _REVISION.search(text) if is_migration(path) else None
        down = _DOWN.search(text)
        if found and down:
            revisions[found[1]] = path
            below.update(re.findall(r"[\"']([^\"'\n]+)[\"']", down[1]))
    heads = sorted(set(revisions) - below)
    if heads:
        shown = ", ".join(f"{head} ({revisions[head]})" for head in heads[:4])
        more = f" [+{len(heads) - 4} more]" if len(heads) > 4 else ""
        word = "head" if len(heads) == 1 else f"{len(heads)} heads, so a merge is missing:"
        yield f"Alembic, {len(revisions)} revisions, {word} {shown}{more}"
    elif any(file.path.rpartition("/")[2] == "alembic.ini" for file in files.files):
        yield "Alembic, no revision yet"


def _django(files: RepositoryFiles) -> Iterator[str]:
    newest: dict[str, str] = {}
    for file in files.files:
        found = _DJANGO.search(file.path)
        if found and file.kind == "file":
            folder = file.path.rpartition("/migrations/")[0]
            newest[folder] = max(newest.get(folder, ""), found[2])
    if newest:
        rows = sorted(newest.items())
        shown = ", ".join(f"{folder} {name}" for folder, name in rows[:_SHOWN])
        more = f" [+{len(rows) - _SHOWN} more apps]" if len(rows) > _SHOWN else ""
        yield f"Django, newest of each app: {shown}{more}"
