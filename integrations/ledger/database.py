"""One database: its connections, its transactions, and its errors in our words."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from threading import RLock
from typing import Any

from sqlalchemy import URL, Connection, Engine, StaticPool, Table, create_engine, event, exc
from sqlalchemy.dialects import postgresql, sqlite

from agent.domain.errors import PermanentError, SettingsError, TransientError
from integrations.ledger.urls import describe

Clock = Callable[[], datetime]
Row = Mapping[str, Any]

_BEGIN = "sqlite_begin"

_ADVICE = {
    "sqlite": "see that its folder is writable, its disk not full, and no other program holds it",
    "postgresql": "see that the server runs, can be reached, and lets this user in",
}


def utc_now() -> datetime:
    """Return the time by this machine's clock."""
    return datetime.now(UTC)  # noqa: TID251 - the default of the ledger's clock argument


class Database:
    """A database whose transactions raise our errors; on SQLite one at a time."""

    def __init__(self, engine: Engine, clock: Clock = utc_now) -> None:
        self.engine = engine
        self.clock = clock
        self.place = describe(engine.url)
        # A transaction that reads first and writes later fails at once when another process has
        # written in between, whatever the time-out. Source: sqlite.org, "SQLITE_BUSY_SNAPSHOT".
        self._writer = engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})
        # One connection serves all threads: to open one per write costs 70 ms on SQLite.
        self._turn: AbstractContextManager[Any] = (
            RLock() if engine.dialect.name == "sqlite" else nullcontext()
        )

    def reading(self, doing: str) -> AbstractContextManager[Connection]:
        """Run a block that only reads in one transaction; `doing` says what for in errors.

        Raises:
            TransientError: The database is away, busy or full.
            PermanentError: It can be reached, but refuses what it was given.
        """
        return self._transaction(doing, self.engine)

    def writing(self, doing: str) -> AbstractContextManager[Connection]:
        """Run a block that writes in one transaction; raises as `reading` does."""
        return self._transaction(doing, self._writer)

    @contextmanager
    def _transaction(self, doing: str, engine: Engine) -> Iterator[Connection]:
        with self._turn, self._translated(doing), engine.begin() as connection:
            yield connection

    @contextmanager
    def _translated(self, doing: str) -> Iterator[None]:
        try:
            yield
        except (exc.OperationalError, exc.InterfaceError, exc.InternalError) as error:
            raise TransientError(self._complaint(doing, error.orig)) from error
        except exc.TimeoutError as error:
            raise TransientError(self._complaint(doing, error)) from error
        except exc.StatementError as error:
            raise PermanentError(
                f"The ledger ({self.place}) refused {doing}: {error.orig}"
            ) from error

    def _complaint(self, doing: str, cause: BaseException | None) -> str:
        reason = str(cause).strip().partition("\n")[0]
        advice = _ADVICE[self.engine.dialect.name]
        return f"The ledger ({self.place}) failed {doing}: {reason}; {advice}."

    def close(self) -> None:
        """Close all connections."""
        with self._turn:
            self.engine.dispose()


class OverDatabase:
    """One part of the ledger, over the database that all parts share."""

    def __init__(self, database: Database) -> None:
        self._database = database


def connect(url: URL, clock: Clock = utc_now) -> Database:
    """Return the database at an address, without talking to it yet.

    Raises:
        SettingsError: The driver is not installed.
    """
    if url.get_backend_name() == "sqlite":
        engine = create_engine(
            url,
            poolclass=StaticPool,
            connect_args={"check_same_thread": False},
            hide_parameters=True,
        )
        event.listen(engine, "connect", _tune_sqlite)
        event.listen(engine, "begin", _begin)
        return Database(engine, clock)
    # Prepared statements break behind a pooler that hands connections round per transaction.
    arguments = {"connect_timeout": 10, "prepare_threshold": None}
    try:
        engine = create_engine(
            url, pool_pre_ping=True, connect_args=arguments, hide_parameters=True
        )
    except ModuleNotFoundError as error:
        raise SettingsError(
            "BACKSMITH_DATABASE_URL names PostgreSQL, whose driver is not installed; "
            "run `pip install 'backsmith[postgres]'`."
        ) from error
    return Database(engine, clock)


def _tune_sqlite(connection: Any, _record: object) -> None:
    # SQLAlchemy begins transactions here, for the driver begins none before a SELECT or DDL.
    # Source: SQLAlchemy 2.1, "SQLite: Transactions with SQLite and the sqlite3 driver".
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))


def keep_first(connection: Connection, table: Table, *rows: Row) -> int:
    """Insert the rows whose key is free; return how many were."""
    if not rows:
        return 0
    statement = _insert(connection, table).on_conflict_do_nothing().inline()
    # Without the option psycopg has forgotten the count by the time it is asked for.
    options = {"preserve_rowcount": True}
    return connection.execute(statement, rows, execution_options=options).rowcount


def keep_last(connection: Connection, table: Table, row: Row, key: tuple[str, ...]) -> None:
    """Insert a row, or give the row with the same `key` its values."""
    statement = _insert(connection, table).values(row)
    fresh = {name: statement.excluded[name] for name in row if name not in key}
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_=fresh).inline())


def _insert(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)
