"""Statements that hold up a database in use: by linters where they are installed, else by rules."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agent.evidence.migrations.inside.comparing import fact

SQUAWK_RULES = {
    "require-concurrent-index-creation": "index",
    "require-concurrent-index-deletion": "drop_index",
    "adding-foreign-key-constraint": "constraint",
    "constraint-missing-not-valid": "constraint",
    "adding-not-nullable-field": "set_not_null",
    "disallowed-unique-constraint": "unique",
}
"""What is taken from squawk; types, drops, names and defaults are measured instead."""
DJANGO_RULES = {
    "CREATE_INDEX": "index",
    "DROP_INDEX": "drop_index",
    "ADD_UNIQUE": "unique",
    "NOT_NULL": "set_not_null",
}
"""The same of django-migration-linter."""
OWN_RULES = (
    ("index", r"^CREATE (UNIQUE )?INDEX (?!CONCURRENTLY)"),
    ("drop_index", r"^DROP INDEX (?!CONCURRENTLY)"),
    ("constraint", r"\bADD CONSTRAINT \S+ (FOREIGN KEY|CHECK)\b(?!.*NOT VALID)"),
    ("unique", r"\bADD CONSTRAINT \S+ UNIQUE\b(?! USING)"),
    ("set_not_null", r"\bSET NOT NULL\b"),
)
LOCKING = re.compile(
    r"(?i)^\s*(LOCK\s+(TABLE\s+)?|CLUSTER\s|VACUUM\s+FULL|REINDEX\s+(?!.*CONCURRENTLY))"
)
NAMED = re.compile(
    r"(?is)^\s*(?:ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?|UPDATE\s+(?:ONLY\s+)?"
    r"|DELETE\s+FROM\s+(?:ONLY\s+)?|LOCK\s+(?:TABLE\s+)?(?:ONLY\s+)?|CLUSTER\s+"
    r"|VACUUM\s+FULL\s+(?:ANALYZE\s+)?|REINDEX\s+TABLE\s+"
    r"|CREATE\s+(?:UNIQUE\s+)?INDEX\s+.*?\sON\s+(?:ONLY\s+)?)([\w.\"]+)"
)
DROPPED = re.compile(r"(?i)^\s*DROP\s+INDEX\s+(?:CONCURRENTLY\s+)?(?:IF\s+EXISTS\s+)?([\w.\"]+)")
BATCHED = re.compile(
    r"(?is)\bLIMIT\b|\bBETWEEN\b|\bctid\b"
    r"|\b\w*(?:id|pk|key)\"?\s*(?:[<>]=?|=|IN\s*\()(?!\s*\(?\s*SELECT\b(?!.*\bLIMIT\b))"
)


def table_of(sql: str, indexes: dict[str, str]) -> str:
    """Return the table that a statement is about; empty when it is not seen."""
    named = NAMED.search(sql)
    dropped = DROPPED.search(sql)
    if named:
        return plain_name(named[1])
    return indexes.get(plain_name(dropped[1]), "") if dropped else ""


def plain_name(name: str) -> str:
    """Return a name without quotes and without the usual schema."""
    plain = name.replace('"', "")
    return plain[7:] if plain.startswith("public.") else plain


def lock_facts(
    statements: list[list[str]], tables: set[str], indexes: dict[str, str]
) -> Iterator[dict[str, Any]]:
    """Yield what holds up tables that were there before; new tables are nobody's yet."""
    about = [(step, " ".join(sql.split()), table_of(sql, indexes)) for step, sql in statements]
    old = [(step, sql, table) for step, sql, table in about if table in tables]
    for step, sql, table in old:
        if LOCKING.search(sql):
            yield fact("locked", table, step=step, sql=sql[:200])
        elif re.match(r"(?i)(UPDATE|DELETE)\b", sql) and not BATCHED.search(sql):
            yield fact("unbatched", table, step=step, sql=sql[:200])
    seen = set()
    texts = [sql for _, sql, _ in old]
    for number, kind in (*by_squawk(texts), *by_django_linter(texts)):
        step, sql, table = old[number]
        if (number, kind) not in seen:
            seen.add((number, kind))
            yield fact(kind, table, step=step, sql=sql[:200])


def by_squawk(statements: list[str]) -> list[tuple[int, str]]:
    """Return the statements, by number, that a rule names."""
    program = shutil.which("squawk")
    structural = [bool(re.match(r"(?i)(ALTER|CREATE|DROP)\b", sql)) for sql in statements]
    if program is None or not any(structural):
        return by_own_rules(statements)
    lines = [
        sql.rstrip("; ") + ";" if is_one else "" for sql, is_one in zip(statements, structural)
    ]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "steps.sql")
        place.write_text("\n".join(lines) + "\n", "utf-8")
        done = subprocess.run(
            [program, "--reporter", "Json", "--pg-version", "15.0", str(place)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            cwd=folder,
            timeout=60,
            check=False,
        )
    try:
        found = json.loads(done.stdout.decode("utf-8", "replace"))
    except ValueError:
        return by_own_rules(statements)
    named = [(int(item["line"]), SQUAWK_RULES.get(item["rule_name"], "")) for item in found]
    return [(line, kind) for line, kind in named if kind and line < len(statements)]


def by_django_linter(statements: list[str]) -> list[tuple[int, str]]:
    """Return the same by django-migration-linter 6; nothing where it is not installed."""
    try:
        from django_migration_linter.sql_analyser.postgresql import PostgresqlAnalyser
    except ImportError:
        return []
    found = []
    for number, sql in enumerate(statements):
        analyser = PostgresqlAnalyser(None)
        analyser.analyse([sql])
        codes = [issue.code for issue in (*analyser.errors, *analyser.warnings)]
        found += [(number, DJANGO_RULES[code]) for code in codes if code in DJANGO_RULES]
    return found


def by_own_rules(statements: list[str]) -> list[tuple[int, str]]:
    """Return the same by plain patterns, which know fewer ways to write a thing."""
    return [
        (number, kind)
        for number, sql in enumerate(statements)
        for kind, form in OWN_RULES
        if re.search(form, sql, re.IGNORECASE)
    ]
