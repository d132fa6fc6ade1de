from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, pool

from courier.models import Base

ROOT = Path(__file__).parents[1]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "migrated.db"


@pytest.fixture
def config(database: Path) -> Config:
    config = Config(ROOT / "alembic.ini")
    config.set_main_option("sqlalchemy.url", f"sqlite+aiosqlite:///{database}")
    return config


def test_migrations_build_the_models_and_can_be_undone(config: Config, database: Path) -> None:
    engine = create_engine(f"sqlite:///{database}", poolclass=pool.NullPool)

    command.upgrade(config, "head")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []

    command.downgrade(config, "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]

    command.upgrade(config, "head")
    assert "tracking_events" in inspect(engine).get_table_names()
