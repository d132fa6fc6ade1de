"""The variables through which a repository's settings find the servers."""

import re
from collections.abc import Iterator

from agent.stacks.services.hints import Hint, Kind, Rank, kind_of_url
from agent.stacks.services.value import Postgres, Redis
from agent.survey.packages import declared
from agent.survey.values import RepositoryFiles

_MOST = 40
_OWN_SCHEME = re.compile(r"replace\(\s*[\"']postgres(?:ql)?(?:\+\w+)?(?:://)?[\"']")


def environment_of(
    hints: list[Hint], postgres: Postgres | None, redis: Redis | None, files: RepositoryFiles
) -> tuple[tuple[str, str], ...]:
    """Return variables and values: those that CI gives, and those that would have none.

    What has a value already, in a file that is in use or in the code, keeps it.
    """
    made = _Made(hints, postgres, redis, files)
    by_name: dict[str, list[Hint]] = {}
    for hint in hints:
        if hint.variable:
            by_name.setdefault(hint.variable, []).append(hint)
    values = ((name, _value(told, made)) for name, told in by_name.items())
    return tuple((name, value) for name, value in values if value)[:_MOST]


def _value(told: list[Hint], made: "_Made") -> str:
    """Return the value for a variable; empty where it needs none."""
    in_ci = [hint for hint in told if hint.rank is Rank.CI]
    if in_ci:
        return in_ci[0].value or made.value(in_ci[0])
    if any(hint.value and hint.rank <= Rank.CODE for hint in told):
        return ""
    if not any(hint.is_open for hint in told):
        return ""
    example = next((hint.value for hint in told if hint.value), "")
    is_url = told[0].part == "url"
    is_good = bool(example) and (not is_url or kind_of_url(example) is not None)
    return example if is_good else made.value(told[0])


class _Made:
    """Values that lead to the servers as they will be started."""

    def __init__(
        self,
        hints: list[Hint],
        postgres: Postgres | None,
        redis: Redis | None,
        files: RepositoryFiles,
    ) -> None:
        passwords = {h.kind: h.value for h in reversed(hints) if h.part == "password" and h.value}
        self._password = passwords.get("postgres", "postgres")
        self._postgres, self._redis = postgres or Postgres(), redis or Redis()
        self._files = files

    def value(self, hint: Hint) -> str:
        return dict(self._parts(hint.kind)).get(hint.part, "")

    def _parts(self, kind: Kind) -> Iterator[tuple[str, str]]:
        yield "host", "localhost"
        if kind == "redis":
            secret = f":{self._redis.password}@" if self._redis.password else ""
            yield "port", str(self._redis.port)
            yield "password", self._redis.password
            yield "url", f"redis://{secret}localhost:{self._redis.port}/0"
            return
        server = self._postgres
        user = (*server.users, "postgres")[0]
        database = (*server.databases, "postgres")[0]
        place = f"{user}:{self._password}@localhost:{server.port}/{database}"
        yield "port", str(server.port)
        yield "user", user
        yield "password", self._password
        yield "database", database
        yield "url", f"{self._scheme()}://{place}"

    def _scheme(self) -> str:
        """Return the scheme with the driver that SQLAlchemy would not choose by itself.

        Source: SQLAlchemy 2, "PostgreSQL": the default driver is psycopg2.
        """
        names = declared(self._files)
        code = [text for path, text in self._files.texts.items() if path.endswith(".py")]
        if not names & {"sqlalchemy", "sqlmodel"} or any(_OWN_SCHEME.search(t) for t in code):
            return "postgresql"
        is_async = any("create_async_engine" in text for text in code)
        if is_async and "asyncpg" in names:
            return "postgresql+asyncpg"
        has_default = names & {"psycopg2", "psycopg2-binary"}
        return "postgresql+psycopg" if "psycopg" in names and not has_default else "postgresql"
