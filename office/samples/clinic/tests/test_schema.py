from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def test_openapi_document_has_no_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=StringIO())
    assert capsys.readouterr().err == ""


@pytest.mark.django_db(transaction=True)
def test_migrations_can_be_undone_and_done_again() -> None:
    leaves = MigrationExecutor(connection).loader.graph.leaf_nodes()

    MigrationExecutor(connection).migrate([("appointments", None), ("patients", None)])
    assert "appointments_appointment" not in connection.introspection.table_names()

    MigrationExecutor(connection).migrate(leaves)
    assert "appointments_appointment" in connection.introspection.table_names()
