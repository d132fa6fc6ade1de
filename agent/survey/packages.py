"""Versions: of Python, and of the packages that shape how the work is done."""

import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any

import yaml

from agent.survey.values import RepositoryFiles

_TELLING = (
    "fastapi", "django", "djangorestframework", "django-ninja", "drf-spectacular", "starlette",
    "flask", "pydantic", "pydantic-settings", "sqlalchemy", "sqlmodel", "alembic", "asyncpg",
    "psycopg", "psycopg2", "psycopg2-binary", "aiosqlite", "celery", "dramatiq", "redis",
    "httpx", "pytest", "pytest-django", "pytest-asyncio", "factory-boy",
)  # fmt: skip
_PINNED = re.compile(r"^\s*([A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*==\s*([0-9][^\s;,#\\]*)", re.M)
_REQUIREMENT = re.compile(r"^\s*([A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*([^;#\n]*)")
_STARTS = {
    "dockerfile": re.compile(r"(?m)^(?:CMD|ENTRYPOINT)\s+(.+)$"),
    "procfile": re.compile(r"(?m)^(\w+: .+)$"),
}
_LOCKED = re.compile(r'^name = "([^"]+)"\s*\nversion = "([^"]+)"', re.M)
_SETUP = re.compile(r"""["']([A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*([<>=~!][^"';]*)?["']""")


def packages(files: RepositoryFiles) -> tuple[str, ...]:
    """Return the telling packages with their exact version, else their range, else the name."""
    ranges = dict(_ranges(files))
    exact = dict(_exact(files))
    known = [name for name in _TELLING if name in ranges or name in exact]
    known = [name for name in known if name != "starlette" or "fastapi" not in known]
    return tuple(f"{name} {exact.get(name) or ranges.get(name, '')}".strip() for name in known)


def declared(files: RepositoryFiles) -> frozenset[str]:
    """Return the names of all packages that the repository asks for itself."""
    of_pipfile = (name for name, _ in _pipfile(files.text("Pipfile.lock")))
    return frozenset((*of_pipfile, *(name for name, _ in _ranges(files))))


def _exact(files: RepositoryFiles) -> Iterator[tuple[str, str]]:
    for path in ("poetry.lock", "uv.lock", "pdm.lock"):
        for name, version in _LOCKED.findall(files.text(path) or ""):
            yield _normal(name), version
    yield from _pipfile(files.text("Pipfile.lock"))
    for path, text in files.texts.items():
        if _is_requirements(path):
            for name, version in _PINNED.findall(text):
                yield _normal(name), version


def _pipfile(text: str | None) -> Iterator[tuple[str, str]]:
    try:
        document = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return
    for group in ("default", "develop"):
        entries = document.get(group) if isinstance(document, dict) else None
        for name, entry in (entries if isinstance(entries, dict) else {}).items():
            version = entry.get("version") if isinstance(entry, dict) else None
            yield _normal(name), str(version or "").lstrip("=")


def _ranges(files: RepositoryFiles) -> Iterator[tuple[str, str]]:
    for path, text in sorted(files.texts.items(), key=lambda item: -item[0].count("/")):
        lines = text.splitlines() if _is_requirements(path) else []
        if path.endswith("pyproject.toml"):
            lines = list(_declared(document(text)))
        elif path.endswith(("setup.py", "setup.cfg")):
            lines = ["".join(found) for found in _SETUP.findall(text)]
        for line in lines:
            found = _REQUIREMENT.match(line)
            if found:
                yield _normal(found[1]), found[2].strip()[:40]


def document(text: str | None) -> dict[str, Any]:
    """Return a TOML document; an empty one for what is not TOML."""
    try:
        return tomllib.loads(text or "")
    except (tomllib.TOMLDecodeError, ValueError, RecursionError):
        return {}


def table(value: Any, *keys: str) -> dict[str, Any]:
    """Return a table within tables; an empty one where something else stands."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _declared(pyproject: dict[str, Any]) -> Iterator[str]:
    project = table(pyproject, "project")
    groups = [project.get("dependencies"), *table(project, "optional-dependencies").values()]
    groups += table(pyproject, "dependency-groups").values()
    yield from (str(item) for group in groups if isinstance(group, list) for item in group)
    poetry = table(pyproject, "tool", "poetry")
    named = [table(poetry, "dependencies"), table(poetry, "dev-dependencies")]
    named += [table(group, "dependencies") for group in table(poetry, "group").values()]
    for name, wanted in (entry for entries in named for entry in entries.items()):
        version = wanted.get("version", "") if isinstance(wanted, dict) else wanted
        yield f"{name} {version}"


def _is_requirements(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name.endswith((".txt", ".in")) and ("requirements" in path)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def python_version(files: RepositoryFiles) -> str:
    """Return which Python the repository asks for, and who says so."""
    pyproject = document(files.text("pyproject.toml"))
    said = {
        "CI": ", ".join(dict.fromkeys(_in_ci(files))),
        ".python-version": (files.text(".python-version") or "").strip()[:20],
        "requires": str(
            table(pyproject, "project").get("requires-python")
            or table(pyproject, "tool", "poetry", "dependencies").get("python")
            or ""
        ),
        "Dockerfile": ", ".join(_in_images(files)),
    }
    return "; ".join(f"{version} ({place})" for place, version in said.items() if version)


def _in_ci(files: RepositoryFiles) -> Iterator[str]:
    for path, text in files.texts.items():
        if path.startswith(".github/workflows/"):
            for found in re.findall(r"python-version:\s*(\[[^\]]*\]|[^\s#]+)", text):
                yield from re.findall(r"\d+\.\d+", found)


def _in_images(files: RepositoryFiles) -> Iterator[str]:
    for path, text in files.texts.items():
        if path.rpartition("/")[2].lower() == "dockerfile":
            yield from dict.fromkeys(re.findall(r"(?m)^FROM\s+\S*python:(\d+\.\d+)", text))


def workflows(files: RepositoryFiles) -> list[str]:
    """Return the texts of the CI files."""
    return [text for path, text in files.texts.items() if path.startswith(".github/workflows/")]


def scripts(files: RepositoryFiles) -> Iterator[str]:
    """Yield how the service and its commands are started."""
    for path, text in files.texts.items():
        name = path.rpartition("/")[2].lower()
        if name in ("dockerfile", "procfile"):
            commands = _STARTS[name].findall(text)
            yield from (f"{path}: {_spoken(command)}" for command in commands)
    declared = table(document(files.text("pyproject.toml")), "project", "scripts")
    yield from (f"{name} = {place}" for name, place in declared.items())


def _spoken(command: str) -> str:
    """Return a command as people type it, be it JSON or not."""
    try:
        words = yaml.safe_load(command)
    except (yaml.YAMLError, ValueError, RecursionError):
        words = command
    plain = " ".join(map(str, words)) if isinstance(words, list) else command
    return plain.strip()[:160]
