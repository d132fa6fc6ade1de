"""What names and addresses say of a server."""

import re
from collections.abc import Iterator
from enum import IntEnum
from typing import Literal
from urllib.parse import unquote, urlsplit

from agent.domain.value import Value

Kind = Literal["postgres", "redis"]
Part = Literal["url", "host", "port", "user", "password", "database"]
_SCHEMES: tuple[tuple[Kind, str], ...] = (
    ("postgres", r"(?:postgres(?:ql)?|postgis|psql|pgsql|timescalegis)(?:\+\w+)?://"),
    ("redis", r"(?:redis|valkey)(?:\+\w+)?://"),
)
_PARTS: tuple[tuple[Part, str], ...] = (
    ("url", r"UR[LI]|DSN|CONNECTION_STRING"),
    ("host", r"HOST(?:NAME)?|SERVER|ADDRESS"),
    ("port", r"PORT"),
    ("user", r"USER(?:NAME)?"),
    ("password", r"PASS(?:WORD|WD)?|PW"),
    ("database", r"(?:DB|DATABASE)?_?NAME|DB|DATABASE"),
)
_NAMED: tuple[tuple[Kind, str], ...] = (
    ("postgres", r"(?:\w+_)?(?:POSTGRES(?:QL)?|PG|DATABASE|DB|SQL|RDS)_?(?:\w+_)??"),
    ("redis", r"(?:\w+_)?(?:REDIS|VALKEY)_?(?:\w+_)??"),
)
_OTHERS = re.compile(r"MONGO|MYSQL|MARIA|ORACLE|INFLUX|NEO4J|ELASTIC|CLICKHOUSE|VECTOR|LITE|MSSQL")
_MEANS_POSTGRES = re.compile(r"POSTGRES|(?:^|_)PG")
_HOST = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,62}")


class Rank(IntEnum):
    """Where something is said; the first of them that speaks is believed."""

    TEAM = 0
    CI = 1
    CI_SERVER = 2
    TESTS = 3
    ENVIRONMENT = 4
    """A file of variables that is in use, such as `.env`."""
    CODE = 5
    EXAMPLE = 6
    COMPOSE = 7


class Hint(Value):
    """One thing that a repository says of a server."""

    kind: Kind
    part: Part
    rank: Rank
    place: str
    """The file that says so."""
    value: str = ""
    """Empty for a variable whose value is not told."""
    variable: str = ""
    """The environment variable that carries it; empty where the value itself stands there."""
    is_open: bool = False
    """True for a variable that must be set, or is nothing when it is not."""
    is_required: bool = False
    """True for a variable without which the code does not run."""

    @property
    def is_telling(self) -> bool:
        """Tell whether it speaks of this server, and not only of some database."""
        means = self.kind == "redis" or _MEANS_POSTGRES.search(self.variable.upper())
        return bool(means) or kind_of_url(self.value) == self.kind


def kind_of_url(value: str) -> Kind | None:
    """Return which server an address is of."""
    return next((kind for kind, form in _SCHEMES if re.match(form, value)), None)


def named(variable: str) -> tuple[Kind, Part] | None:
    """Return what a variable carries, by its name."""
    upper = re.sub(r"_TEST(?:S|ING)?$", "", variable.upper())
    for kind, start in _NAMED:
        is_of_another = kind == "postgres" and _OTHERS.search(upper)
        for part, end in _PARTS:
            if not is_of_another and re.fullmatch(f"{start}(?:{end})", upper):
                return kind, part
    return None


def told(
    rank: Rank,
    place: str,
    value: str,
    variable: str = "",
    *,
    is_open: bool = False,
    is_required: bool = False,
) -> Iterator[Hint]:
    """Yield what a value says, and the variable that carries it."""
    kind = kind_of_url(value)
    if kind is not None:
        yield Hint(kind=kind, part="url", rank=rank, place=place, value=value, variable=variable)
        yield from _parts(kind, rank, place, value)
        return
    known = named(variable) if variable else None
    if known is not None:
        about, part = known
        is_foreign = part == "url" and bool(value)
        if not is_foreign:
            yield Hint(
                kind=about, part=part, rank=rank, place=place, value=value, variable=variable,
                is_open=is_open, is_required=is_required,
            )  # fmt: skip


def _parts(kind: Kind, rank: Rank, place: str, url: str) -> Iterator[Hint]:
    try:
        split = urlsplit(url)
        found: dict[Part, str] = {
            "host": split.hostname or "",
            "port": str(split.port or ""),
            "user": unquote(split.username or ""),
            "password": unquote(split.password or ""),
            "database": unquote(split.path.strip("/")),
        }
    except ValueError:  # a port that is a word
        return
    for part, value in found.items():
        if value:
            yield Hint(kind=kind, part=part, rank=rank, place=place, value=value)


def is_host(value: str) -> bool:
    """Tell whether a text is a name of a machine that is not this one."""
    return _HOST.fullmatch(value) is not None and value != "localhost"
