"""What a message or an order changes beside the log: orders, sessions, decisions, what was learned."""

import msgspec
import sqlalchemy as sa

from ..model import Delivery, Order, Session, SessionRecord
from .errors import SupersededError
from .history import session_row
from .insights import save_insights
from .schema import charger, hub, relay_order, session
from .writer import new_key


def save_rest(connection: sa.Connection, delivery: Delivery) -> tuple[Session, ...]:
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


def has_more(delivery: Delivery) -> bool:
    """Is there anything in it that does not belong into the log?"""
    return (
        bool(delivery.orders or delivery.sessions or delivery.decisions)
        or delivery.profile is not None
        or delivery.corrected_from_ms is not None
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
