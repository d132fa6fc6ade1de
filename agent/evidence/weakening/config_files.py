"""The files in which tools are configured, read into plain tables.

Sources for what wins where several files speak: pytest 9, "Configuration"; ruff, "Configuring
Ruff"; mypy, "The mypy configuration file"; coverage.py 7, "Configuration reference".
"""

import configparser
import json
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from agent.evidence.weakening.syntax import base_name

Table = dict[str, Any]
PLACES: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "pytest": (
        ("pytest.toml", ("pytest",)),
        (".pytest.toml", ("pytest",)),
        ("pytest.ini", ("pytest",)),
        (".pytest.ini", ("pytest",)),
        ("pyproject.toml", ("tool", "pytest", "ini_options")),
        ("pyproject.toml", ("tool", "pytest")),
        ("tox.ini", ("pytest",)),
        ("setup.cfg", ("tool:pytest",)),
    ),
    "mypy": (
        ("mypy.ini", ()),
        (".mypy.ini", ()),
        ("pyproject.toml", ("tool", "mypy")),
        ("setup.cfg", ()),
    ),
    "ruff": (
        (".ruff.toml", ()),
        ("ruff.toml", ()),
        ("pyproject.toml", ("tool", "ruff")),
    ),
    "flake8": (
        (".flake8", ("flake8",)),
        ("setup.cfg", ("flake8",)),
        ("tox.ini", ("flake8",)),
        ("pyproject.toml", ("tool", "flake8")),
    ),
    "coverage": (
        (".coveragerc", ()),
        ("setup.cfg", ()),
        ("tox.ini", ()),
        ("pyproject.toml", ("tool", "coverage")),
    ),
    "pylint": (
        ("pylintrc", ()),
        (".pylintrc", ()),
        ("pyproject.toml", ("tool", "pylint")),
        ("setup.cfg", ()),
    ),
    "pyright": (
        ("pyrightconfig.json", ()),
        ("pyproject.toml", ("tool", "pyright")),
    ),
    "importlinter": (
        (".importlinter", ()),
        ("setup.cfg", ()),
        ("pyproject.toml", ("tool", "importlinter")),
    ),
    "codecov": (
        ("codecov.yml", ()),
        (".codecov.yml", ()),
    ),
    "bandit": (
        (".bandit", ("bandit",)),
        ("pyproject.toml", ("tool", "bandit")),
    ),
}
NAMES = frozenset(name for places in PLACES.values() for name, _ in places)


def is_config(path: str) -> bool:
    """Tell whether a file may hold settings of a tool."""
    return base_name(path) in NAMES


def tables(files: Mapping[str, str]) -> dict[tuple[str, str], tuple[str, Table]]:
    """Return by folder and tool the file that counts and the tool's table in it."""
    found: dict[tuple[str, str], tuple[str, Table]] = {}
    folders = sorted({path[: -len(base_name(path))] for path in files if is_config(path)})
    read = {path: _read(path, text) for path, text in files.items() if is_config(path)}
    for folder in folders:
        for tool, places in PLACES.items():
            for name, keys in places:
                table = _table(read.get(f"{folder}{name}"), keys, tool, name)
                if table is not None:
                    found[folder, tool] = (f"{folder}{name}", table)
                    break
    return found


def _table(content: Table | None, keys: tuple[str, ...], tool: str, name: str) -> Table | None:
    """Return a tool's own table in a file; None when the file says nothing about the tool."""
    if content is None:
        return None
    if not keys and name in ("setup.cfg", "tox.ini"):
        return _sections(content, tool)
    table: Any = content
    for key in keys:
        table = table.get(key) if isinstance(table, dict) else None
    if name in ("pytest.ini", ".pytest.ini", "pytest.toml") and table is None:
        return {}
    return table if isinstance(table, dict) else None


def _sections(content: Table, tool: str) -> Table | None:
    """Return the sections of an INI file that are a tool's, named as in its own file."""
    found: Table = {}
    for name, section in content.items():
        if tool == "coverage" and name.startswith("coverage:"):
            found[name.removeprefix("coverage:")] = section
        elif name == tool or name.startswith((f"{tool}-", f"{tool}.", f"{tool}:")):
            found[name] = section
    return found or None


def _read(path: str, text: str) -> Table | None:
    """Return a file's content; None when it is in no form that we know."""
    try:
        if path.endswith(".toml"):
            return tomllib.loads(text)
        if path.endswith((".json", ".yml")):
            found = json.loads(text) if path.endswith(".json") else yaml.safe_load(text)
            return found if isinstance(found, dict) else None
        return dict(_ini(text))
    except (ValueError, RecursionError, configparser.Error, yaml.YAMLError):
        return None


def _ini(text: str) -> Iterator[tuple[str, Table]]:
    parser = configparser.ConfigParser(interpolation=None, strict=False, allow_no_value=True)
    parser.read_string(text)
    for name in parser.sections():
        yield name, {key: value or "" for key, value in parser.items(name)}


def unreadable(files: Mapping[str, str]) -> list[str]:
    """Return the files that cannot be read."""
    return sorted(path for path in files if is_config(path) and _read(path, files[path]) is None)
