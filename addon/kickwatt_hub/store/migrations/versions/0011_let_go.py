"""Whether the server of a released charger knows that it is released.

Revision: 0011, after 0010
"""

from alembic import op
import sqlalchemy as sa

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.add_column(
        "charger_link",
        sa.Column("let_go", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_column("charger_link", "let_go")
