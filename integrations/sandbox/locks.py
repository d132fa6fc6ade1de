"""Versions that a lock file names, as constraints; nothing is installed for being in one."""

import re
import tomllib
from collections.abc import Callable, Iterator
from posixpath import dirname, join
from typing import Any

LOCK_FILES = ("uv.lock", "poetry.lock", "pdm.lock")
_VERSION = re.compile(r"[0-9][A-Za-z0-9.+!_-]*")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def pins(read: Callable[[str], str | None], folder: str) -> tuple[str, ...]:
    """Return `name==version` of what the nearest lock file has in one version and from an index.

    The lock file of a workspace stands above its members. Source: the formats of uv 0.13 and
    Poetry 2, `[[package]]`.
    """
    while True:
        for name in LOCK_FILES:
            text = read(join(folder, name))
            if text is not None:
                return tuple(_pinned(text))
        if not folder:
            return ()
        folder = dirname(folder)


def _pinned(text: str) -> Iterator[str]:
    versions: dict[str, set[str]] = {}
    for package in _packages(text):
        name, version = str(package.get("name", "")), str(package.get("version", ""))
        if _NAME.fullmatch(name) and _VERSION.fullmatch(version):
            versions.setdefault(name, set()).add(version)
    for name, found in sorted(versions.items()):
        if len(found) == 1:
            yield f"{name}=={found.pop()}"


def _packages(text: str) -> Iterator[dict[str, Any]]:
    try:
        listed = tomllib.loads(text).get("package", [])
    except (tomllib.TOMLDecodeError, RecursionError):
        return
    for package in listed if isinstance(listed, list) else ():
        source = package.get("source") if isinstance(package, dict) else {}
        kinds = source if isinstance(source, dict) else {}
        is_foreign = {"git", "url", "path", "directory", "editable", "virtual"} & {
            *kinds,
            str(kinds.get("type", "")),
        }
        if isinstance(package, dict) and not is_foreign:
            yield package
