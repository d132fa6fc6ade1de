from pathlib import Path

import pytest

from clinic.database import parse_database_url

BASE = Path("/srv/clinic")


def test_no_url_means_a_sqlite_file_beside_the_code() -> None:
    assert parse_database_url("", BASE)["NAME"] == BASE / "clinic.sqlite3"


def test_sqlite_url_names_its_file() -> None:
    assert parse_database_url("sqlite:////var/lib/clinic.db", BASE)["NAME"] == "/var/lib/clinic.db"


def test_postgres_url_is_taken_apart() -> None:
    settings = parse_database_url("postgres://ann:p%40ss@db.internal:5433/clinic", BASE)
    assert settings == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "clinic",
        "USER": "ann",
        "PASSWORD": "p@ss",
        "HOST": "db.internal",
        "PORT": "5433",
    }


def test_unknown_scheme_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown scheme: 'oracle'"):
        parse_database_url("oracle://db/clinic", BASE)
