"""The log: what every commit brought, in the order in which it came, in one row per commit.

A row holds all messages of its commit, packed together, and beside them the keys of their chargers, so that one
charger's rows are found without unpacking the others'. There is no index: a row is written once, at the end of its
table, and never again. Every so often the table is sealed and a new one begun; the packer turns a sealed one into chunks
and drops it.
"""

from array import array
from collections.abc import Iterator, Sequence
from compression import zstd
from functools import lru_cache
from itertools import batched
import sys
import time

import msgspec
from msgspec import Raw, Struct
import sqlalchemy as sa

from ..model import Conversation, Reading
from .driver import driver
from .schema import segment

_SEAL_LOCK = 0x6B770003

TOGETHER = 256  # messages in one row: whoever looks for one charger unpacks those of the others with it


class Entry(Struct, frozen=True, array_like=True):
    """What one message brought."""

    charger_pk: int
    readings: tuple[Reading, ...] = ()
    conversation: Conversation | None = None
    """Where it left the conversation; None: that is not affected."""


class Outline(Struct, frozen=True, array_like=True):
    """An `Entry` of which only the charger is decoded yet."""

    charger_pk: int
    readings: Raw
    conversation: Raw

    @property
    def measures(self) -> bool:
        """Whether there are any readings."""
        return bytes(self.readings) != _NO_READINGS

    @property
    def tells(self) -> bool:
        """Whether it says where the conversation stands."""
        return bytes(self.conversation) != _NO_CONVERSATION


NEW_CONVERSATION = msgspec.msgpack.encode(Conversation())
_NO_CONVERSATION = msgspec.msgpack.encode(None)
_NO_READINGS = msgspec.msgpack.encode(())
_ENCODER = msgspec.msgpack.Encoder()
_OUTLINES = msgspec.msgpack.Decoder(list[Outline])
decode_readings = msgspec.msgpack.Decoder(tuple[Reading, ...]).decode
decode_conversation = msgspec.msgpack.Decoder(Conversation | None).decode


class Segment(Struct, frozen=True):
    """A table of the log that is there, and how much of it is packed already."""

    pk: int
    passes: int
    """Into how many parts its chargers were divided for packing; 0: packing has not begun."""
    done: int

    def holds(self, charger_pk: int) -> bool:
        """Whether this charger's part must still be read here."""
        return not self.passes or charger_pk % self.passes >= self.done


def append(connection: sa.Connection, entries: Sequence[Entry]) -> None:
    """Write entries to the end of the log, as part of the present commit."""
    raw = driver(connection)
    if connection.dialect.name != "sqlite":
        # Nobody seals the table while this commit runs; and where each conversation stands is in `conversation`.
        raw.execute(f"SELECT pg_advisory_xact_lock_shared({_SEAL_LOCK})")
        entries = [
            Entry(each.charger_pk, each.readings) for each in entries if each.readings
        ]
    found = raw.execute(
        "SELECT max(pk) FROM segment WHERE sealed_ms IS NULL"
    ).fetchone()[0]
    newest = _begin(connection) if found is None else int(found)
    insert = raw.sql(
        f"INSERT INTO log_{newest} (size, chargers, data) VALUES (?,?,?)"  # noqa: S608 -- a number of ours
    )
    for some in batched(entries, TOGETHER, strict=False):
        raw.execute(
            insert,
            (
                sum(len(entry.readings) for entry in some),
                _key(*(entry.charger_pk for entry in some)),
                zstd.compress(_ENCODER.encode(some), 1),
            ),
        )


def seal(connection: sa.Connection) -> None:
    """Let the next commit begin a new table, unless there is nothing in the present one."""
    if connection.dialect.name != "sqlite":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_SEAL_LOCK)))
    for each in segments(connection, sealed=False):
        if connection.execute(sa.select(table(each.pk).c.pk).limit(1)).first():
            connection.execute(
                sa.update(segment)
                .where(segment.c.pk == each.pk)
                .values(sealed_ms=_now_ms())
            )


def segments(connection: sa.Connection, *, sealed: bool | None = None) -> list[Segment]:
    """Return the tables of the log, oldest first: all, or those that get no more entries, or those that do."""
    query = sa.select(segment.c.pk, segment.c.passes, segment.c.done).order_by(
        segment.c.pk
    )
    if sealed is not None:
        query = query.where(segment.c.sealed_ms.is_not(None) == sealed)
    return [Segment(*row) for row in connection.execute(query)]


def outlines(
    connection: sa.Connection, which: Segment, charger_pk: int | None = None
) -> Iterator[Outline]:
    """Yield what was appended, oldest first: everything, or what one charger brought."""
    rows = table(which.pk)
    query = sa.select(rows.c.data).order_by(rows.c.pk)
    if charger_pk is not None:
        if not which.holds(charger_pk):
            return
        query = query.where(_contains(connection, rows.c.chargers, _key(charger_pk)))
    for (data,) in connection.execute(query, execution_options={"yield_per": 64}):
        for outline in _OUTLINES.decode(zstd.decompress(data)):
            if charger_pk is None:
                if which.holds(outline.charger_pk):
                    yield outline
            elif outline.charger_pk == charger_pk:
                yield outline


def readings(connection: sa.Connection, charger_pk: int) -> Iterator[Reading]:
    """Yield what one charger measured that is not packed yet, in the order in which it came."""
    for each in segments(connection):
        for outline in outlines(connection, each, charger_pk):
            yield from decode_readings(outline.readings)


@lru_cache(maxsize=64)
def table(number: int) -> sa.Table:
    """Return the table of the log with this number; it is no part of the schema, since it comes and goes."""
    return sa.Table(
        f"log_{number}",
        sa.MetaData(),
        sa.Column(
            "pk", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True
        ),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("chargers", sa.LargeBinary, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )


def _begin(connection: sa.Connection) -> int:
    result = connection.execute(
        sa.insert(segment).values(begun_ms=_now_ms(), passes=0, done=0)
    )
    key = result.inserted_primary_key
    assert key is not None
    table(key[0]).create(connection)
    return int(key[0])


def _key(*charger_pks: int) -> bytes:
    """Four bytes each. What is found between two of them is told apart once it is unpacked."""
    keys = array("I", charger_pks)
    if sys.byteorder == "big":
        keys.byteswap()
    return keys.tobytes()


def _contains(
    connection: sa.Connection, column: sa.Column[bytes], key: bytes
) -> sa.ColumnElement[bool]:
    needle = sa.literal(key, sa.LargeBinary)
    if connection.dialect.name == "sqlite":
        return sa.func.instr(column, needle) > 0
    return sa.func.position(needle.op("IN")(column)) > 0


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
