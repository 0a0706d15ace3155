"""What the brain has found out: decisions, lessons, and the places from which it can be derived again."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import sqlalchemy as sa

from ..charging.decision import Decision
from ..model import Delivery, Session
from .reader import Reader
from .schema import decision, session, stale
from .writer import Writer

_DECISION = msgspec.json.Decoder(Decision)


@dataclass(frozen=True, slots=True)
class Decided:
    """A stored decision; `session` is the id of the session that it is about, if it is about one."""

    decision: Decision
    by_board: bool
    session: int | None


class Insights:
    """Reads them, and says whose sessions have to be found again."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        """Both belong to the store."""
        self._writer = writer
        self._reader = reader

    async def decisions(
        self, charger_pk: int, start_ms: int, end_ms: int, limit: int
    ) -> list[Decided]:
        """Return what was decided in start <= time < end, newest first."""
        return await self._decided(
            lambda query: (
                query.where(decision.c.at_ms >= start_ms, decision.c.at_ms < end_ms)
                .order_by(decision.c.at_ms.desc(), decision.c.pk.desc())
                .limit(limit)
            ),
            charger_pk,
        )

    async def of_session(self, charger_pk: int, session_id: int) -> list[Decided]:
        """Return what was decided about a session, oldest first."""
        return await self._decided(
            lambda query: query.where(decision.c.session_pk == session_id).order_by(
                decision.c.at_ms, decision.c.pk
            ),
            charger_pk,
        )

    async def _decided(
        self,
        narrow: Callable[
            [sa.Select[tuple[object, ...]]], sa.Select[tuple[object, ...]]
        ],
        charger_pk: int,
    ) -> list[Decided]:
        query = narrow(sa.select(decision).where(decision.c.charger_pk == charger_pk))
        return await self._reader.ask(
            lambda connection: [
                Decided(
                    _DECISION.decode(row.detail), bool(row.by_board), row.session_pk
                )
                for row in connection.execute(query)
            ]
        )

    async def lessons(
        self, charger_pk: int, before_ms: int, limit: int | None = None
    ) -> list[bytes]:
        """Return what the sessions that started before a time taught, oldest first; of many the newest."""
        query = (
            sa.select(session.c.lesson)
            .where(session.c.charger_pk == charger_pk, session.c.lesson.is_not(None))
            .where(session.c.start_ms < before_ms)
            .order_by(session.c.start_ms.desc(), session.c.pk.desc())
            .limit(limit)
        )
        newest_first = await self._reader.ask(
            lambda connection: list(connection.execute(query).scalars())
        )
        return newest_first[::-1]

    async def place(self, charger_pk: int, before_ms: int) -> bytes | None:
        """Return the newest place all of whose readings are older than `before_ms`; None without one."""
        query = (
            sa.select(session.c.place)
            .where(session.c.charger_pk == charger_pk, session.c.place.is_not(None))
            .where(session.c.place_ms < before_ms)
            .order_by(session.c.place_ms.desc(), session.c.pk.desc())
            .limit(1)
        )
        return await self._reader.ask(
            lambda connection: connection.execute(query).scalar()
        )

    async def mark_stale(self, charger_pk: int, since_ms: int) -> None:
        """Say that readings from a time on were stored by somebody else than the hub; it finds the sessions again."""

        def job(connection: sa.Connection) -> None:
            mark_stale(connection, charger_pk, since_ms)

        await self._writer.run(job)

    async def stale(self) -> dict[int, int]:
        """Return since when the sessions of which chargers have to be found again."""
        query = sa.select(stale.c.charger_pk, stale.c.since_ms)
        return await self._reader.ask(
            lambda connection: {
                row.charger_pk: row.since_ms for row in connection.execute(query)
            }
        )

    async def fresh(self, charger_pk: int, since_ms: int) -> None:
        """Say that it was done, for everything since a time."""

        def job(connection: sa.Connection) -> None:
            connection.execute(
                sa.delete(stale).where(
                    stale.c.charger_pk == charger_pk, stale.c.since_ms >= since_ms
                )
            )

        await self._writer.run(job)


def mark_stale(connection: sa.Connection, charger_pk: int, since_ms: int) -> None:
    """Say so in the transaction that stores the readings."""
    changed = connection.execute(
        sa.update(stale)
        .where(stale.c.charger_pk == charger_pk)
        .values(
            since_ms=sa.case(
                (stale.c.since_ms > since_ms, since_ms), else_=stale.c.since_ms
            )
        )
    )
    if not changed.rowcount:
        connection.execute(
            sa.insert(stale).values(charger_pk=charger_pk, since_ms=since_ms)
        )


def save_insights(
    connection: sa.Connection, delivery: Delivery, sessions: tuple[Session, ...]
) -> None:
    """Store the decisions of a delivery whose sessions are stored already, and forget what it corrects."""
    pk = delivery.charger_pk
    if delivery.corrected_from_ms is not None:
        connection.execute(
            sa.delete(decision).where(
                decision.c.charger_pk == pk,
                decision.c.by_board.is_(False),
                decision.c.at_ms > delivery.corrected_from_ms,
            )
        )
    for gone in delivery.gone:
        connection.execute(
            sa.delete(session).where(session.c.charger_pk == pk, session.c.pk == gone)
        )
    if delivery.decisions:
        connection.execute(
            sa.insert(decision),
            [
                {
                    "charger_pk": pk,
                    "session_pk": each.session
                    if each.record is None
                    else sessions[each.record].id,
                    "at_ms": each.decision.at_ms,
                    "by_board": each.by_board,
                    "detail": msgspec.json.encode(each.decision),
                }
                for each in delivery.decisions
            ],
        )
