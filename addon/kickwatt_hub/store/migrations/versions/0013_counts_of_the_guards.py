"""What the guards have counted stands beside the conversation from which it follows.

Revision: 0013, after 0012
"""

from alembic import op
import sqlalchemy as sa

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.add_column("conversation", sa.Column("watch", sa.LargeBinary(), nullable=True))
    op.execute(
        "UPDATE conversation SET watch = (SELECT charger_mode.watch FROM charger_mode"
        " WHERE charger_mode.charger_pk = conversation.charger_pk)"
    )
    op.drop_column("charger_mode", "watch")


def downgrade() -> None:
    """Take it back."""
    op.add_column("charger_mode", sa.Column("watch", sa.LargeBinary(), nullable=True))
    op.execute(
        "UPDATE charger_mode SET watch = (SELECT conversation.watch FROM conversation"
        " WHERE conversation.charger_pk = charger_mode.charger_pk)"
    )
    op.drop_column("conversation", "watch")
