"""Running the migrations, without the command line and the ini file that Alembic expects."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


def upgrade(connection: Connection, revision: str) -> None:
    """Go up to a revision, inside the connection's transaction."""
    command.upgrade(_config(connection), revision)


def downgrade(connection: Connection, revision: str) -> None:
    """Go down to a revision (`base`: drop everything), inside the connection's transaction."""
    command.downgrade(_config(connection), revision)


def newest() -> str | None:
    """Return the newest revision that there is a file for."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    # Alembic reads % as a reference to another option.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
