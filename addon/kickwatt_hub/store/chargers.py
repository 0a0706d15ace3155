"""Chargers, and the conversation with each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Raw
import sqlalchemy as sa

from ..model import (
    ChargerSettings,
    Conversation,
    Delivery,
    Kind,
    LegacyFormat,
    Order,
    OrderState,
    Reading,
    Session,
    SessionRecord,
)
from . import log
from .admission import Claim
from .errors import AlreadyThereError, NotThereError, SupersededError
from .history import record_from, session_row
from .insights import mark_stale, save_insights
from .links import Link
from .log import Entry, Outline
from .newest import newest
from .reader import Reader
from .schema import (
    charger,
    charger_link,
    chunk,
    conversation,
    hub,
    relay_order,
    session,
)
from .writer import Writer, erasing, new_key

SWEEP = 200  # chunks deleted per commit, so that removing a charger holds nobody up

_decode_talk = msgspec.msgpack.Decoder(Conversation).decode
_decode_reading = msgspec.msgpack.Decoder(Reading).decode


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
    """The newest session that has ended in a known place."""
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
    link: Link | None = None


class Chargers:
    """The chargers of this hub."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        """Both belong to the store."""
        self._writer = writer
        self._reader = reader
        self._revisions: dict[int, int] = {}

    async def last_order(self) -> int:
        """Return the highest id that an order ever had."""
        return await self._reader.ask(
            lambda connection: connection.execute(
                sa.select(hub.c.last_order)
            ).scalar_one()
        )

    async def with_pending_orders(self) -> set[int]:
        """Return the pks of chargers with an order that waits for its answer."""
        query = sa.select(relay_order.c.charger_pk).where(
            relay_order.c.state == str(OrderState.pending)
        )
        return await self._reader.ask(
            lambda connection: set(connection.execute(query).scalars())
        )

    async def all(self) -> list[StoredCharger]:
        """Return every charger with its newest reading, session and order."""

        def question(connection: sa.Connection) -> list[StoredCharger]:
            query = (
                sa.select(charger)
                .where(charger.c.retired_ms.is_(None))
                .order_by(charger.c.pk)
            )
            fresh = _Fresh()
            for each in log.segments(connection):
                fresh.take(log.outlines(connection, each))
            return [
                self._load(connection, row, fresh)
                for row in connection.execute(query).all()
            ]

        return await self._reader.ask(question)

    async def keys(self) -> dict[int, tuple[str, int, bytes]]:
        """Return name, settings' revision and sealed key of every charger by its pk, to see cheaply what changed."""
        query = sa.select(
            charger.c.pk, charger.c.name, charger.c.settings_rev, charger.c.key
        ).where(charger.c.retired_ms.is_(None))
        return await self._reader.ask(
            lambda connection: {
                row.pk: (row.name, row.settings_rev, row.key)
                for row in connection.execute(query)
            }
        )

    async def one(self, pk: int) -> StoredCharger | None:
        """Return one charger."""

        def question(connection: sa.Connection) -> StoredCharger | None:
            row = connection.execute(
                sa.select(charger).where(charger.c.pk == pk)
            ).first()
            if row is None:
                return None
            fresh = _Fresh()
            for each in log.segments(connection):
                fresh.take(log.outlines(connection, each, pk))
            return self._load(connection, row, fresh)

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

    async def rekey(self, charger_id: str, key: bytes) -> None:
        """Store another sealed key of a charger. Raises NotThereError."""

        def job(connection: sa.Connection) -> None:
            with erasing(connection):
                changed = connection.execute(
                    sa.update(charger)
                    .where(charger.c.id == charger_id, charger.c.retired_ms.is_(None))
                    .values(key=key)
                )
            if not changed.rowcount:
                raise NotThereError(f"There is no charger {charger_id}.")

        await self._writer.run(job)

    async def remove(self, charger_id: str) -> None:
        """Remove a charger and all that it ever measured. Raises NotThereError."""

        def job(connection: sa.Connection) -> None:
            with erasing(connection):
                gone = connection.execute(
                    sa.delete(charger).where(charger.c.id == charger_id)
                )
            if not gone.rowcount:
                raise NotThereError(f"There is no charger {charger_id}.")

        await self._writer.run(job)
        await self.sweep()

    async def keep(self, charger_id: str, raw_days: int | None) -> None:
        """Say how many days single readings are kept; None: always. Raises NotThereError."""

        def job(connection: sa.Connection) -> None:
            changed = connection.execute(
                sa.update(charger)
                .where(charger.c.id == charger_id)
                .values(raw_days=raw_days)
            )
            if not changed.rowcount:
                raise NotThereError(f"There is no charger {charger_id}.")

        await self._writer.run(job)

    async def raw_days(self, charger_id: str) -> int | None:
        """Return how many days single readings are kept; None: always. Raises NotThereError."""
        query = sa.select(charger.c.raw_days).where(charger.c.id == charger_id)

        def question(connection: sa.Connection) -> int | None:
            row = connection.execute(query).first()
            if row is None:
                raise NotThereError(f"There is no charger {charger_id}.")
            days: int | None = row.raw_days
            return days

        return await self._reader.ask(question)

    async def sweep(self) -> None:
        """Delete the chunks of chargers that were removed, a slice per commit."""
        while await self._writer.run(_sweep):
            pass

    async def deliver(self, delivery: Delivery) -> tuple[Session, ...]:
        """Store all of it, or nothing; return its sessions with their ids.

        Raises NotThereError, and SupersededError where another hub has stored something since this charger was read.
        """
        pk = delivery.charger_pk
        revision = self._revisions.get(pk, 0)
        claim = Claim(Entry(pk, delivery.readings, delivery.conversation), revision)
        sessions: tuple[Session, ...] = ()
        if _has_more(delivery):
            sessions = await self._writer.append_and_run(
                claim, lambda connection: _save_rest(connection, delivery)
            )
        else:
            await self._writer.append(claim)
        self._revisions[pk] = revision + 1
        return sessions

    async def add_readings(
        self, charger_pk: int, readings: tuple[Reading, ...]
    ) -> None:
        """Store readings that are no part of the conversation, and let the hub find their charges.

        Raises NotThereError.
        """
        since_ms = min(each.time_ms for each in readings)
        await self._writer.append_and_run(
            Claim(Entry(charger_pk, readings)),
            lambda connection: mark_stale(connection, charger_pk, since_ms),
        )

    def _load(
        self,
        connection: sa.Connection,
        row: sa.Row[tuple[object, ...]],
        fresh: _Fresh,
    ) -> StoredCharger:
        """Read what belongs to one row of `charger`."""

        def first(
            query: sa.Select[tuple[object, ...]],
        ) -> sa.Row[tuple[object, ...]] | None:
            return connection.execute(query.limit(1)).first()

        talk, revision, measured = _stand(connection, row, fresh)
        sessions = (
            sa.select(session)
            .where(session.c.charger_pk == row.pk)
            .order_by(*_newest_session(Kind(row.kind)))
        )
        last = first(sessions)
        ended = first(
            sessions.where(session.c.end_ms.is_not(None), session.c.place.is_not(None))
        )
        order = first(
            sa.select(relay_order)
            .where(relay_order.c.charger_pk == row.pk)
            .order_by(relay_order.c.id.desc())
        )
        self._revisions[row.pk] = revision
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
                rule=row.rule,
                balance_min=row.balance_min,
            ),
            settings_rev=row.settings_rev,
            legacy=LegacyFormat(
                ampere_unit=row.ampere_unit,
                utc_offset_min=row.utc_offset_min,
                power_factor=row.power_factor,
            ),
            profile=row.profile,
            conversation=talk,
            reading=measured,
            record=None if last is None else record_from(last),
            ended=None if ended is None else record_from(ended),
            order=None if order is None else _order(row.id, order),
        )


class _Fresh:
    """What the log holds of each charger that counts at the start: where the conversation stands, and readings."""

    def __init__(self) -> None:
        self.talks: dict[int, Raw] = {}
        self.readings: dict[int, list[Raw]] = {}

    def take(self, outlines: Iterable[Outline]) -> None:
        for each in outlines:
            if each.tells:
                self.talks[each.charger_pk] = each.conversation.copy()
            if each.measures:
                self.readings.setdefault(each.charger_pk, []).append(
                    each.readings.copy()
                )


def _stand(
    connection: sa.Connection, row: sa.Row[tuple[object, ...]], fresh: _Fresh
) -> tuple[Conversation, int, Reading | None]:
    """Return where the conversation stands, its revision, and the newest reading."""
    stored = connection.execute(
        sa.select(
            conversation.c.revision, conversation.c.state, conversation.c.reading
        ).where(conversation.c.charger_pk == row.pk)
    ).first()
    assert stored is not None
    state = stored.state
    if connection.dialect.name == "sqlite":  # elsewhere the row is the newest itself
        state = fresh.talks.get(row.pk, state)
    talk = _decode_talk(state)
    readings = [
        each
        for some in fresh.readings.get(row.pk, ())
        for each in log.decode_readings(some)
    ]
    if stored.reading is not None:
        readings.append(_decode_reading(stored.reading))
    measured = newest(Kind(row.kind), talk.last_seen_ms, readings)
    return talk, stored.revision, measured


def _save_rest(connection: sa.Connection, delivery: Delivery) -> tuple[Session, ...]:
    """Store what is not in the log; return the sessions with their ids."""
    for order in delivery.orders:
        _save_order(connection, delivery.charger_pk, order)
    if delivery.profile is not None:
        connection.execute(
            sa.update(charger)
            .where(charger.c.pk == delivery.charger_pk)
            .values(profile=delivery.profile)
        )
    sessions = tuple(
        _save_session(connection, delivery.charger_pk, record)
        for record in delivery.sessions
    )
    save_insights(connection, delivery, sessions)
    return sessions


def _has_more(delivery: Delivery) -> bool:
    """Is there anything in it that does not belong into the log?"""
    return (
        bool(delivery.orders or delivery.sessions or delivery.decisions)
        or delivery.profile is not None
        or delivery.corrected_from_ms is not None
    )


def _newest_session(kind: Kind) -> tuple[sa.UnaryExpression[Any], ...]:
    """Order sessions by the readings in them, the newest first: late ones are stored after newer ones.

    A board numbers its readings, so that they have an order also after a clock was set; in the seed's format there is only
    the time.
    """
    running = session.c.end_ms.is_(None).desc()
    if not kind.numbers_its_readings:
        return running, session.c.start_ms.desc(), session.c.pk.desc()
    return (
        running,
        sa.func.coalesce(session.c.end_boot, -1).desc(),
        sa.func.coalesce(session.c.end_number, -1).desc(),
        session.c.pk.desc(),
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
        .where(relay_order.c.id == order.id, relay_order.c.charger_pk == charger_pk)
        .values(state=str(order.state), reason=order.reason)
    )
    if changed.rowcount:
        return
    try:
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
    except sa.exc.IntegrityError:
        raise SupersededError("Another hub has given an order this id.") from None
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
    orphans = (
        sa.select(chunk.c.pk)
        .where(chunk.c.charger_pk.not_in(sa.select(charger.c.pk)))
        .limit(SWEEP)
    )
    gone = connection.execute(sa.delete(chunk).where(chunk.c.pk.in_(orphans)))
    return gone.rowcount == SWEEP


def _add(connection: sa.Connection, new: NewCharger) -> int:
    taken = connection.execute(
        sa.select(charger.c.retired_ms).where(charger.c.id == new.id)
    ).first()
    if taken is not None and taken.retired_ms is not None:
        raise AlreadyThereError(
            f"The charger {new.id} was removed, but its history is kept: bring it back, or remove that too."
        )
    if taken is not None:
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
    pk = new_key(result)
    connection.execute(
        sa.insert(conversation).values(
            charger_pk=pk, revision=0, state=log.NEW_CONVERSATION
        )
    )
    if new.link is not None:
        connection.execute(
            sa.insert(charger_link).values(
                charger_pk=pk, **msgspec.structs.asdict(new.link)
            )
        )
    return pk
