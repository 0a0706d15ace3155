"""How meters are asked, what they have brought, and at which location a charger stands.

Revision: 0010, after 0009
"""

from alembic import op
import sqlalchemy as sa

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def _reference() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "host_polling",
        sa.Column("host", _reference(), nullable=False),
        sa.Column("interval_s", sa.Float(), nullable=False),
        sa.Column("raw_days", sa.Integer(), nullable=True),
        sa.Column("site_meter", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["host"],
            ["meter_host.id"],
            name=op.f("fk_host_polling_host"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_host_polling")),
    )
    op.create_table(
        "model_detail",
        sa.Column("meter", _reference(), nullable=False),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("source", sa.String(length=500), nullable=False),
        sa.Column("longest_read", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["meter"],
            ["meter_model.id"],
            name=op.f("fk_model_detail_meter"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("meter", name=op.f("pk_model_detail")),
    )
    op.create_table(
        "charger_location",
        sa.Column("charger_pk", _reference(), nullable=False),
        sa.Column("location", _reference(), nullable=False),
        sa.ForeignKeyConstraint(
            ["charger_pk"],
            ["charger.pk"],
            name=op.f("fk_charger_location_charger_pk"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["location"],
            ["location.id"],
            name=op.f("fk_charger_location_location"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("charger_pk", name=op.f("pk_charger_location")),
    )
    op.create_index(
        op.f("ix_charger_location_location"), "charger_location", ["location"]
    )
    op.create_table(
        "meter_log",
        sa.Column("pk", _reference(), nullable=False),
        sa.Column("portion", sa.SmallInteger(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_meter_log")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_meter_log_portion"), "meter_log", ["portion"])
    op.create_table(
        "meter_chunk",
        sa.Column("pk", _reference(), nullable=False),
        sa.Column("host", _reference(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("end_ms", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("times", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["host"],
            ["meter_host.id"],
            name=op.f("fk_meter_chunk_host"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_meter_chunk")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_meter_chunk_host_day"), "meter_chunk", ["host", "day"])
    op.create_table(
        "meter_series",
        sa.Column("chunk", _reference(), nullable=False),
        sa.Column("measurement", sa.String(length=64), nullable=False),
        sa.Column("quarters", sa.LargeBinary(), nullable=False),
        sa.Column("minutes", sa.LargeBinary(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["chunk"],
            ["meter_chunk.pk"],
            name=op.f("fk_meter_series_chunk"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("chunk", "measurement", name=op.f("pk_meter_series")),
    )


def downgrade() -> None:
    """Take it back."""
    for table in (
        "meter_series",
        "meter_chunk",
        "meter_log",
        "charger_location",
        "model_detail",
        "host_polling",
    ):
        op.drop_table(table)
