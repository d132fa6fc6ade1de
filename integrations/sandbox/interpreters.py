"""Which installed Python a repository gets."""

import json
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from integrations.sandbox.places import Interpreter

Version = tuple[int, ...]
_MINORS = range(19, 7, -1)
_ANY_PATCH = 99
_QUESTION = (
    "import json, sys; b = getattr(sys, '_base_executable', sys.executable); "
    "print(json.dumps([list(sys.version_info[:3]), b, sys.base_prefix]))"
)
_PART = re.compile(r"(?P<sign>>=|<=|==|!=|~=|>|<)\s*(?P<version>\d+(?:\.\d+)*)(?P<any>\.\*)?")


def choose(specifier: str, search_path: str) -> Interpreter:
    """Return ours if it fits, else the newest installed one that does, else ours all the same.

    Nothing is downloaded. Looked for are `python3.X` on the search path and beside ours, where
    version managers keep them.
    """
    ours = Interpreter.ours()
    if fits(sys.version_info[:3], specifier):
        return ours
    installed = _installed(search_path, ours.prefix.parent)
    return next((found for version, found in installed if fits(version, specifier)), ours)


def is_installed(specifier: str, search_path: str) -> bool:
    """Tell whether `choose` finds a Python that fits."""
    ours = Interpreter.ours()
    if fits(sys.version_info[:3], specifier):
        return True
    return any(fits(found, specifier) for found, _ in _installed(search_path, ours.prefix.parent))


def installed(search_path: str) -> tuple[str, ...]:
    """Return the versions of which `choose` can take one, such as `3.12.4`; the newest first."""
    known = {found for found, _ in _installed(search_path, Interpreter.ours().prefix.parent)}
    versions = sorted({*known, tuple(sys.version_info[:3])}, reverse=True)
    return tuple(".".join(map(str, version)) for version in versions)


def to_install(specifier: str) -> str:
    """Return the version to install for a range, such as `3.14`; empty when none can be told."""
    minors = (f"3.{n}" for n in sorted(_MINORS) if fits((3, n, _ANY_PATCH), specifier))
    named = re.search(r"\d+\.\d+(\.\d+)?", specifier)
    return next(minors, named[0] if named else "")


def fits(version: Version, specifier: str) -> bool:
    """Tell whether a version is in a range; what is not understood excludes nothing.

    Source: PEP 440, "Version specifiers".
    """
    return all(_holds(version, part) for part in specifier.split(","))


def _holds(version: Version, text: str) -> bool:
    found = _PART.fullmatch(text.strip())
    if found is None:
        return True
    wanted = tuple(int(number) for number in found["version"].split("."))
    same = version[: len(wanted)]
    match found["sign"]:
        case ">=":
            return version >= wanted
        case "<=":
            return same <= wanted
        case ">":
            return same > wanted
        case "<":
            return version < wanted
        case "~=":
            return version >= wanted and version[: len(wanted) - 1] == wanted[:-1]
        case "!=":
            return same != wanted
    return same == wanted


@cache
def _installed(search_path: str, versions: Path) -> tuple[tuple[Version, Interpreter], ...]:
    found: dict[Path, tuple[Version, Interpreter]] = {}
    beside = sorted(map(str, versions.glob("*/bin")))
    places = os.pathsep.join([search_path, *beside])
    for minor in _MINORS:
        program = shutil.which(f"python3.{minor}", path=search_path)
        programs = [program, *(shutil.which(f"python3.{minor}", path=b) for b in beside)]
        for name in filter(None, programs):
            told = _asked(name, places)
            if told is not None:
                found.setdefault(told[1].executable, told)
    return tuple(sorted(found.values(), key=lambda item: item[0], reverse=True))


def _asked(program: str, search_path: str) -> tuple[Version, Interpreter] | None:
    """Ask a program which Python it is; None for one that does not answer, such as a shim."""
    try:
        done = subprocess.run(  # noqa: S603 - a Python that the operator has installed
            [program, "-I", "-S", "-c", _QUESTION],
            env={"PATH": search_path},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=20,
            check=True,
        )
        version, executable, prefix = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    places = (Path(executable).resolve(), Path(prefix).resolve())
    return tuple(version), Interpreter(executable=places[0], prefix=places[1])
