"""Django: a project's own migrations, led to a database of ours."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from agent.evidence.migrations.inside.alembic_side import QUIET

OWN_ENGINES = "django.db.backends."


class DjangoSide:
    """One side's migrations; what they do to the database is written down."""

    def __init__(self, root: str, job: dict[str, Any], socket: str, database: str) -> None:
        """Take the name of the settings module."""
        self.root, self.job, self.socket, self.database = root, job, socket, database
        self._done: list[Any] = []
        self._pending: list[str] = []
        self._is_recording = False

    def statements(self) -> list[Any]:
        """Return what was executed since the last step began, with the migration of each."""
        return [*self._done, *(["", sql] for sql in self._pending)]

    def load(self) -> dict[str, Any]:
        """Read the migrations; return the leaves."""
        os.environ["DJANGO_SETTINGS_MODULE"] = (self.job["modules"] or ["settings"])[0]
        settings = import_module("django.conf").settings
        for database in settings.DATABASES.values() or ():
            self._lead_here(database)
        if not settings.DATABASES:
            settings.DATABASES = {"default": self._lead_here({})}
        import_module("django").setup()
        self.connection = import_module("django.db").connection
        loader = self._loader()
        self._write_down()
        return {
            "heads": ["/".join(node) for node in sorted(loader.graph.leaf_nodes())],
            "names": ["/".join(node) for node in sorted(loader.graph.nodes)],
            "version": f"Django {import_module('django').__version__}",
        }

    def _loader(self) -> Any:
        return import_module("django.db.migrations.loader").MigrationLoader(None)

    def _lead_here(self, database: dict[str, Any]) -> dict[str, Any]:
        engine = str(database.get("ENGINE", ""))
        ours = engine if not engine.startswith(OWN_ENGINES) and "gis" not in engine else ""
        database.update(
            ENGINE=ours or f"{OWN_ENGINES}postgresql",
            NAME=self.database,
            USER="postgres",
            PASSWORD="",
            HOST=self.socket,
            PORT="",
            OPTIONS={},
        )
        return database

    def up(self) -> dict[str, Any]:
        """Migrate to the leaves."""
        self._begin()
        command = import_module("django.core.management").call_command
        command("migrate", verbosity=0, interactive=False, skip_checks=True)
        return {"statements": self.statements()}

    def down(self, targets: list[str]) -> dict[str, Any]:
        """Migrate back to the base's leaves; apps that the base does not have, to nothing."""
        self._begin()
        executor = import_module("django.db.migrations.executor").MigrationExecutor(self.connection)
        wanted = [tuple(target.split("/", 1)) for target in targets]
        known = {app for app, _ in wanted}
        new = {app for app, _ in executor.loader.graph.leaf_nodes()} - known
        for group in (sorted((app, None) for app in new), wanted):
            # Together they may not be done: what is back already would be migrated forwards.
            executor.loader.build_graph()
            executor.migrate(
                [node for node in group if node[1] is None or self._is_known(executor, node)]
            )
        return {}

    @staticmethod
    def _is_known(executor: Any, node: Any) -> bool:
        return node in executor.loader.graph.nodes

    def left(self) -> dict[str, Any]:
        """Return what makemigrations would still write, and the tables that the models describe."""
        self._is_recording = False
        apps = import_module("django.apps").apps
        state = import_module("django.db.migrations.state").ProjectState
        questioner = import_module(
            "django.db.migrations.questioner"
        ).NonInteractiveMigrationQuestioner
        detector = import_module("django.db.migrations.autodetector").MigrationAutodetector
        loader = self._loader()
        asked = questioner(specified_apps=None, dry_run=True)
        found = detector(loader.project_state(), state.from_apps(apps), asked)
        changes = found.changes(graph=loader.graph)
        own = {app.label for app in apps.get_app_configs() if self._is_own(app.path)}
        left = [
            f"{label}: {operation.describe()}"[:200]
            for label, migrations in sorted(changes.items())
            if label in own
            for migration in migrations
            for operation in migration.operations
        ]
        return {"left": left, "models": dict(described(apps))}

    def _is_own(self, path: str) -> bool:
        return path.startswith(self.root) and "site-packages" not in path

    def steps(self, known: list[str]) -> dict[str, Any]:
        """Return the migrations that the base does not have, with what cannot go back."""
        graph = self._loader().graph
        found = []
        for node in sorted(set(graph.nodes) - {tuple(name.split("/", 1)) for name in known}):
            module = import_module(graph.nodes[node].__module__)
            if not self._is_own(str(module.__file__)):
                continue
            operations = list(flattened(graph.nodes[node].operations))
            found.append({
                "name": "/".join(node),
                "path": os.path.relpath(str(Path(str(module.__file__))), self.root),
                "irreversible": [told_operation(op) for op in operations if not op.reversible],
            })  # fmt: skip
        return {"steps": found}

    def _begin(self) -> None:
        self._done, self._pending, self._is_recording = [], [], True

    def _write_down(self) -> None:
        """Keep each statement, with its migration. Source: Django 5.2, executor and recorder."""
        recorder = import_module("django.db.migrations.recorder").MigrationRecorder
        original = recorder.record_applied

        def keep(execute: Any, sql: Any, parameters: Any, many: bool, context: Any) -> Any:
            text = str(sql)
            if self._is_recording and not text.lstrip().upper().startswith(QUIET):
                self._pending.append(text)
            return execute(sql, parameters, many, context)

        def record_applied(own: Any, app: str, name: str) -> Any:
            self._done += [[f"{app}/{name}", sql] for sql in self._pending]
            self._pending, self._is_recording = [], False
            try:
                return original(own, app, name)
            finally:
                self._is_recording = True

        self.connection.execute_wrappers.append(keep)
        recorder.record_applied = record_applied


def flattened(operations: Any) -> Iterator[Any]:
    """Yield operations, and of those that divide state and database what the database gets."""
    for operation in operations:
        inner = getattr(operation, "database_operations", None)
        if inner is None:
            yield operation
        else:
            yield from flattened(inner)


def told_operation(operation: Any) -> str:
    """Return an operation in one line."""
    name = type(operation).__name__
    code = getattr(operation, "code", None)
    return f"{name}({getattr(code, '__name__', '')})" if code else f"{name}: {operation.describe()}"


def described(apps: Any) -> Iterator[tuple[str, list[str]]]:
    """Yield the tables of the models with their columns."""
    for model in apps.get_models(include_auto_created=True):
        columns = [field.column for field in model._meta.local_concrete_fields]
        yield model._meta.db_table.replace('"', ""), columns
