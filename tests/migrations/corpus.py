"""Good and bad migrations as data, and the folders that are made of them."""

import textwrap
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
Files = dict[str, str]

ALEMBIC: Files = {
    "alembic.ini": "[alembic]\nscript_location = migrations\nprepend_sys_path = .\n",
    "migrations/env.py": """\
from alembic import context
from sqlalchemy import engine_from_config, pool

from models import Base

config = context.config
engine = engine_from_config(
    config.get_section(config.config_ini_section) or {},
    prefix="sqlalchemy.",
    poolclass=pool.NullPool,
)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
""",
    "models.py": """\
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import (
    BigInteger, CheckConstraint, DateTime, Enum, ForeignKey, Numeric, String, Text, text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customers"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(200), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    phone: Mapped[str | None] = mapped_column(String(30))
    notes: Mapped[str | None] = mapped_column(Text)
    is_active: Mapped[bool]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))


class Order(Base):
    __tablename__ = "orders"
    __table_args__ = (CheckConstraint("status IN ('new', 'paid', 'sent')", name="known_status"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    status: Mapped[str] = mapped_column(String(20), server_default="new")
    total: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    quantity: Mapped[int]
    placed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    reference: Mapped[int | None] = mapped_column(BigInteger)
    is_gift: Mapped[bool]
    details: Mapped[dict[str, int] | None] = mapped_column(JSONB)
    tags: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    kind: Mapped[str | None] = mapped_column(Enum("shop", "phone", name="order_kinds"))
""",
    "migrations/versions/0001_begin.py": '''\
"""Begin."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "customers",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("email", sa.String(200), nullable=False, unique=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("phone", sa.String(30)),
        sa.Column("notes", sa.Text()),
        sa.Column("fax", sa.String(30)),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("parent_id", sa.Integer(), sa.ForeignKey("customers.id")),
    )
    op.create_table(
        "orders",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("customer_id", sa.Integer(), sa.ForeignKey("customers.id"), nullable=False),
        sa.Column("status", sa.String(20), server_default="new", nullable=False),
        sa.Column("total", sa.Numeric(10, 2), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True)),
        sa.Column("reference", sa.BigInteger()),
        sa.Column("is_gift", sa.Boolean(), nullable=False),
        sa.Column("details", JSONB()),
        sa.Column("tags", sa.ARRAY(sa.Text())),
        sa.Column("kind", sa.Enum("shop", "phone", name="order_kinds")),
        sa.CheckConstraint("status IN ('new', 'paid', 'sent')", name="known_status"),
    )
    op.create_index("ix_orders_customer_id", "orders", ["customer_id"])
    op.create_table(
        "carts", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("what", sa.Text())
    )


def downgrade() -> None:
    op.drop_table("carts")
    op.drop_table("orders")
    op.drop_table("customers")
''',
}
_REVISION = '''\
"""{title}."""

import sqlalchemy as sa
from alembic import op

revision = "{name}"
down_revision = {parent}


def upgrade() -> None:
{up}

{down}'''

DJANGO: Files = {
    "manage.py": "import os\nimport sys\n\n"
    "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site_settings')\n"
    "if __name__ == '__main__':\n    from django.core.management import execute_from_command_line\n"
    "    execute_from_command_line(sys.argv)\n",
    "site_settings.py": "INSTALLED_APPS = ['shop']\nSECRET_KEY = 'for tests only'\nUSE_TZ = True\n"
    "DEFAULT_AUTO_FIELD = 'django.db.models.BigAutoField'\n"
    "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'db.sqlite3'}}\n",
    "shop/__init__.py": "",
    "shop/migrations/__init__.py": "",
    "shop/models.py": """\
from django.db import models


class Customer(models.Model):
    email = models.CharField(max_length=200, unique=True)
    name = models.CharField(max_length=120)
    phone = models.CharField(max_length=30, null=True)
    notes = models.TextField(null=True)


class Order(models.Model):
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE)
    status = models.CharField(max_length=20, default="new")
    total = models.DecimalField(max_digits=10, decimal_places=2)
    quantity = models.IntegerField()
    placed_at = models.DateTimeField(null=True)
    reference = models.BigIntegerField(null=True)
""",
    "shop/migrations/0001_initial.py": """\
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel("Customer", [
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                                       verbose_name="ID")),
            ("email", models.CharField(max_length=200, unique=True)),
            ("name", models.CharField(max_length=120)),
            ("phone", models.CharField(max_length=30, null=True)),
            ("notes", models.TextField(null=True)),
            ("fax", models.CharField(max_length=30, null=True)),
        ]),
        migrations.CreateModel("Order", [
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                                       verbose_name="ID")),
            ("customer", models.ForeignKey(on_delete=models.CASCADE, to="shop.customer")),
            ("status", models.CharField(default="new", max_length=20)),
            ("total", models.DecimalField(decimal_places=2, max_digits=10)),
            ("quantity", models.IntegerField()),
            ("placed_at", models.DateTimeField(null=True)),
            ("reference", models.BigIntegerField(null=True)),
        ]),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField("customer", "fax")], database_operations=[]
        ),
    ]
""",
}
_MIGRATION = """\
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import F


{code}

class Migration(migrations.Migration):
    atomic = {atomic}
    dependencies = [("shop", "{parent}")]
    operations = [
{operations}
    ]
"""


def cases(tool: str) -> list[dict[str, Any]]:
    """Return the good and bad migrations of a tool."""
    found: list[dict[str, Any]] = yaml.safe_load((HERE / f"{tool}.yml").read_text("utf-8"))
    return [{"tool": tool, **case} for case in found]


def base_files(tool: str) -> Files:
    return ALEMBIC if tool == "alembic" else DJANGO


def head_files(case: dict[str, Any]) -> Files:
    """Return the files of the change, without those that the base has in the same form."""
    base = base_files(case["tool"])
    files: Files = {}
    models = "models.py" if case["tool"] == "alembic" else "shop/models.py"
    for old, new in case.get("models", ()):
        text = files.get(models, base[models])
        assert old in text, f"{case['name']}: {old}"
        files[models] = text.replace(old, new)
    steps = case.get("steps") or [case]
    make = _revision if case["tool"] == "alembic" else _migration
    for number, step in enumerate(steps, 2):
        if "up" in step or "operations" in step:
            files.update(make(step, number))
    for path, edits in case.get("edits", {}).items():
        text = base[path]
        for old, new in edits:
            assert old in text, f"{case['name']}: {old}"
            text = text.replace(old, new)
        files[path] = text
    return files


def _revision(step: dict[str, Any], number: int) -> Files:
    name, parent = step.get("revision", f"000{number}"), step.get("parent", f"000{number - 1}")
    down = step.get("down", "pass")
    body = f"\ndef downgrade() -> None:\n{_indented(down)}" if down else ""
    text = _REVISION.format(
        title="Next", name=name, parent=repr(tuple(parent) if isinstance(parent, list) else parent),
        up=_indented(step["up"]), down=body,
    )  # fmt: skip
    return {f"migrations/versions/{name}_next.py": text}


def _migration(step: dict[str, Any], number: int) -> Files:
    name = step.get("revision", f"000{number}_next")
    parent = step.get("parent", "0001_initial" if number == 2 else f"000{number - 1}_next")
    text = _MIGRATION.format(
        code=step.get("code", ""), atomic=step.get("atomic", True), parent=parent,
        operations=textwrap.indent(step["operations"], "        "),
    )  # fmt: skip
    return {f"shop/migrations/{name}.py": text}


def _indented(text: str) -> str:
    return textwrap.indent(text.rstrip(), "    ") + "\n"


def write(folder: Path, files: Files) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder
