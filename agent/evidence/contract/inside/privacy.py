"""What keeps a run to itself: a copy of the files, and databases of its own."""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

from agent.stacks.openapi.inside.guesses import is_installed, kind_of_name

LEFT_BEHIND = (".git", ".backsmith-results", "node_modules", ".venv", "venv", "__pycache__")
LARGEST_COPIED = 20 << 20


def copied(root: str) -> str:
    """Return a copy of the worktree for the application to write in; large files are left out."""
    place = str(Path(tempfile.mkdtemp(), "worktree"))

    def skipped(folder: str, names: list[str]) -> set[str]:
        return {name for name in names if name in LEFT_BEHIND or not is_plain(folder, name)}

    shutil.copytree(root, place, symlinks=True, ignore=skipped)
    return place


def is_plain(folder: str, name: str) -> bool:
    """Tell whether something can be copied: a folder, a link or a file that is not too large."""
    path = Path(folder, name)
    if path.is_symlink() or path.is_dir():
        return True
    return path.is_file() and path.stat().st_size <= LARGEST_COPIED


def own_database(job: dict[str, Any], folder: str) -> None:
    """Let settings that name a database name a private one, until an error asks for another.

    Where a server was started for them, they lead there.
    """
    if job["contract"]["has_server"]:
        return
    scheme = "sqlite+aiosqlite" if is_installed("aiosqlite") else "sqlite"
    for name in {*job["known"], *job["example"]}:
        if kind_of_name(name) == "database" and name not in job["settings"]:
            job["settings"][name] = f"{scheme}:///{folder}/own.db"


def make_tables(has_server: bool) -> None:
    """Create the tables of SQLAlchemy's models in databases that are our own."""
    if "sqlalchemy" not in sys.modules:
        return
    alchemy = import_module("sqlalchemy")
    found = [
        item for item in gc.get_objects() if isinstance(item, alchemy.MetaData) and item.tables
    ]
    engines = [item for item in gc.get_objects() if isinstance(item, alchemy.engine.Engine)]
    for engine in engines:
        is_ours = engine.dialect.name == "postgresql" and has_server
        if engine.dialect.name != "sqlite" and not is_ours:
            continue
        for tables in found:
            create_tables(engine, tables)


def create_tables(engine: Any, tables: Any) -> None:
    """Create tables by an engine of either kind."""
    if not engine.dialect.is_async:
        tables.create_all(engine)
        return
    wrapped = import_module("sqlalchemy.ext.asyncio").AsyncEngine(engine)

    async def create() -> None:
        async with wrapped.begin() as connection:
            await connection.run_sync(tables.create_all)
        await wrapped.dispose()

    asyncio.run(create())


class NoMigrations:
    """Says of every Django application that it has no migrations: tables come from its models."""

    def __contains__(self, _label: str) -> bool:
        """Speak for every application."""
        return True

    def __getitem__(self, _label: str) -> None:
        """Return no module of migrations. Source: Django, the setting MIGRATION_MODULES."""
        return

    def get(self, _label: str, _default: Any = None) -> None:
        """Return no module of migrations."""
        return


def own_django(settings_module: str, folder: str, has_server: bool) -> None:
    """Change Django's settings so that it serves whoever asks, from databases of its own."""
    os.environ["DJANGO_SETTINGS_MODULE"] = settings_module
    settings = import_module("django.conf").settings
    for name, database in settings.DATABASES.items():
        if has_server and "postg" in str(database.get("ENGINE")):
            continue
        own = {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder}/{name}.db"}
        database.update(**own, OPTIONS={}, HOST="", PORT="")
    settings.MIGRATION_MODULES = NoMigrations()
    settings.DEBUG, settings.ALLOWED_HOSTS = False, ["*"]
    settings.SECURE_SSL_REDIRECT = False
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def fill_django() -> None:
    """Create the tables of Django's models."""
    command = import_module("django.core.management").call_command
    for alias in import_module("django.db").connections:
        command("migrate", database=alias, run_syncdb=True, interactive=False, verbosity=0)
