"""Readings in a log and in chunks, instead of a row each.

Revision: 0003, after 0002
"""

from collections.abc import Iterator
from itertools import batched, groupby

from alembic import op
import msgspec
import sqlalchemy as sa

from kickwatt_hub.model import Conversation, Kind, Position, Reading, Said
from kickwatt_hub.store import chunks, log
from kickwatt_hub.store.newest import newest

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TOGETHER = 1000  # rows in one statement
_encode = msgspec.msgpack.Encoder().encode


def _key(name: str = "pk") -> sa.Column[int]:
    return sa.Column(
        name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
    )


def upgrade() -> None:
    """Apply it."""
    connection = op.get_bind()
    talks = [
        (row.charger_pk, _talk(row))
        for row in connection.execute(sa.text("SELECT * FROM conversation"))
    ]
    op.add_column("charger", sa.Column("raw_days", sa.Integer(), nullable=True))
    segment = op.create_table(
        "segment",
        _key(),
        sa.Column("begun_ms", sa.BigInteger(), nullable=False),
        sa.Column("sealed_ms", sa.BigInteger(), nullable=True),
        sa.Column("passes", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_segment")),
        sqlite_autoincrement=True,
    )
    assert segment is not None
    chunk = op.create_table(
        "chunk",
        _key(),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("charger_pk", sa.BigInteger(), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("end_ms", sa.BigInteger(), nullable=False),
        sa.Column("first_boot", sa.BigInteger(), nullable=False),
        sa.Column("first_number", sa.BigInteger(), nullable=False),
        sa.Column("last_boot", sa.BigInteger(), nullable=False),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("quarters", sa.LargeBinary(), nullable=False),
        sa.Column("minutes", sa.LargeBinary(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_chunk")),
        sqlite_autoincrement=True,
    )
    assert chunk is not None
    op.create_index(
        op.f("ix_chunk_day_charger_pk"), "chunk", ["day", "charger_pk"], unique=False
    )
    op.drop_table("conversation")
    conversation = op.create_table(
        "conversation",
        _key("charger_pk"),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("reading", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["charger_pk"],
            ["charger.pk"],
            name=op.f("fk_conversation_charger_pk"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("charger_pk", name=op.f("pk_conversation")),
    )
    assert conversation is not None
    known = dict(talks)
    for row in connection.execute(sa.text("SELECT pk, kind FROM charger")).all():
        talk = known.get(row.pk, Conversation())
        last: Reading | None = None
        for _, day in groupby(_old(connection, row.pk), _day):
            readings = list(day)
            connection.execute(
                sa.insert(chunk),
                [
                    msgspec.structs.asdict(each)
                    for each in chunks.pack(row.pk, readings)
                ],
            )
            if last is not None:
                readings.append(last)
            last = newest(Kind(row.kind), talk.last_seen_ms, readings)
        connection.execute(
            sa.insert(conversation).values(
                charger_pk=row.pk,
                revision=0,
                state=_encode(talk),
                reading=None if last is None else _encode(last),
            )
        )
    op.drop_index(op.f("ix_reading_charger_pk_time_ms"), "reading")
    op.drop_table("reading")


def _day(reading: Reading) -> int:
    return reading.time_ms // chunks.DAY_MS


def _old(connection: sa.Connection, pk: int) -> Iterator[Reading]:
    """Yield the readings as they were stored before, by time."""
    rows = connection.execute(
        sa.text("SELECT * FROM reading WHERE charger_pk=:pk ORDER BY time_ms"),
        {"pk": pk},
        execution_options={"yield_per": _TOGETHER},
    )
    for row in rows:
        yield Reading(
            position=Position(row.boot, row.number),
            time_ms=row.time_ms,
            relay_on=None if row.relay_on is None else bool(row.relay_on),
            voltage_v=_unscaled(row.voltage_dv, 10),
            current_a=_unscaled(row.current_ma, 1000),
            power_w=_unscaled(row.power_dw, 10),
            power_factor=_unscaled(row.power_factor_pct, 100),
            meter_wh=row.meter_wh,
            energy_wh=row.energy_wh,
        )


def _talk(row: sa.Row[tuple[object, ...]]) -> Conversation:
    return Conversation(
        boot=row.boot,
        seq=row.seq,
        number=row.number,
        mac=row.mac and row.mac[:8],
        reply=_unsealed(row.reply),
        interval_s=row.interval_s,
        last_seen_ms=row.last_seen_ms,
        said=None
        if row.said is None
        else Said(**msgspec.json.decode(row.said, type=dict)),
        energy_wh=row.energy_wh,
        meter_wh=row.meter_wh,
        desired_on=None if row.desired_on is None else bool(row.desired_on),
    )


def _unsealed(reply: bytes | None) -> bytes | None:
    """Return a reply's JSON alone; the seal is set anew."""
    sealed = reply is not None and reply[64:65] == b"\n"
    return reply[65:] if reply is not None and sealed else reply


def _unscaled(value: int | None, factor: int) -> float | None:
    return None if value is None else value / factor


def downgrade() -> None:
    """Take it back."""
    connection = op.get_bind()
    talks = _talks(connection)
    op.drop_table("conversation")
    conversation = op.create_table(
        "conversation",
        _key("charger_pk"),
        sa.Column("boot", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=True),
        sa.Column("reply", sa.LargeBinary(), nullable=True),
        sa.Column("interval_s", sa.Integer(), nullable=False),
        sa.Column("last_seen_ms", sa.BigInteger(), nullable=True),
        sa.Column("said", sa.LargeBinary(), nullable=True),
        sa.Column("energy_wh", sa.Float(), nullable=True),
        sa.Column("meter_wh", sa.BigInteger(), nullable=True),
        sa.Column("desired_on", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["charger_pk"],
            ["charger.pk"],
            name=op.f("fk_conversation_charger_pk"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("charger_pk", name=op.f("pk_conversation")),
    )
    assert conversation is not None
    for pk, talk in talks.items():
        said = talk.said and msgspec.json.encode(msgspec.structs.asdict(talk.said))
        row = msgspec.structs.asdict(talk) | {"said": said, "charger_pk": pk}
        del row["newest_ms"]
        connection.execute(sa.insert(conversation).values(row))
    reading = op.create_table(
        "reading",
        sa.Column("charger_pk", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("boot", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("time_ms", sa.BigInteger(), nullable=False),
        sa.Column("relay_on", sa.Boolean(), nullable=True),
        sa.Column("voltage_dv", sa.Integer(), nullable=True),
        sa.Column("current_ma", sa.Integer(), nullable=True),
        sa.Column("power_dw", sa.Integer(), nullable=True),
        sa.Column("power_factor_pct", sa.Integer(), nullable=True),
        sa.Column("meter_wh", sa.BigInteger(), nullable=True),
        sa.Column("energy_wh", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint(
            "charger_pk", "boot", "number", name=op.f("pk_reading")
        ),
        sqlite_with_rowid=False,
    )
    assert reading is not None
    op.create_index(
        op.f("ix_reading_charger_pk_time_ms"),
        "reading",
        ["charger_pk", "time_ms"],
        unique=False,
    )
    for some in batched(_packed(connection), _TOGETHER, strict=False):
        connection.execute(sa.insert(reading), [_row(*each) for each in some])
    for each in log.segments(connection):
        log.table(each.pk).drop(connection)
    op.drop_table("segment")
    op.drop_index(op.f("ix_chunk_day_charger_pk"), "chunk")
    op.drop_table("chunk")
    with op.batch_alter_table("charger") as batch_op:
        batch_op.drop_column("raw_days")


def _talks(connection: sa.Connection) -> dict[int, Conversation]:
    decode = msgspec.msgpack.Decoder(Conversation).decode
    talks = {
        row.charger_pk: decode(row.state)
        for row in connection.execute(sa.text("SELECT * FROM conversation"))
    }
    for each in log.segments(connection):
        for outline in log.outlines(connection, each):
            talk = log.decode_conversation(outline.conversation)
            if talk is not None:
                talks[outline.charger_pk] = talk
    return talks


def _packed(connection: sa.Connection) -> Iterator[tuple[int, Reading]]:
    rows = connection.execute(
        sa.text("SELECT charger_pk, data, size FROM chunk WHERE data IS NOT NULL"),
        execution_options={"yield_per": 10},
    )
    for row in rows:
        for each in chunks.unpack_readings(row.data, row.size):
            yield row.charger_pk, each
    for segment in log.segments(connection):
        for outline in log.outlines(connection, segment):
            for each in log.decode_readings(outline.readings):
                yield outline.charger_pk, each


def _row(pk: int, each: Reading) -> dict[str, object]:
    def scaled(value: float | None, factor: int) -> int | None:
        return None if value is None else round(value * factor)

    return {
        "charger_pk": pk,
        "boot": each.position.boot,
        "number": each.position.number,
        "time_ms": each.time_ms,
        "relay_on": each.relay_on,
        "voltage_dv": scaled(each.voltage_v, 10),
        "current_ma": scaled(each.current_a, 1000),
        "power_dw": scaled(each.power_w, 10),
        "power_factor_pct": scaled(each.power_factor, 100),
        "meter_wh": each.meter_wh,
        "energy_wh": each.energy_wh,
    }
