"""Chargers behind servers of another kind.

Revision: 0008, after 0007
"""

from alembic import op
import sqlalchemy as sa

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "charger_link",
        sa.Column(
            "charger_pk",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("url", sa.String(length=300), nullable=False),
        sa.Column("remote_id", sa.String(length=64), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("engine_io", sa.SmallInteger(), nullable=True),
        sa.Column("released", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["charger_pk"],
            ["charger.pk"],
            name=op.f("fk_charger_link_charger_pk"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("charger_pk", name=op.f("pk_charger_link")),
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("charger_link")
