"""Where a charger stands: all that the hub needs to go on with it, out of its rows and of what the log holds beside them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Raw
import sqlalchemy as sa

from ..model import (
    ChargerSettings,
    Conversation,
    Kind,
    LegacyFormat,
    Order,
    OrderState,
    Reading,
    SessionRecord,
)
from ..watch import Watch
from . import log
from .counts import decode_watch
from .history import record_from
from .log import Outline
from .newest import newest
from .schema import conversation, relay_order, session

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
    watch: Watch
    """What the guards have counted, as far as it was written down."""
    revision: int
    """How often another hub, or this one, has spoken for it; PostgreSQL only."""


class Fresh:
    """What the log holds of each charger that counts at the start: where the conversation stands, and readings."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.talks: dict[int, Raw] = {}
        self.readings: dict[int, list[Raw]] = {}

    def take(self, outlines: Iterable[Outline]) -> None:
        """Add what is in these, oldest first."""
        for each in outlines:
            if each.tells:
                self.talks[each.charger_pk] = each.conversation.copy()
            if each.measures:
                self.readings.setdefault(each.charger_pk, []).append(
                    each.readings.copy()
                )


def read(
    connection: sa.Connection, row: sa.Row[tuple[object, ...]], fresh: Fresh
) -> StoredCharger:
    """Read what belongs to one row of `charger`."""

    def first(
        query: sa.Select[tuple[object, ...]],
    ) -> sa.Row[tuple[object, ...]] | None:
        return connection.execute(query.limit(1)).first()

    there = _there(connection, row.pk)
    talk = _talk(connection, row.pk, there.state, fresh)
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
        reading=_measured(row, there.reading, talk, fresh),
        record=None if last is None else record_from(last),
        ended=None if ended is None else record_from(ended),
        order=None if order is None else _order(row.id, order),
        watch=decode_watch(there.watch),
        revision=there.revision,
    )


def _there(
    connection: sa.Connection, charger_pk: int
) -> sa.Row[tuple[int, bytes, bytes | None, bytes | None]]:
    return connection.execute(
        sa.select(
            conversation.c.revision,
            conversation.c.state,
            conversation.c.reading,
            conversation.c.watch,
        ).where(conversation.c.charger_pk == charger_pk)
    ).one()


def _talk(
    connection: sa.Connection, charger_pk: int, state: bytes, fresh: Fresh
) -> Conversation:
    """Return where the conversation stands."""
    if connection.dialect.name == "sqlite":  # elsewhere the row is the newest itself
        return _decode_talk(fresh.talks.get(charger_pk, state))
    return _decode_talk(state)


def _measured(
    row: sa.Row[tuple[object, ...]],
    packed: bytes | None,
    talk: Conversation,
    fresh: Fresh,
) -> Reading | None:
    """Return the newest reading."""
    readings = [
        each
        for some in fresh.readings.get(row.pk, ())
        for each in log.decode_readings(some)
    ]
    if packed is not None:
        readings.append(_decode_reading(packed))
    return newest(Kind(row.kind), talk.last_seen_ms, readings)


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
