"""What a model call was for, so that the self-review's cost can be told from the work's."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the purpose to the key; every call so far was a step of the work."""
    with op.batch_alter_table("usage") as table:
        table.add_column(
            sa.Column("purpose", sa.String(), nullable=False, server_default="step"),
        )
        table.drop_constraint("usage_pk", type_="primary")
        table.create_primary_key("usage_pk", ["life", "purpose", "position"])
    with op.batch_alter_table("usage") as table:
        table.alter_column("purpose", server_default=None)


def downgrade() -> None:
    """Forget the purpose; what was not a step of the work is lost with it."""
    op.execute(sa.text("DELETE FROM usage WHERE purpose <> 'step'"))
    with op.batch_alter_table("usage") as table:
        table.drop_constraint("usage_pk", type_="primary")
        table.drop_column("purpose")
        table.create_primary_key("usage_pk", ["life", "position"])
