"""What a run of the tests needs beside it."""

from agent.domain.value import Value

POSTGRES_PORT, REDIS_PORT = 5432, 6379


class Postgres(Value):
    """A PostgreSQL as the tests expect it; every password is right."""

    port: int = POSTGRES_PORT
    users: tuple[str, ...] = ()
    """Roles beside `postgres`; all may do everything. The first one owns the databases."""
    databases: tuple[str, ...] = ()
    """Empty databases that are there when the tests begin, beside `postgres`."""
    wants_extensions: bool = False


class Redis(Value):
    """A Redis as the tests expect it."""

    port: int = REDIS_PORT
    password: str = ""


class Services(Value):
    """The servers of one repository; empty for one whose tests need none."""

    postgres: Postgres | None = None
    redis: Redis | None = None
    hosts: tuple[str, ...] = ()
    """Names by which settings speak of the servers, such as `db`."""
    environment: tuple[tuple[str, str], ...] = ()
    """Variables that carry the addresses."""
    before: tuple[str, ...] = ()
    """Commands that CI runs before the tests to fill the database, such as migrations."""
    why: tuple[str, ...] = ()
    """What says that they are needed."""
    problem: str = ""
    """What is wrong with what the team's file says of them."""

    @property
    def names(self) -> tuple[str, ...]:
        """What people call the servers."""
        known = (("PostgreSQL", self.postgres), ("Redis", self.redis))
        return tuple(name for name, server in known if server is not None)
