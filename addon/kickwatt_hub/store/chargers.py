"""Chargers, and the conversation with each."""

from collections.abc import Sequence
from dataclasses import dataclass
import sqlite3

import msgspec
import sqlalchemy as sa

from ..model import (
    CLOCK_AHEAD_MS,
    ChargerSettings,
    Conversation,
    Delivery,
    Kind,
    LegacyFormat,
    Order,
    OrderState,
    Reading,
    Said,
    Session,
    SessionRecord,
)
from .errors import AlreadyThereError, NotThereError
from .history import reading_from, reading_row, record_from, session_row
from .reader import Reader
from .schema import charger, conversation, hub, reading, relay_order, session
from .writer import Writer, driver, new_key

SWEEP = (
    20_000  # readings deleted per commit, so that removing a charger holds nobody up
)

_SAID = msgspec.json.Decoder(Said)

# The hot path: one message of one board. Everything else goes through SQLAlchemy's expressions.
_UPSERT_CONVERSATION = """
INSERT INTO conversation (charger_pk, boot, seq, number, mac, reply, interval_s, last_seen_ms, said, energy_wh,
                          meter_wh, desired_on)
VALUES (?,?,?,?,?,?,?,?,?,?,?,?)
ON CONFLICT (charger_pk) DO UPDATE SET
  boot=excluded.boot, seq=excluded.seq, number=excluded.number, mac=excluded.mac, reply=excluded.reply,
  interval_s=excluded.interval_s, last_seen_ms=excluded.last_seen_ms, said=excluded.said,
  energy_wh=excluded.energy_wh, meter_wh=excluded.meter_wh, desired_on=excluded.desired_on
"""
_INSERT_READING = """
INSERT INTO reading (charger_pk, boot, number, time_ms, relay_on, voltage_dv, current_ma, power_dw,
                     power_factor_pct, meter_wh, energy_wh)
VALUES (?,?,?,?,?,?,?,?,?,?,?)
"""


@dataclass(frozen=True, slots=True)
class StoredCharger:
    """A charger with everything that the hub needs to go on with it."""

    pk: int
    id: str
    name: str
    kind: Kind
    simulated: bool
    key: bytes
    """Sealed under the hub's secret."""
    settings: ChargerSettings
    settings_rev: int
    legacy: LegacyFormat
    profile: bytes | None
    conversation: Conversation
    reading: Reading | None
    """The newest."""
    record: SessionRecord | None
    """The newest session."""
    ended: SessionRecord | None
    """The newest session that has ended."""
    order: Order | None
    """The newest."""


@dataclass(frozen=True, slots=True)
class NewCharger:
    """What is needed to add one."""

    id: str
    name: str
    kind: Kind
    simulated: bool
    key: bytes
    legacy: LegacyFormat
    created_ms: int


class Chargers:
    """The chargers of this hub."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        """Both belong to the store."""
        self._writer = writer
        self._reader = reader

    async def last_order(self) -> int:
        """Return the highest id that an order ever had."""
        return await self._reader.ask(
            lambda connection: connection.execute(
                sa.select(hub.c.last_order)
            ).scalar_one()
        )

    async def all(self) -> list[StoredCharger]:
        """Return every charger with its newest reading, session and order."""
        query = sa.select(charger).order_by(charger.c.pk)
        return await self._reader.ask(
            lambda connection: [
                _load(connection, row) for row in connection.execute(query).all()
            ]
        )

    async def keys(self) -> dict[int, tuple[str, int]]:
        """Return name and settings' revision of every charger by its pk, to see cheaply what changed."""
        query = sa.select(charger.c.pk, charger.c.name, charger.c.settings_rev)
        return await self._reader.ask(
            lambda connection: {
                row.pk: (row.name, row.settings_rev)
                for row in connection.execute(query)
            }
        )

    async def one(self, pk: int) -> StoredCharger | None:
        """Return one charger."""

        def question(connection: sa.Connection) -> StoredCharger | None:
            row = connection.execute(
                sa.select(charger).where(charger.c.pk == pk)
            ).first()
            return None if row is None else _load(connection, row)

        return await self._reader.ask(question)

    async def add(self, new: NewCharger) -> int:
        """Add a charger and return its pk. Raises AlreadyThereError."""
        return await self._writer.run(lambda connection: _add(connection, new))

    async def add_all(self, new: Sequence[NewCharger]) -> None:
        """Add many chargers, all or none. Raises AlreadyThereError."""

        def job(connection: sa.Connection) -> None:
            for each in new:
                _add(connection, each)

        await self._writer.run(job)

    async def change(
        self, pk: int, name: str, settings: ChargerSettings, settings_rev: int
    ) -> None:
        """Store a charger's name and settings. Raises NotThereError."""

        def job(connection: sa.Connection) -> None:
            changed = connection.execute(
                sa.update(charger)
                .where(charger.c.pk == pk)
                .values(
                    name=name,
                    settings_rev=settings_rev,
                    **msgspec.structs.asdict(settings),
                )
            )
            if not changed.rowcount:
                raise NotThereError("This charger was removed.")

        await self._writer.run(job)

    async def remove(self, charger_id: str) -> None:
        """Remove a charger and all that it ever measured. Raises NotThereError."""

        def job(connection: sa.Connection) -> None:
            if not connection.execute(
                sa.delete(charger).where(charger.c.id == charger_id)
            ).rowcount:
                raise NotThereError(f"There is no charger {charger_id}.")

        await self._writer.run(job)
        await self.sweep()

    async def sweep(self) -> None:
        """Delete the readings of chargers that were removed, a slice per commit."""
        while await self._writer.run(_sweep):
            pass

    async def deliver(self, delivery: Delivery) -> tuple[Session, ...]:
        """Store all of it, or nothing; return its sessions with their ids. Raises NotThereError."""

        def job(connection: sa.Connection) -> tuple[Session, ...]:
            raw = driver(connection)
            try:
                raw.execute(
                    _UPSERT_CONVERSATION,
                    (delivery.charger_pk, *_conversation_row(delivery.conversation)),
                )
            except sqlite3.IntegrityError as error:
                raise NotThereError("This charger was removed.") from error
            raw.executemany(
                _INSERT_READING,
                [reading_row(delivery.charger_pk, each) for each in delivery.readings],
            )
            for order in delivery.orders:
                _save_order(connection, delivery.charger_pk, order)
            if delivery.profile is not None:
                connection.execute(
                    sa.update(charger)
                    .where(charger.c.pk == delivery.charger_pk)
                    .values(profile=delivery.profile)
                )
            return tuple(
                _save_session(connection, delivery.charger_pk, record)
                for record in delivery.sessions
            )

        return await self._writer.run(job)


def _load(connection: sa.Connection, row: sa.Row[tuple[object, ...]]) -> StoredCharger:
    """Read what belongs to one row of `charger`."""

    def newest(
        query: sa.Select[tuple[object, ...]],
    ) -> sa.Row[tuple[object, ...]] | None:
        return connection.execute(query.limit(1)).first()

    talk = newest(sa.select(conversation).where(conversation.c.charger_pk == row.pk))
    measured = newest(_newest_reading(row, talk))
    sessions = (
        sa.select(session)
        .where(session.c.charger_pk == row.pk)
        .order_by(session.c.pk.desc())
    )
    last = newest(sessions)
    ended = newest(sessions.where(session.c.end_ms.is_not(None)))
    order = newest(
        sa.select(relay_order)
        .where(relay_order.c.charger_pk == row.pk)
        .order_by(relay_order.c.id.desc())
    )
    return StoredCharger(
        pk=row.pk,
        id=row.id,
        name=row.name,
        kind=Kind(row.kind),
        simulated=row.simulated,
        key=row.key,
        settings=ChargerSettings(
            cutoff_w=row.cutoff_w,
            hold_s=row.hold_s,
            max_hours=row.max_hours,
            max_wh=row.max_wh,
            max_a=row.max_a,
        ),
        settings_rev=row.settings_rev,
        legacy=LegacyFormat(
            ampere_unit=row.ampere_unit,
            utc_offset_min=row.utc_offset_min,
            power_factor=row.power_factor,
        ),
        profile=row.profile,
        conversation=Conversation() if talk is None else _conversation(talk),
        reading=None if measured is None else reading_from(measured),
        record=None if last is None else record_from(last),
        ended=None if ended is None else record_from(ended),
        order=None if order is None else _order(row.id, order),
    )


def _newest_reading(
    row: sa.Row[tuple[object, ...]], talk: sa.Row[tuple[object, ...]] | None
) -> sa.Select[tuple[object, ...]]:
    """Select the reading that the charger shows: the last by its own order, or by its clock where it has none."""
    query = sa.select(reading).where(reading.c.charger_pk == row.pk)
    if row.kind != Kind.legacy:
        return query.order_by(reading.c.boot.desc(), reading.c.number.desc())
    until_ms = (talk.last_seen_ms if talk else 0) + CLOCK_AHEAD_MS
    return query.where(reading.c.time_ms <= until_ms).order_by(reading.c.time_ms.desc())


def _conversation(row: sa.Row[tuple[object, ...]]) -> Conversation:
    return Conversation(
        boot=row.boot,
        seq=row.seq,
        number=row.number,
        mac=row.mac,
        reply=row.reply,
        interval_s=row.interval_s,
        last_seen_ms=row.last_seen_ms,
        said=None if row.said is None else _SAID.decode(row.said),
        energy_wh=row.energy_wh,
        meter_wh=row.meter_wh,
        desired_on=row.desired_on,
    )


def _conversation_row(talk: Conversation) -> tuple[object, ...]:
    return (
        talk.boot,
        talk.seq,
        talk.number,
        talk.mac,
        talk.reply,
        talk.interval_s,
        talk.last_seen_ms,
        None if talk.said is None else msgspec.json.encode(talk.said),
        talk.energy_wh,
        talk.meter_wh,
        talk.desired_on,
    )


def _order(charger_id: str, row: sa.Row[tuple[object, ...]]) -> Order:
    return Order(
        id=row.id,
        charger_id=charger_id,
        relay_on=row.relay_on,
        created_ms=row.created_ms,
        state=OrderState(row.state),
        reason=row.reason,
    )


def _save_order(connection: sa.Connection, charger_pk: int, order: Order) -> None:
    changed = connection.execute(
        sa.update(relay_order)
        .where(relay_order.c.id == order.id)
        .values(state=str(order.state), reason=order.reason)
    )
    if changed.rowcount:
        return
    connection.execute(
        sa.insert(relay_order).values(
            id=order.id,
            charger_pk=charger_pk,
            relay_on=order.relay_on,
            created_ms=order.created_ms,
            state=str(order.state),
            reason=order.reason,
        )
    )
    connection.execute(
        sa.update(hub).where(hub.c.last_order < order.id).values(last_order=order.id)
    )


def _save_session(
    connection: sa.Connection, charger_pk: int, record: SessionRecord
) -> Session:
    values = session_row(record)
    if record.session.id:
        connection.execute(
            sa.update(session).where(session.c.pk == record.session.id).values(values)
        )
        return record.session
    result = connection.execute(
        sa.insert(session).values(charger_pk=charger_pk, **values)
    )
    return msgspec.structs.replace(record.session, id=new_key(result))


def _sweep(connection: sa.Connection) -> bool:
    """Delete one slice; whether there may be more."""
    orphan = connection.execute(
        sa.select(reading.c.charger_pk)
        .distinct()
        .where(reading.c.charger_pk.not_in(sa.select(charger.c.pk)))
        .limit(1)
    ).scalar()
    if orphan is None:
        return False
    slice_ = (
        sa.select(reading.c.boot, reading.c.number)
        .where(reading.c.charger_pk == orphan)
        .limit(SWEEP)
    )
    connection.execute(
        sa.delete(reading).where(
            reading.c.charger_pk == orphan,
            sa.tuple_(reading.c.boot, reading.c.number).in_(slice_),
        )
    )
    return True


def _add(connection: sa.Connection, new: NewCharger) -> int:
    if connection.execute(
        sa.select(charger.c.pk).where(charger.c.id == new.id)
    ).first():
        raise AlreadyThereError(f"There is a charger {new.id} already.")
    result = connection.execute(
        sa.insert(charger).values(
            id=new.id,
            name=new.name,
            kind=str(new.kind),
            simulated=new.simulated,
            key=new.key,
            created_ms=new.created_ms,
            settings_rev=0,
            ampere_unit=new.legacy.ampere_unit,
            utc_offset_min=new.legacy.utc_offset_min,
            power_factor=new.legacy.power_factor,
            **msgspec.structs.asdict(ChargerSettings()),
        )
    )
    return new_key(result)
