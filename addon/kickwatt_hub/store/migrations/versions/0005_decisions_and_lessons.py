"""Decisions, what each session taught, and whose sessions have to be found again.

Revision: 0005, after 0004
"""

from alembic import op
import sqlalchemy as sa

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _key() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "decision",
        sa.Column(
            "pk",
            _key(),
            nullable=False,
        ),
        sa.Column("charger_pk", _key(), nullable=False),
        sa.Column("session_pk", _key(), nullable=True),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("by_board", sa.Boolean(), nullable=False),
        sa.Column("detail", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["charger_pk"],
            ["charger.pk"],
            name=op.f("fk_decision_charger_pk"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["session_pk"],
            ["session.pk"],
            name=op.f("fk_decision_session_pk"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_decision")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_decision_charger_pk_at_ms"), "decision", ["charger_pk", "at_ms"]
    )
    op.create_index(op.f("ix_decision_session_pk"), "decision", ["session_pk"])
    op.create_table(
        "stale",
        sa.Column("charger_pk", _key(), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["charger_pk"],
            ["charger.pk"],
            name=op.f("fk_stale_charger_pk"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("charger_pk", name=op.f("pk_stale")),
    )
    # A place of before has no energy count in it and cannot be gone on from: what it belongs to is found again.
    with op.batch_alter_table("session") as batch:
        batch.drop_column("detector")
        batch.add_column(sa.Column("place", sa.LargeBinary(), nullable=True))
        batch.add_column(sa.Column("place_ms", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("lesson", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("session") as batch:
        batch.drop_column("lesson")
        batch.drop_column("place_ms")
        batch.drop_column("place")
        batch.add_column(sa.Column("detector", sa.LargeBinary(), nullable=True))
    op.drop_table("stale")
    op.drop_index(op.f("ix_decision_session_pk"), "decision")
    op.drop_index(op.f("ix_decision_charger_pk_at_ms"), "decision")
    op.drop_table("decision")
