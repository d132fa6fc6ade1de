"""What Alembic runs around the steps; it finds the open connection in the configuration."""

from alembic import context

from integrations.ledger.schema import VERSION_TABLE
from integrations.ledger.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
    # SQLite can do it too, once BEGIN is said outright; see database.py.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
