"""Modes of chargers, tariffs, and what sessions cost.

Revision: 0004, after 0003
"""

from alembic import op
import sqlalchemy as sa

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "charger_mode",
        sa.Column("charger_pk", _KEY, nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("settings", sa.LargeBinary(), nullable=False),
        sa.Column("begun_rev", sa.Integer(), nullable=False),
        sa.Column("progress", sa.LargeBinary(), nullable=True),
        sa.Column("watch", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["charger_pk"],
            ["charger.pk"],
            name=op.f("fk_charger_mode_charger_pk"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("charger_pk", name=op.f("pk_charger_mode")),
    )
    op.create_table(
        "tariff",
        sa.Column("from_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("definition", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("from_ms", name=op.f("pk_tariff")),
    )
    op.create_table(
        "price",
        sa.Column("start_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("end_ms", sa.BigInteger(), nullable=False),
        sa.Column("per_kwh", sa.String(length=24), nullable=False),
        sa.PrimaryKeyConstraint("start_ms", name=op.f("pk_price")),
    )
    op.create_table(
        "session_cost",
        sa.Column("session_pk", _KEY, nullable=False),
        sa.Column("amount", sa.String(length=40), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("priced_wh", sa.Float(), nullable=False),
        sa.Column("unpriced_wh", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_pk"],
            ["session.pk"],
            name=op.f("fk_session_cost_session_pk"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("session_pk", name=op.f("pk_session_cost")),
    )


def downgrade() -> None:
    """Take it back."""
    for name in ("session_cost", "price", "tariff", "charger_mode"):
        op.drop_table(name)
