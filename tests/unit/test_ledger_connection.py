"""Addresses that can be used, addresses that cannot, and databases that fail."""

import sqlite3
from pathlib import Path
from threading import Thread

import pytest

from agent.domain.errors import DeveloperError, SettingsError, TransientError
from agent.domain.ids import LifeId
from integrations.ledger.ledger import open_ledger
from integrations.ledger.urls import describe, parse

LIFE = LifeId("PAY-1-aaaaaaaa")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_means_the_same_driver(scheme: str) -> None:
    assert parse(f"{scheme}://me:pw@db/backsmith").drivername == "postgresql+psycopg"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ledger.db",
        "mysql://me:hunter2@db/x",
        "postgresql+asyncpg://me:hunter2@db/x",
        "postgresql://me:hunter2@db:hunter2/x",
        "postgresql://me:now@hunter2@db/x",
    ],
)
def test_an_unusable_address_stops_the_start_without_showing_a_password(url: str) -> None:
    with pytest.raises(SettingsError, match="BACKSMITH_DATABASE_URL") as caught:
        open_ledger(url)

    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_described_address_has_neither_password_nor_user() -> None:
    url = parse("postgresql://me:hunter2@db:5433/backsmith?sslpassword=hunter2")

    assert describe(url) == "postgresql on db:5433/backsmith"


def test_a_server_that_is_away_is_worth_another_attempt(unused_tcp_port: int) -> None:
    with pytest.raises(TransientError, match="see that the server runs") as caught:
        open_ledger(f"postgresql://me:hunter2@127.0.0.1:{unused_tcp_port}/backsmith")

    assert "hunter2" not in str(caught.value)


def test_a_folder_that_cannot_be_made_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(SettingsError, match="cannot be created"):
        open_ledger(f"sqlite:///{tmp_path}/file/ledger.db")


def test_a_file_that_is_no_database_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_text("not a database" * 100)

    with pytest.raises(DeveloperError, match="not a database"):
        open_ledger(f"sqlite:///{tmp_path}/ledger.db")


def test_a_busy_file_is_worth_another_attempt_and_works_again_later(tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path}/ledger.db?timeout=0.05")
    other = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(TransientError, match=r"to keep step/1 of PAY-1-aaaaaaaa.*locked"):
        ledger.keep(LIFE, "step", "1", "body")
    assert ledger.find(LIFE, "step", "1") is None
    other.execute("COMMIT")
    other.close()

    assert ledger.keep(LIFE, "step", "1", "body") == "body"
    ledger.close()


def test_threads_take_turns_on_one_connection(tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path}/ledger.db")

    def keep(thread: int) -> None:
        for number in range(50):
            ledger.keep(LIFE, "step", f"{thread}/{number}", number)

    threads = [Thread(target=keep, args=(thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(ledger.list(LIFE, "step")) == sorted([*range(50)] * 4)
    ledger.close()


def test_a_ledger_in_memory_needs_no_file() -> None:
    ledger = open_ledger("sqlite://")

    assert ledger.keep(LIFE, "step", "1", "body") == "body"
    ledger.close()
