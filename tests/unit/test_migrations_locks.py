"""Statements that hold up a database, as the linters name them."""

import pytest

from agent.evidence.migrations.inside.locks import by_django_linter, by_squawk

INDEX = 'CREATE INDEX "a" ON "orders" ("b")'
CONSTRAINT = 'ALTER TABLE "orders" ADD CONSTRAINT "u" UNIQUE ("b")'
NULL = 'ALTER TABLE "orders" ALTER COLUMN "b" SET NOT NULL'


def test_django_s_linter_names_each_statement_by_its_number() -> None:
    pytest.importorskip("django_migration_linter")
    safe = 'CREATE INDEX CONCURRENTLY "c" ON "orders" ("d")'
    assert by_django_linter([safe, INDEX, CONSTRAINT, NULL]) == [
        (1, "index"),
        (2, "unique"),
        (3, "set_not_null"),
    ]


def test_squawk_or_our_own_rules_name_all_that_django_s_linter_does() -> None:
    pytest.importorskip("django_migration_linter")
    statements = [INDEX, CONSTRAINT, NULL]
    assert set(by_django_linter(statements)) <= set(by_squawk(statements))
