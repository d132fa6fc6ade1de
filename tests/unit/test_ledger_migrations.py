"""The way from an empty database to the tables, there and back, on both kinds of database."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from agent.domain.errors import DeveloperError, SettingsError
from integrations.ledger.database import Database, connect
from integrations.ledger.migrations import steps
from integrations.ledger.schema import HEAD, VERSION_TABLE, migrate, revision, upgrade
from integrations.ledger.tables import METADATA
from integrations.ledger.urls import parse
from tests.fakes.postgresql import new_database_url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/100%/l.db" if request.param == "sqlite" else new_database_url()


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    upgrade(url)
    opened = connect(parse(url))
    yield opened
    opened.close()


def tables(database: Database) -> set[str]:
    with database.reading("to list tables") as connection:
        return set(inspect(connection).get_table_names())


def test_the_schema_constant_is_the_newest_migration() -> None:
    assert steps.newest() == HEAD


def test_an_empty_database_is_brought_to_the_newest_schema(database: Database) -> None:
    with database.reading("to read the version") as connection:
        assert revision(connection) == HEAD
    assert tables(database) == {*METADATA.tables, VERSION_TABLE}


def test_the_migrated_tables_are_the_ones_that_the_program_uses(database: Database) -> None:
    with database.reading("to compare") as connection:
        options = {"version_table": VERSION_TABLE, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, METADATA) == []


def test_indexes_are_named_and_limited_as_the_program_says(database: Database) -> None:
    with database.reading("to compare") as connection:
        inspector = inspect(connection)
        found = {
            index["name"]: index["column_names"]
            for table in METADATA.tables
            for index in inspector.get_indexes(table)
            if "duplicates_constraint" not in index
        }
    wanted = {
        index.name: [column.name for column in index.columns]
        for table in METADATA.tables.values()
        for index in table.indexes
    }
    assert found == wanted


def test_all_steps_can_be_taken_back_and_taken_again(database: Database) -> None:
    with database.writing("to go down") as connection:
        steps.downgrade(connection, "base")
    assert tables(database) == {VERSION_TABLE}

    migrate(database)

    assert tables(database) == {*METADATA.tables, VERSION_TABLE}


def test_a_step_that_fails_leaves_the_database_as_it_was(url: str) -> None:
    database = connect(parse(url))
    if database.engine.dialect.name == "sqlite":
        Path(url.removeprefix("sqlite:///")).parent.mkdir()
    with database.writing("to be in the way") as connection:
        connection.execute(text("CREATE TABLE audit (mine INTEGER)"))

    with pytest.raises(DeveloperError, match="audit"):
        migrate(database)

    assert tables(database) == {"audit"}
    database.close()


def test_a_database_of_a_newer_release_is_refused(database: Database) -> None:
    with database.writing("to pretend") as connection:
        connection.execute(text("UPDATE ledger_version SET version_num = '9999'"))

    with pytest.raises(SettingsError, match="newer release"):
        migrate(database)


def test_a_second_start_does_not_load_the_migrations(url: str) -> None:
    upgrade(url)
    script = (
        "import sys; from integrations.ledger.ledger import open_ledger;"
        "open_ledger(sys.argv[1]).close(); print('alembic' in sys.modules)"
    )
    command = [sys.executable, "-c", script, url]
    answer = subprocess.check_output(command, text=True, timeout=60)

    assert answer == "False\n"
