"""Bringing a database to the newest schema, by one process at a time."""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout
from sqlalchemy import Connection, func, inspect, select
from sqlalchemy.sql import column, table

from agent.domain.errors import SettingsError, TransientError
from integrations.ledger.database import Database, connect
from integrations.ledger.urls import file_of, parse

HEAD = "0002"
"""The newest revision under `migrations/versions`; a test compares the two."""
VERSION_TABLE = "ledger_version"
_VERSION = table(VERSION_TABLE, column("version_num"))
_ADVISORY_LOCK = int.from_bytes(b"ledger", "big")
_WAIT_SECONDS = 120


def upgrade(url: str) -> None:
    """Bring the database at `url` to the newest schema.

    Raises:
        SettingsError: The address cannot be used, or a newer release wrote the database.
        TransientError: The database is away, or another process has it for too long.
    """
    database = connect(parse(url))
    try:
        migrate(database)
    finally:
        database.close()


def migrate(database: Database) -> None:
    """Bring a database to the newest schema; nothing happens if it stands there already."""
    with _alone(database):
        with database.reading("to read its schema's version") as connection:
            if revision(connection) == HEAD:
                return
        with database.writing("to bring its schema up to date") as connection:
            _migrate_once(connection, database.place)


def revision(connection: Connection) -> str | None:
    """Return the revision that a database stands at; None for an empty one."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(select(_VERSION.c.version_num)).scalar_one_or_none()


def _migrate_once(connection: Connection, place: str) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_ADVISORY_LOCK)))
    found = revision(connection)
    if found == HEAD:
        return
    if found is not None and found > HEAD:
        raise SettingsError(
            f"The ledger ({place}) was written by a newer release (schema {found}, this one knows "
            f"{HEAD}); install that release, or name another database in BACKSMITH_DATABASE_URL."
        )
    # Imported late: alembic takes longer to load than the whole check, and is rarely needed.
    from integrations.ledger.migrations import steps

    steps.upgrade(connection, HEAD)


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    """Keep other processes from opening an SQLite file at the same time."""
    file = file_of(database.engine.url)
    if file is None:
        yield
        return
    lock = FileLock(f"{file}.lock", timeout=_WAIT_SECONDS)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise TransientError(
            f"Another process has held {lock.lock_file} for {_WAIT_SECONDS} seconds; "
            "see what it is doing, or end it."
        ) from error
    except OSError as error:
        raise SettingsError(
            f"BACKSMITH_DATABASE_URL names {file}, which cannot be created ({error.strerror}); "
            "name a file in a folder that this user may write to."
        ) from error
    try:
        yield
    finally:
        lock.release()
