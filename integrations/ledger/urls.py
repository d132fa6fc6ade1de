"""From the database setting to an address that SQLAlchemy can open. Passwords never show."""

from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from agent.domain.errors import SettingsError

_SETTING = "BACKSMITH_DATABASE_URL"
_EXAMPLES = "sqlite:////var/lib/backsmith/ledger.db or postgresql://user:password@host/backsmith"
_POSTGRESQL = frozenset({"postgres", "postgresql", "postgresql+psycopg"})
_BUSY_SECONDS = "10"


def parse(text: str) -> URL:
    """Return the address with the driver that we use.

    Raises:
        SettingsError: The text is no address of an SQLite or PostgreSQL database.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # Not chained: the cause quotes parts of the text, and so perhaps of a password.
        raise SettingsError(f"{_SETTING} is not a database URL; write {_EXAMPLES}.") from None
    if "@" in (url.host or ""):
        raise SettingsError(f"The password in {_SETTING} has an @ in it; write it as %40.")
    if url.drivername in ("sqlite", "sqlite+pysqlite"):
        return url if "timeout" in url.query else url.update_query_dict({"timeout": _BUSY_SECONDS})
    if url.drivername in _POSTGRESQL:
        return url.set(drivername="postgresql+psycopg")
    raise SettingsError(f"{_SETTING} names {url.drivername}; write {_EXAMPLES}.")


def describe(url: URL) -> str:
    """Return what people may see of an address: where the database is, not how one gets in."""
    if url.host:
        port = f":{url.port}" if url.port else ""
        return f"{url.get_backend_name()} on {url.host}{port}/{url.database or ''}"
    return f"{url.get_backend_name()} {url.database or 'in memory'}"


def file_of(url: URL) -> Path | None:
    """Return the file of an SQLite database; None for one in memory or on a server."""
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    return Path(str(url.database))
