"""Which servers the tests of a repository need, and how they look for them. Pure.

A server is needed when the repository declares a driver for it, and its CI, its settings or its
tests lead there. Tests that have a database of their own in a file need none.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from agent.domain.errors import SettingsError
from agent.stacks.ci import ci_lines
from agent.stacks.runners import reduce_line
from agent.stacks.services.asked import FILE, asked_services
from agent.stacks.services.code import hints_of_code
from agent.stacks.services.documents import INI, Documents, read_documents
from agent.stacks.services.hints import Hint, Kind, Part, Rank, is_host, told
from agent.stacks.services.value import POSTGRES_PORT, REDIS_PORT, Postgres, Redis, Services
from agent.stacks.services.variables import environment_of
from agent.survey.packages import declared, workflows
from agent.survey.values import RepositoryFiles

KINDS: tuple[Kind, ...] = ("postgres", "redis")
_DRIVERS: dict[Kind, frozenset[str]] = {
    "postgres": frozenset({
        "psycopg", "psycopg2", "psycopg2-binary", "psycopg-binary", "psycopg-c", "asyncpg",
        "pg8000", "aiopg", "psqlpy",
    }),
    "redis": frozenset({
        "redis", "aioredis", "valkey", "valkey-glide", "coredis", "django-redis", "channels-redis",
        "django-valkey", "rq", "django-rq", "arq", "fastapi-limiter", "redis-om", "walrus",
    }),
}  # fmt: skip
_OTHER_DATABASES = frozenset({
    "mysqlclient", "pymysql", "aiomysql", "asyncmy", "mysql-connector-python", "mariadb",
    "aiosqlite", "oracledb", "pyodbc", "pymssql",
})  # fmt: skip
"""With one of these a variable for some database need not lead to PostgreSQL."""
_EXTRAS: dict[Kind, str] = {
    "postgres": r"\[[^\]\n]*\b(?:asyncpg|psycopg\w*|postgres(?:ql)?|pg8000)\b",
    "redis": r"\[[^\]\n]*\bredis\b",
}
_REQUIREMENTS = re.compile(
    r"requirements[^/]*\.(txt|in)$|requirements/[^/]+$|(pyproject\.toml|setup\.(py|cfg))$"
)
_FILE_DATABASE = re.compile(r"sqlite(\+\w+)?://|backends\.sqlite3|backends\.gis\.db\.spatialite")
_SETUP_OF_TESTS = re.compile(
    r"(^|/)(conftest|test_settings|settings_tests?|testing)\.py$|(^|/)settings/(test|tests|testing|"
    r"ci)\.py$|(^|/)tests?/(__init__|utils?|database|db|deps|settings|config|factories|base|common"
    r"|fixtures)\.py$"
)
_MADE_BY_TESTS = re.compile(r"(?i)create[ _]?database|createdb")
_EXTENSIONS = re.compile(
    r"(?i)CREATE EXTENSION\W+(?:IF NOT EXISTS\W+)?(?!vector\b|IF\b)\w"
    r"|\b(?!VectorExtension)\w+Extension\("
)
_MOST, _LONGEST, _MOST_FILLING = 6, 63, 3


def detect_services(files: RepositoryFiles) -> Services:
    """Return the servers that the tests need; what the team's file says of them counts first."""
    try:
        asked = asked_services(files.text(FILE))
    except SettingsError as error:
        return Services(problem=str(error))
    drivers = _drivers(files)
    wanted = drivers if asked is None else frozenset(asked)
    if not wanted:
        return Services()
    documents = read_documents(files.texts)
    team = [told(Rank.TEAM, FILE, address) for address in (asked or {}).values()]
    hints = [*_all(team), *documents.hints, *hints_of_code(files.texts)]
    hints = sorted((hint for hint in hints if hint.kind in wanted), key=lambda hint: hint.rank)
    if asked is None:
        needed = {kind: _why(kind, files, documents, hints) for kind in wanted}
        needed = {kind: why for kind, why in needed.items() if why}
    else:
        needed = dict.fromkeys(asked, FILE)
    return _services(files, documents, [hint for hint in hints if hint.kind in needed], needed)


def _all(parts: Iterable[Iterable[Hint]]) -> Iterator[Hint]:
    for part in parts:
        yield from part


def _drivers(files: RepositoryFiles) -> frozenset[Kind]:
    names = declared(files)
    texts = "\n".join(text for path, text in files.texts.items() if _REQUIREMENTS.search(path))
    return frozenset(
        kind for kind in KINDS if names & _DRIVERS[kind] or re.search(_EXTRAS[kind], texts)
    )


def _why(kind: Kind, files: RepositoryFiles, documents: Documents, hints: list[Hint]) -> str:
    """Return the file that says that a server is needed; empty when none does."""
    about = [hint for hint in hints if hint.kind == kind]
    in_ci = [server.place for server in documents.servers
             if server.kind == kind and server.rank is Rank.CI_SERVER]  # fmt: skip
    in_ci += [hint.place for hint in about if hint.rank is Rank.CI and hint.value]
    if in_ci:
        return in_ci[0]
    names = declared(files)
    if kind == "redis" and "fakeredis" in names:
        return ""
    telling = [hint for hint in about if hint.is_telling]
    of_code = [hint for hint in telling if hint.rank <= Rank.CODE]
    if not of_code and any(hint.is_open and hint.rank <= Rank.CODE for hint in about):
        of_code = telling  # the code reads the variable of which an example tells
        of_code += [hint for hint in about if hint.rank is Rank.COMPOSE]
    if kind == "postgres" and not of_code and not names & _OTHER_DATABASES:
        of_code = [hint for hint in about if hint.is_required]
    if kind == "postgres" and of_code and _has_own(files.texts, {h.place for h in of_code}):
        return ""
    return of_code[0].place if of_code else ""


def _has_own(texts: Mapping[str, str], places: set[str]) -> bool:
    """Tell whether tests run on a database in a file, or settings fall back to one."""
    return any(
        _FILE_DATABASE.search(text)
        for path, text in texts.items()
        if path in places or _SETUP_OF_TESTS.search(path) or re.search(INI, path)
        if not path.endswith("alembic.ini")
    )


def _services(
    files: RepositoryFiles, documents: Documents, hints: list[Hint], needed: Mapping[Kind, str]
) -> Services:
    hosts = [hint.value for hint in hints if hint.part == "host" and is_host(hint.value)]
    postgres = _postgres(files.texts, documents, hints) if "postgres" in needed else None
    redis = _redis(hints) if "redis" in needed else None
    return Services(
        postgres=postgres,
        redis=redis,
        hosts=tuple(dict.fromkeys(hosts))[:_MOST],
        environment=environment_of(hints, postgres, redis, files),
        before=tuple(_filling(files))[:_MOST_FILLING] if postgres else (),
        why=tuple(f"{kind}: {place}" for kind, place in sorted(needed.items())),
    )


def _values(hints: list[Hint], kind: Kind, part: Part) -> list[str]:
    found = (hint.value for hint in hints if hint.kind == kind and hint.part == part)
    plain = (value for value in found if value.isprintable() and len(value) <= _LONGEST)
    return list(dict.fromkeys(filter(None, plain)))


def _port(hints: list[Hint], kind: Kind, usual: int) -> int:
    ports = [int(value) for value in _values(hints, kind, "port") if value.isdecimal()]
    # A port below 1024 would need rights that nothing in the sandbox has.
    return next((port for port in ports if 1024 <= port < 65536), usual)


def _postgres(texts: Mapping[str, str], documents: Documents, hints: list[Hint]) -> Postgres:
    users = [name for name in _values(hints, "postgres", "user") if not name.startswith("pg_")]
    code = (text for path, text in texts.items() if path.endswith((".py", ".sql")))
    return Postgres(
        port=_port(hints, "postgres", POSTGRES_PORT),
        users=tuple(name for name in users if name != "postgres")[:_MOST],
        databases=tuple(_databases(texts, documents, hints))[:_MOST],
        wants_extensions=any(_EXTENSIONS.search(text) for text in code),
    )


def _databases(
    texts: Mapping[str, str], documents: Documents, hints: list[Hint]
) -> list[str]:  # fmt: skip
    """Return the databases that are there before the tests.

    What tests make themselves must not be there; those that CI's server makes are.
    """
    in_ci = [server for server in documents.servers if server.rank is Rank.CI_SERVER]
    by_server = [name for server in in_ci for name in server.databases]
    making = [path for path, text in texts.items() if _MADE_BY_TESTS.search(text)]
    if any(map(_SETUP_OF_TESTS.search, making)):
        allowed = {Rank.TEAM} if by_server else set(Rank) - {Rank.TESTS}
    else:
        allowed = set(Rank)
    chosen = [hint for hint in hints if hint.rank in allowed]
    names = [*by_server, *_values(chosen, "postgres", "database")]
    absent = ("postgres", "template0", "template1", "memory")
    return [name for name in dict.fromkeys(names) if name not in absent and "/" not in name]


def _redis(hints: list[Hint]) -> Redis:
    passwords = _values(hints, "redis", "password")
    return Redis(port=_port(hints, "redis", REDIS_PORT), password=next(iter(passwords), ""))


def _filling(files: RepositoryFiles) -> Iterator[str]:
    """Yield the migrations that CI runs, each once: its database is not empty for the tests."""
    seen = set()
    for text in workflows(files):
        for outer in ci_lines(text):
            for line in reduce_line(outer, files.text):
                if line.tool == "alembic" and "upgrade" in line.arguments():
                    plain = re.sub(r"^alembic\b", "python -m alembic", line.text)
                    shell = line.model_copy(update={"text": plain}).shell()
                    if shell not in seen:
                        seen.add(shell)
                        yield shell
