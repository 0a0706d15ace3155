"""The connection to a server that a hub had last, for the one that has to end it.

Revision: 0012, after 0011
"""

from alembic import op
import sqlalchemy as sa

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.add_column(
        "charger_link", sa.Column("connection", sa.LargeBinary(), nullable=True)
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_column("charger_link", "connection")
