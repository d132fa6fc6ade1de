from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit


def parse_database_url(url: str, base: Path) -> dict[str, Any]:
    """Return Django's settings for a database URL; an empty one means a SQLite file."""
    if not url:
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": base / "clinic.sqlite3"}
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": unquote(parts.path.removeprefix("/")) or ":memory:",
        }
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ValueError(f"DATABASE_URL has an unknown scheme: {parts.scheme!r}")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.removeprefix("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
    }
