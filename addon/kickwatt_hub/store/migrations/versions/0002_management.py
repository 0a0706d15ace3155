"""What the energy monitoring API manages, and scopes for people.

Revision: 0002, after 0001
"""

from alembic import op
import sqlalchemy as sa

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


_USER = sa.table(
    "user",
    sa.column("pk", sa.BigInteger),
    sa.column("email", sa.String),
    sa.column("is_admin", sa.Boolean),
    sa.column("scope", sa.SmallInteger),
)


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "measurement",
        sa.Column("measurement", sa.String(length=64), nullable=False),
        sa.Column("type", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("measurement", name=op.f("pk_measurement")),
    )
    op.create_table(
        "meter_model",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("type", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meter_model")),
        sa.UniqueConstraint("name", name=op.f("uq_meter_model_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "location",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("street", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=8), nullable=False),
        sa.Column("city", sa.String(length=32), nullable=False),
        sa.Column("zip_code", sa.String(length=6), nullable=False),
        sa.Column("coord_x", sa.Float(), nullable=True),
        sa.Column("coord_y", sa.Float(), nullable=True),
        sa.Column(
            "user", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["user"], ["user.pk"], name=op.f("fk_location_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_location")),
        sa.UniqueConstraint(
            "street", "number", "city", name=op.f("uq_location_street_number_city")
        ),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("location", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_location_user"), ["user"], unique=False)

    op.create_table(
        "meter_register",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("address", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(length=8), nullable=True),
        sa.Column("type", sa.SmallInteger(), nullable=False),
        sa.Column("function_code", sa.SmallInteger(), nullable=False),
        sa.Column(
            "meter",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("measurement", sa.String(length=64), nullable=False),
        sa.Column("signed", sa.Boolean(), nullable=False),
        sa.Column("word_order", sa.SmallInteger(), nullable=False),
        sa.Column("byte_order", sa.SmallInteger(), nullable=False),
        sa.Column("scale", sa.Float(), nullable=False),
        sa.Column("offset", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["measurement"],
            ["measurement.measurement"],
            name=op.f("fk_meter_register_measurement"),
        ),
        sa.ForeignKeyConstraint(
            ["meter"],
            ["meter_model.id"],
            name=op.f("fk_meter_register_meter"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meter_register")),
        sa.UniqueConstraint(
            "meter", "measurement", name=op.f("uq_meter_register_meter_measurement")
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "meter_host",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("ip", sa.String(length=64), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("slave_address", sa.Integer(), nullable=False),
        sa.Column("description", sa.String(length=128), nullable=True),
        sa.Column(
            "user", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "location",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "meter",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["location"], ["location.id"], name=op.f("fk_meter_host_location")
        ),
        sa.ForeignKeyConstraint(
            ["meter"], ["meter_model.id"], name=op.f("fk_meter_host_meter")
        ),
        sa.ForeignKeyConstraint(
            ["user"], ["user.pk"], name=op.f("fk_meter_host_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meter_host")),
        sa.UniqueConstraint(
            "ip",
            "port",
            "slave_address",
            name=op.f("uq_meter_host_ip_port_slave_address"),
        ),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("meter_host", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_meter_host_user"), ["user"], unique=False)

    op.create_table(
        "host_measurement",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "host", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("measurement", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["host"],
            ["meter_host.id"],
            name=op.f("fk_host_measurement_host"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["measurement"],
            ["measurement.measurement"],
            name=op.f("fk_host_measurement_measurement"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_host_measurement")),
        sa.UniqueConstraint(
            "host", "measurement", name=op.f("uq_host_measurement_host_measurement")
        ),
        sqlite_autoincrement=True,
    )
    _people()


def _people() -> None:
    """Everybody so far may control chargers; an address that somebody else had before is nobody's second one.

    Column by column: SQLite would remake the table otherwise, and take everybody's tokens away with the old one.
    """
    op.add_column(
        "user",
        sa.Column("scope", sa.SmallInteger(), nullable=False, server_default="2"),
    )
    op.execute(sa.update(_USER).where(_USER.c.is_admin).values(scope=3))
    op.drop_column("user", "is_admin")
    first = sa.select(sa.func.min(_USER.c.pk)).group_by(_USER.c.email)
    op.execute(sa.update(_USER).where(_USER.c.pk.not_in(first)).values(email=None))
    op.create_index("ix_user_email", "user", ["email"], unique=True)


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_user_email", "user")
    op.add_column(
        "user",
        sa.Column("is_admin", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.execute(sa.update(_USER).values(is_admin=_USER.c.scope == 3))
    op.drop_column("user", "scope")
    op.drop_table("host_measurement")
    with op.batch_alter_table("meter_host", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_meter_host_user"))

    op.drop_table("meter_host")
    op.drop_table("meter_register")
    with op.batch_alter_table("location", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_location_user"))

    op.drop_table("location")
    op.drop_table("meter_model")
    op.drop_table("measurement")
