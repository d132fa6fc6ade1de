"""The gate for migrations: Alembic and Django, proven on a PostgreSQL that runs in the sandbox."""
