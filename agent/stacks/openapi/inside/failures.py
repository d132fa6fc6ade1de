"""What an error of the application says: which settings are missing, or why nothing helps."""

from __future__ import annotations

import builtins
import linecache
import os
import re
import sys
from collections.abc import Iterator
from typing import Any

from agent.stacks.openapi.inside.guesses import (
    alias_of,
    fields_of,
    guesses,
    kind_of_annotation,
    kind_of_field,
    kind_of_name,
)

DRIVERS = ("psycopg2", "psycopg", "asyncpg", "aiosqlite", "MySQLdb", "pymysql", "aiomysql")
CONNECTION_WORDS = (
    r"(?i)connection refused|could not connect|connect call failed|can't connect|no such table"
    r"|name or service not known|name resolution|network is unreachable|connection failed"
    r"|relation \"\S+\" does not exist"
    r"|serverselectiontimeout|max retries exceeded|unable to open database file"
)
NOT_BY_SETTINGS = (ImportError, SyntaxError, NameError, AttributeError, FileNotFoundError)
NEEDED = {"pkg_resources": "setuptools<70", "distutils": "setuptools<70"}
"""Packages that older ones import without asking for them, by module."""


def chain_of(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those that led to it."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or link.__context__


def frames_of(error: BaseException) -> list[Any]:
    """Return the frames of an error with their lines, the innermost last."""
    found, trace = [], error.__traceback__
    while trace is not None:
        found.append((trace.tb_frame, trace.tb_lineno))
        trace = trace.tb_next
    return found


def judged(error: BaseException, job: dict[str, Any], root: str) -> dict[str, Any]:
    """Return what an attempt ended with: `missing` settings, a `need`, or only a `reason`."""
    reason = told(error, root)
    for link in chain_of(error):
        module = getattr(link, "name", "") or ""
        if isinstance(link, ImportError) and module.partition(".")[0] in NEEDED:
            return {"reason": reason, "need": NEEDED[module.partition(".")[0]]}
    lacking = (error.name or "") if isinstance(error, ModuleNotFoundError) else ""
    if lacking and not job["is_full"]:
        return {"reason": reason, "lacks": lacking}
    wanted: dict[str, str] = {}
    for link in chain_of(error):
        wanted = dict(_missing_settings(link)) or dict(_misled(link, job))
        if wanted:
            break
    missing, turns = _filled(wanted or _mentioned(error, job), job)
    return {"reason": reason, "missing": missing, "turns": turns, "lacks": lacking}


def told(error: BaseException, root: str) -> str:
    """Return an error in one line, with the place in the repository that it came from."""
    text = " ".join(re.sub(r"For further information visit \S+", "", str(error)).split())[:300]
    if isinstance(error, SyntaxError):
        return f"Python {sys.version.split()[0]} does not know its syntax: {text}"
    own = [
        f"{os.path.relpath(frame.f_code.co_filename, root)}:{line}"
        for frame, line in frames_of(error)
        if frame.f_code.co_filename.startswith(root + os.sep)
        and "site-packages" not in frame.f_code.co_filename
    ]
    place = f" ({own[-1]})" if own else ""
    if any(re.search(CONNECTION_WORDS, f"{type(e).__name__} {e}") for e in chain_of(error)):
        return f"it needs a service that runs, such as its database: {text}{place}"
    return f"{type(error).__name__}: {text}{place}"


def _missing_settings(error: BaseException) -> Iterator[tuple[str, str]]:
    """Yield the names of settings that an error asks for, with what their values must be."""
    if callable(getattr(error, "errors", None)) and type(error).__name__ == "ValidationError":
        yield from _of_pydantic(error)
    text = str(error)
    for form in _FORMS:
        found = re.search(form, text)
        if found:
            yield found[1], _cast_of(error)
            return
    if isinstance(error, KeyError) and _is_from_environment(error):
        yield str(error.args[0]), _cast_of(error)


_FORMS = (
    r"Config '(\w+)' is missing, and has no default",  # starlette.config
    r"^Set the (\w+) environment variable",  # django-environ
    r"^(\w+) not found\. Declare it as envvar",  # python-decouple
    r"Environment variable \"(\w+)\" not set",  # environs
    r"(?i)environment variable:? [\"'`]?([A-Z][A-Z0-9_]{2,})\b",
    r"(?i)\b([A-Z][A-Z0-9_]{2,})[\"'`]? (?:environment variable|must be set|is required|not set"
    r"|is not set|is missing|setting must not be empty|is not defined)",
)
"""How libraries, and people, say that a variable is not set."""


def _is_from_environment(error: BaseException) -> bool:
    frames = frames_of(error)
    return bool(frames) and frames[-1][0].f_locals.get("self") is os.environ


def _cast_of(error: BaseException) -> str:
    """Return the type that a value was to be turned into, if the code around the error says so."""
    for frame, line in reversed(frames_of(error)[-3:]):
        cast = frame.f_locals.get("cast")
        if isinstance(cast, type):
            return kind_of_annotation(cast)
        code = linecache.getline(frame.f_code.co_filename, line)
        found = re.search(
            r"\b(int|float|bool|json\.loads)\(|env\.(int|float|bool|list|dict)\(", code
        )
        if found:
            wanted = found[1] or found[2]
            return {"json.loads": "dict", "list": "list", "dict": "dict"}.get(
                wanted, kind_of_annotation(getattr(builtins, wanted, str))
            )
    return ""


def _of_pydantic(error: Any) -> Iterator[tuple[str, str]]:
    """Yield what a class of settings complains of. Source: pydantic 1.10 and 2, ValidationError."""
    model = _model_of(error)
    if model is None:
        return
    fields = fields_of(model)
    for problem in error.errors():
        key = str(next(iter(problem.get("loc", ())), ""))
        name = next(
            (n for n, f in fields.items() if key in (n, alias_of(f), f"{_prefix(model)}{n}")), ""
        )
        if not name:
            continue
        choice = (problem.get("ctx") or {}).get("expected")
        quoted = re.match(r"'([^']*)'", str(choice))
        kind = f"={quoted[1]}" if quoted else kind_of_field(fields[name])
        yield _variable(model, name, fields[name]), kind


def _model_of(error: Any) -> Any:
    """Return the class of settings that an error is of; None if it is of anything else."""
    known = getattr(error, "model", None)
    places = ("pydantic_settings", "pydantic_settings.main", "pydantic.env_settings", "pydantic")
    loaded = [sys.modules[place] for place in places if place in sys.modules]
    bases = [vars(module).get("BaseSettings") for module in loaded]
    for base in bases:
        for model in _below(base) if isinstance(base, type) else ():
            if model is known or (known is None and model.__name__ == getattr(error, "title", "")):
                return model
    return None


def _below(base: Any) -> Iterator[Any]:
    for child in base.__subclasses__():
        yield child
        yield from _below(child)


def _prefix(model: Any) -> str:
    config = getattr(model, "model_config", None)
    if isinstance(config, dict):
        return str(config.get("env_prefix") or "")
    return str(getattr(getattr(model, "__config__", None), "env_prefix", "") or "")


def _variable(model: Any, name: str, field: Any) -> str:
    """Return the variable that a field of settings is read from."""
    extra = getattr(getattr(field, "field_info", None), "extra", None) or {}
    named = extra.get("env") or (sorted(extra.get("env_names") or ()) or [""])[0]
    if isinstance(named, (list, tuple)):
        named = named[0]
    alias = alias_of(field)
    if named:
        return str(named).upper() if str(named).islower() else str(named)
    if alias and alias != name:
        return alias if alias.isupper() else alias.upper()
    return f"{_prefix(model)}{name}".upper()


def _misled(error: BaseException, job: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the settings whose value of ours an error is about: the next guess may be better."""
    given, text = job["settings"], str(error)
    for name, value in given.items():
        if len(value) > 5 and value in text:
            yield name, ""
    is_of_database = (
        isinstance(error, ImportError) and (getattr(error, "name", "") or "") in DRIVERS
    ) or type(error).__module__.startswith("sqlalchemy.exc")
    if is_of_database:
        yield from ((name, "") for name in given if kind_of_name(name) == "database")


def _mentioned(error: BaseException, job: dict[str, Any]) -> dict[str, str]:
    """Return the settings that a message names, else all that the repository gives an example of.

    Only what its code or its example reads counts, and only for errors that a setting may cause.
    """
    is_of_nothing = isinstance(error, TypeError) and "NoneType" not in str(error)
    if is_of_nothing or isinstance(error, NOT_BY_SETTINGS):
        return {}
    words = set(re.findall(r"\b[A-Z][A-Z0-9_]{2,}\b", str(error)))
    known = set(job["known"]) | set(job["example"])
    named = words & known - set(job["settings"])
    rest = {name for name, value in job["example"].items() if value} - set(job["settings"])
    return dict.fromkeys(sorted(named or rest), "")


def _filled(wanted: dict[str, str], job: dict[str, Any]) -> tuple[dict[str, str], dict[str, int]]:
    """Return a value for each setting that has one left to try, and which try it is."""
    missing, turns = {}, {}
    for name, kind in wanted.items():
        example = job["example"].get(name, "")
        choices = [*([example] if example else []), *guesses(name, kind)]
        turn = job["turns"].get(name, -1) + 1
        if turn < len(choices):
            missing[name], turns[name] = choices[turn], turn
    return missing, turns
