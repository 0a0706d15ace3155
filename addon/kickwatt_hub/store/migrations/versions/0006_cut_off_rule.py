"""How a charger's board knows the end of a charge, and how long a full battery stays on.

Revision: 0006, after 0005
"""

from alembic import op
import sqlalchemy as sa

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    with op.batch_alter_table("charger") as batch:
        batch.add_column(
            sa.Column("rule", sa.String(9), nullable=False, server_default="robust")
        )
        batch.add_column(
            sa.Column("balance_min", sa.Integer(), nullable=False, server_default="0")
        )


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("charger") as batch:
        batch.drop_column("balance_min")
        batch.drop_column("rule")
