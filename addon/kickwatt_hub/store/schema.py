"""The tables. A change here needs a migration beside it; a test compares the two.

Times are Unix milliseconds.
"""

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _key(name: str) -> sa.Column[int]:
    """A key that is never used again, not even after its row was deleted."""
    return sa.Column(
        name, sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True
    )


hub = sa.Table(
    "hub",
    metadata,
    sa.Column("pk", sa.Integer, primary_key=True),
    sa.Column("hub_id", sa.String(32), nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column(
        "last_order", sa.BigInteger, nullable=False
    ),  # order ids rise, also after a charger's were deleted
    sa.Column(
        "checked_ms", sa.BigInteger, nullable=False
    ),  # written to see whether writing works
)

user = sa.Table(
    "user",
    metadata,
    _key("pk"),
    sa.Column("name", sa.String(150), nullable=False, unique=True),
    sa.Column("email", sa.String(254)),
    sa.Column("password", sa.String(200)),  # null: nobody can log in as this user
    sa.Column("scope", sa.SmallInteger, nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Index(None, "email", unique=True),
    sqlite_autoincrement=True,
)

token = sa.Table(
    "token",
    metadata,
    _key("pk"),
    sa.Column(
        "user_pk",
        sa.ForeignKey("user.pk", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("scope", sa.SmallInteger, nullable=False),
    sa.Column("digest", sa.LargeBinary(32), nullable=False, unique=True),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("expires_ms", sa.BigInteger),
    sqlite_autoincrement=True,
)

charger = sa.Table(
    "charger",
    metadata,
    _key("pk"),
    sa.Column("id", sa.String(32), nullable=False, unique=True),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("simulated", sa.Boolean, nullable=False),
    sa.Column(
        "key", sa.LargeBinary(64), nullable=False
    ),  # sealed under the hub's secret
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("cutoff_w", sa.Float, nullable=False),
    sa.Column("hold_s", sa.Integer, nullable=False),
    sa.Column("max_hours", sa.Float, nullable=False),
    sa.Column("max_wh", sa.Integer, nullable=False),
    sa.Column("max_a", sa.Float, nullable=False),
    sa.Column("rule", sa.String(9), nullable=False, server_default="robust"),
    sa.Column("balance_min", sa.Integer, nullable=False, server_default="0"),
    sa.Column("settings_rev", sa.Integer, nullable=False),
    sa.Column("ampere_unit", sa.String(2), nullable=False),
    sa.Column("utc_offset_min", sa.Integer, nullable=False),
    sa.Column("power_factor", sa.Float),
    sa.Column("profile", sa.LargeBinary),  # JSON of what its charges have taught
    sa.Column(
        "raw_days", sa.Integer
    ),  # how long single readings are kept; null: always
    sa.Column("retired_ms", sa.BigInteger),  # removed then, its history kept
    sqlite_autoincrement=True,
)

# Where each charger stands, as of the newest part of the log that is packed; what the log still holds is newer. Several
# hubs on one database cannot share what they remember, so with them it is written in every commit, and `revision` tells
# who was first.
conversation = sa.Table(
    "conversation",
    metadata,
    sa.Column(
        "charger_pk", sa.ForeignKey("charger.pk", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("revision", sa.BigInteger, nullable=False),
    sa.Column("state", sa.LargeBinary, nullable=False),  # model.Conversation
    sa.Column("reading", sa.LargeBinary),  # the newest model.Reading
    sa.Column("watch", sa.LargeBinary),  # JSON of watch.Watch
)

# The log's tables, `log_<pk>`, come and go; log.py says what is in them.
segment = sa.Table(
    "segment",
    metadata,
    _key("pk"),
    sa.Column("begun_ms", sa.BigInteger, nullable=False),
    sa.Column("sealed_ms", sa.BigInteger),  # null: this is the one that is written
    sa.Column("passes", sa.Integer, nullable=False),
    sa.Column("done", sa.Integer, nullable=False),
    sqlite_autoincrement=True,
)

# Readings for good. The index begins with the day, so that packing an hour of a large fleet writes one dense part of it
# instead of one page for every charger.
chunk = sa.Table(
    "chunk",
    metadata,
    _key("pk"),
    sa.Column("day", sa.Integer, nullable=False),  # of all its readings, since 1970
    sa.Column("charger_pk", sa.BigInteger, nullable=False),
    sa.Column("start_ms", sa.BigInteger, nullable=False),
    sa.Column("end_ms", sa.BigInteger, nullable=False),
    sa.Column("first_boot", sa.BigInteger, nullable=False),
    sa.Column("first_number", sa.BigInteger, nullable=False),
    sa.Column("last_boot", sa.BigInteger, nullable=False),
    sa.Column("last_number", sa.BigInteger, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("quarters", sa.LargeBinary, nullable=False),
    sa.Column("minutes", sa.LargeBinary, nullable=False),
    sa.Column("data", sa.LargeBinary),  # null: too old, only the roll-ups are left
    sa.Index(None, "day", "charger_pk"),
    sqlite_autoincrement=True,
)

session = sa.Table(
    "session",
    metadata,
    _key("pk"),
    sa.Column(
        "charger_pk", sa.ForeignKey("charger.pk", ondelete="CASCADE"), nullable=False
    ),
    sa.Column("start_ms", sa.BigInteger, nullable=False),
    sa.Column("end_ms", sa.BigInteger),
    sa.Column("energy_wh", sa.Float),
    sa.Column("peak_power_w", sa.Float),
    sa.Column("end_reason", sa.String(16)),
    # The reading that ended it, and JSON of brain and energy count then: whoever derives anything again begins there.
    sa.Column("end_boot", sa.BigInteger),
    sa.Column("end_number", sa.BigInteger),
    sa.Column("place", sa.LargeBinary),
    sa.Column("place_ms", sa.BigInteger),
    sa.Column("lesson", sa.LargeBinary),  # JSON of what it taught; null: nothing
    sa.Index(None, "charger_pk", "start_ms"),
    sqlite_autoincrement=True,
)

relay_order = sa.Table(
    "relay_order",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column(
        "charger_pk", sa.ForeignKey("charger.pk", ondelete="CASCADE"), nullable=False
    ),
    sa.Column("relay_on", sa.Boolean, nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("state", sa.String(8), nullable=False),
    sa.Column("reason", sa.String(40)),
    sa.Index(None, "charger_pk", "id"),
)

# What follows is managed over the energy monitoring API (docs/management.md): columns are named and ordered as its JSON is.

location = sa.Table(
    "location",
    metadata,
    _key("id"),
    sa.Column("street", sa.String(32), nullable=False),
    sa.Column("number", sa.String(8), nullable=False),
    sa.Column("city", sa.String(32), nullable=False),
    sa.Column("zip_code", sa.String(6), nullable=False),
    sa.Column("coord_x", sa.Float),
    sa.Column("coord_y", sa.Float),
    sa.Column(
        "user", sa.ForeignKey("user.pk", ondelete="CASCADE"), nullable=False, index=True
    ),
    sa.UniqueConstraint("street", "number", "city"),
    sqlite_autoincrement=True,
)

meter_model = sa.Table(
    "meter_model",
    metadata,
    _key("id"),
    sa.Column("name", sa.String(64), nullable=False, unique=True),
    sa.Column("type", sa.SmallInteger, nullable=False),
    sqlite_autoincrement=True,
)

measurement = sa.Table(
    "measurement",
    metadata,
    sa.Column("measurement", sa.String(64), primary_key=True),
    sa.Column("type", sa.SmallInteger, nullable=False),
)

meter_register = sa.Table(
    "meter_register",
    metadata,
    _key("id"),
    sa.Column("address", sa.Integer, nullable=False),
    sa.Column("unit", sa.String(8)),
    sa.Column("type", sa.SmallInteger, nullable=False),
    sa.Column("function_code", sa.SmallInteger, nullable=False),
    sa.Column(
        "meter", sa.ForeignKey("meter_model.id", ondelete="CASCADE"), nullable=False
    ),
    sa.Column("measurement", sa.ForeignKey("measurement.measurement"), nullable=False),
    # Beyond the contract: how the words of a value lie, and what turns it into its unit.
    sa.Column("signed", sa.Boolean, nullable=False),
    sa.Column("word_order", sa.SmallInteger, nullable=False),
    sa.Column("byte_order", sa.SmallInteger, nullable=False),
    sa.Column("scale", sa.Float, nullable=False),
    sa.Column("offset", sa.Float, nullable=False),
    sa.UniqueConstraint("meter", "measurement"),
    sqlite_autoincrement=True,
)

meter_host = sa.Table(
    "meter_host",
    metadata,
    _key("id"),
    sa.Column("ip", sa.String(64), nullable=False),
    sa.Column("port", sa.Integer, nullable=False),
    sa.Column("slave_address", sa.Integer, nullable=False),
    sa.Column("description", sa.String(128)),
    sa.Column(
        "user", sa.ForeignKey("user.pk", ondelete="CASCADE"), nullable=False, index=True
    ),
    sa.Column("location", sa.ForeignKey("location.id"), nullable=False),
    sa.Column("meter", sa.ForeignKey("meter_model.id"), nullable=False),
    sa.UniqueConstraint("ip", "port", "slave_address"),
    sqlite_autoincrement=True,
)

host_measurement = sa.Table(
    "host_measurement",
    metadata,
    _key("id"),
    sa.Column(
        "host", sa.ForeignKey("meter_host.id", ondelete="CASCADE"), nullable=False
    ),
    sa.Column("measurement", sa.ForeignKey("measurement.measurement"), nullable=False),
    sa.UniqueConstraint("host", "measurement"),
    sqlite_autoincrement=True,
)

# What the contract knows nothing of: how a host is asked, and what else there is to say of a model. No row: as usual.
host_polling = sa.Table(
    "host_polling",
    metadata,
    sa.Column(
        "host", sa.ForeignKey("meter_host.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("interval_s", sa.Float, nullable=False),
    sa.Column(
        "raw_days", sa.Integer
    ),  # how long single readings are kept; null: always
    sa.Column("site_meter", sa.Boolean, nullable=False),
)

model_detail = sa.Table(
    "model_detail",
    metadata,
    sa.Column(
        "meter", sa.ForeignKey("meter_model.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("title", sa.String(100), nullable=False),
    sa.Column("source", sa.String(500), nullable=False),
    sa.Column("longest_read", sa.SmallInteger, nullable=False),
)

# At which location a charger stands.
charger_location = sa.Table(
    "charger_location",
    metadata,
    sa.Column(
        "charger_pk", sa.ForeignKey("charger.pk", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column(
        "location",
        sa.ForeignKey("location.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
)

# What meters have brought, in the order in which it came. A row holds rounds of a few hosts, those of one `portion`, so
# that a portion is packed, and its rows are deleted, in one commit.
meter_log = sa.Table(
    "meter_log",
    metadata,
    _key("pk"),
    sa.Column("portion", sa.SmallInteger, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
    sa.Index(None, "portion"),
    sqlite_autoincrement=True,
)

# Readings of meters for good: the instants at which a host was read, and what each of its measurements was then.
meter_chunk = sa.Table(
    "meter_chunk",
    metadata,
    _key("pk"),
    sa.Column(
        "host", sa.ForeignKey("meter_host.id", ondelete="CASCADE"), nullable=False
    ),
    sa.Column("day", sa.Integer, nullable=False),  # of all its readings, since 1970
    sa.Column("start_ms", sa.BigInteger, nullable=False),
    sa.Column("end_ms", sa.BigInteger, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("times", sa.LargeBinary),  # null: too old, only roll-ups are left
    sa.Index(None, "host", "day"),
    sqlite_autoincrement=True,
)

meter_series = sa.Table(
    "meter_series",
    metadata,
    sa.Column(
        "chunk", sa.ForeignKey("meter_chunk.pk", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("measurement", sa.String(64), primary_key=True),
    sa.Column("quarters", sa.LargeBinary, nullable=False),
    sa.Column("minutes", sa.LargeBinary, nullable=False),
    sa.Column("data", sa.LargeBinary),
)

# How a charger behaves by itself. What the owner chose has a revision of its own, because the command line changes it
# beside a running hub.
charger_mode = sa.Table(
    "charger_mode",
    metadata,
    sa.Column(
        "charger_pk", sa.ForeignKey("charger.pk", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("rev", sa.Integer, nullable=False),
    sa.Column("settings", sa.LargeBinary, nullable=False),  # JSON of modes.ModeSettings
    sa.Column("begun_rev", sa.Integer, nullable=False),  # that the progress belongs to
    sa.Column("progress", sa.LargeBinary),  # JSON of mode.Progress
)

# Each tariff holds from its own time until the next one's.
tariff = sa.Table(
    "tariff",
    metadata,
    sa.Column("from_ms", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column(
        "definition", sa.LargeBinary, nullable=False
    ),  # JSON of tariffs.Definition
)

# What a feed has said, without overlaps.
price = sa.Table(
    "price",
    metadata,
    sa.Column("start_ms", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("end_ms", sa.BigInteger, nullable=False),
    sa.Column("per_kwh", sa.String(24), nullable=False),
)

# What a session has cost; derived, and derived again whenever the session or a price was corrected.
session_cost = sa.Table(
    "session_cost",
    metadata,
    sa.Column(
        "session_pk", sa.ForeignKey("session.pk", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("amount", sa.String(40), nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("priced_wh", sa.Float, nullable=False),
    sa.Column("unpriced_wh", sa.Float, nullable=False),
)

# What hub and board have decided, and why.
decision = sa.Table(
    "decision",
    metadata,
    _key("pk"),
    sa.Column(
        "charger_pk", sa.ForeignKey("charger.pk", ondelete="CASCADE"), nullable=False
    ),
    sa.Column(
        "session_pk", sa.ForeignKey("session.pk", ondelete="CASCADE"), index=True
    ),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("by_board", sa.Boolean, nullable=False),
    sa.Column("detail", sa.LargeBinary, nullable=False),  # JSON of decision.Decision
    sa.Index(None, "charger_pk", "at_ms"),
    sqlite_autoincrement=True,
)

# From when on the sessions of a charger have to be found again: somebody else than the hub has stored readings.
stale = sa.Table(
    "stale",
    metadata,
    sa.Column(
        "charger_pk", sa.ForeignKey("charger.pk", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("since_ms", sa.BigInteger, nullable=False),
)

# Where a charger stands, for whoever looks for the nearest one.
charger_place = sa.Table(
    "charger_place",
    metadata,
    sa.Column(
        "charger_pk", sa.ForeignKey("charger.pk", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("address", sa.String(200), nullable=False),
    sa.Column("longitude", sa.Float, nullable=False),
    sa.Column("latitude", sa.Float, nullable=False),
)

# The server of another kind that a charger is behind.
charger_link = sa.Table(
    "charger_link",
    metadata,
    sa.Column(
        "charger_pk", sa.ForeignKey("charger.pk", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("url", sa.String(300), nullable=False),
    sa.Column("remote_id", sa.String(64), nullable=False),
    sa.Column("token", sa.LargeBinary, nullable=False),  # sealed under the hub's secret
    sa.Column("engine_io", sa.SmallInteger),  # null: to be found out
    sa.Column("released", sa.Boolean, nullable=False),  # a person let go of it
    sa.Column(  # the server has been told so
        "let_go", sa.Boolean, nullable=False, server_default=sa.false()
    ),
    sa.Column("connection", sa.LargeBinary),  # the newest, sealed as the token
)
