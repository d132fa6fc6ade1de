"""The first tables.

Types are spelled out here and not imported: this step must not change when `tables.py` does.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    _create_conversation()
    _create_documents()
    _create_traffic()


def downgrade() -> None:
    """Drop the tables."""
    for table in ("audit", "deliveries", "outbox", "evidence", "records", "usage", "messages"):
        op.drop_table(table)


def _create_conversation() -> None:
    op.create_table(
        "messages",
        sa.Column("life", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("life", "position", name="messages_pk"),
    )
    op.create_index("messages_by_life_at", "messages", ["life", "at"])
    op.create_table(
        "usage",
        sa.Column("life", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("prompt_tokens", sa.Integer(), nullable=False),
        sa.Column("cached_tokens", sa.Integer(), nullable=False),
        sa.Column("completion_tokens", sa.Integer(), nullable=False),
        sa.Column("cost_usd", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("life", "position", name="usage_pk"),
    )


def _create_documents() -> None:
    op.create_table(
        "records",
        sa.Column("seq", _SEQUENCE, nullable=False),
        sa.Column("life", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="records_pk"),
        sa.UniqueConstraint("life", "kind", "name", name="records_life_kind_name_once"),
    )
    op.create_table(
        "evidence",
        sa.Column("life", sa.String(), nullable=False),
        sa.Column("commit", sa.String(), nullable=False),
        sa.Column("gate", sa.String(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("life", "commit", "gate", name="evidence_pk"),
    )


def _create_traffic() -> None:
    op.create_table(
        "outbox",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("key", name="outbox_pk"),
    )
    op.create_index("outbox_by_target", "outbox", ["target"])
    op.create_table(
        "deliveries",
        sa.Column("seq", _SEQUENCE, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("received_at", _TIME, nullable=False),
        sa.Column("decision", sa.String()),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="deliveries_pk"),
        sa.UniqueConstraint("id", name="deliveries_id_once"),
    )
    undecided = sa.text("decision IS NULL")
    op.create_index(
        "deliveries_unrouted",
        "deliveries",
        ["seq"],
        sqlite_where=undecided,
        postgresql_where=undecided,
    )
    op.create_table(
        "audit",
        sa.Column("seq", _SEQUENCE, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("life", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="audit_pk"),
    )
    op.create_index("audit_by_life", "audit", ["life"])
