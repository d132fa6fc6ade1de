"""Create parcels.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "parcels",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("tracking_code", sa.String(length=16), nullable=False),
        sa.Column("receiver_name", sa.String(length=120), nullable=False),
        sa.Column("postcode", sa.String(length=10), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("weight_grams", sa.Integer(), nullable=False),
        sa.Column("price_cents", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("weight_grams > 0", name="ck_parcels_weight_positive"),
        sa.CheckConstraint(
            "status IN ('registered', 'in_transit', 'out_for_delivery', 'delivered', 'returned')",
            name="ck_parcels_status",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_parcels_user_id_users", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_parcels"),
        sa.UniqueConstraint("tracking_code", name="uq_parcels_tracking_code"),
        sa.UniqueConstraint("user_id", "reference", name="uq_parcels_user_id_reference"),
    )
    op.create_index("ix_parcels_user_id_created_at", "parcels", ["user_id", "created_at"])


def downgrade() -> None:
    op.drop_index("ix_parcels_user_id_created_at", table_name="parcels")
    op.drop_table("parcels")
