"""What electricity costs, and what charges have cost."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec
import sqlalchemy as sa

from ..charging.cost import Price
from ..model import SessionCost
from ..pricing import Chosen, Definition
from .reader import Reader
from .schema import price, session, session_cost, tariff
from .writer import Writer

_DEFINITION: msgspec.json.Decoder[Definition] = msgspec.json.Decoder(Definition)


class StoredTariffs:
    """Tariffs, prices and costs of this hub."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        """Both belong to the store."""
        self._writer = writer
        self._reader = reader

    async def all(self) -> list[Chosen]:
        """Return every definition that was chosen, oldest first."""
        query = sa.select(tariff).order_by(tariff.c.from_ms)
        return await self._reader.ask(
            lambda connection: [_chosen(row) for row in connection.execute(query)]
        )

    async def choose(self, chosen: Chosen) -> None:
        """Store a definition, in place of one that held from the same time."""

        def job(connection: sa.Connection) -> None:
            connection.execute(
                sa.delete(tariff).where(tariff.c.from_ms == chosen.from_ms)
            )
            connection.execute(
                sa.insert(tariff).values(
                    from_ms=chosen.from_ms,
                    definition=msgspec.json.encode(chosen.definition),
                )
            )

        await self._writer.run(job)

    async def post(self, prices: Sequence[Price]) -> None:
        """Store prices; where they overlap older ones, those give way."""

        def job(connection: sa.Connection) -> None:
            for each in prices:
                _make_room(connection, each)
                _insert(connection, each)

        await self._writer.run(job)

    async def prices(self, start_ms: int, end_ms: int) -> list[Price]:
        """Return the stored prices that touch start <= time < end, oldest first."""
        query = (
            sa.select(price)
            .where(price.c.start_ms < end_ms, price.c.end_ms > start_ms)
            .order_by(price.c.start_ms)
        )
        return await self._reader.ask(
            lambda connection: [_price(row) for row in connection.execute(query)]
        )

    async def costs(self, session_ids: Sequence[int]) -> dict[int, SessionCost]:
        """Return what these sessions cost, as far as it is known."""
        query = sa.select(session_cost).where(
            session_cost.c.session_pk.in_(session_ids)
        )
        return await self._reader.ask(
            lambda connection: {
                row.session_pk: _cost(row) for row in connection.execute(query)
            }
        )

    async def note(self, session_id: int, cost: SessionCost | None) -> None:
        """Store what a session cost; None: that nothing is known of it. A session that is gone is left alone."""

        def job(connection: sa.Connection) -> None:
            there = sa.select(session.c.pk).where(session.c.pk == session_id)
            connection.execute(
                sa.delete(session_cost).where(session_cost.c.session_pk == session_id)
            )
            if cost is not None and connection.execute(there).first():
                connection.execute(
                    sa.insert(session_cost).values(
                        session_pk=session_id,
                        amount=str(cost.amount),
                        currency=cost.currency,
                        priced_wh=cost.priced_wh,
                        unpriced_wh=cost.unpriced_wh,
                    )
                )

        await self._writer.run(job)


def _make_room(connection: sa.Connection, new: Price) -> None:
    """Cut from the stored prices what the new one covers."""
    touched = connection.execute(
        sa.select(price).where(
            price.c.start_ms < new.end_ms, price.c.end_ms > new.start_ms
        )
    ).all()
    for row in touched:
        connection.execute(sa.delete(price).where(price.c.start_ms == row.start_ms))
        old = _price(row)
        if old.start_ms < new.start_ms:
            _insert(connection, Price(old.start_ms, new.start_ms, old.per_kwh))
        if old.end_ms > new.end_ms:
            _insert(connection, Price(new.end_ms, old.end_ms, old.per_kwh))


def _insert(connection: sa.Connection, each: Price) -> None:
    connection.execute(
        sa.insert(price).values(
            start_ms=each.start_ms, end_ms=each.end_ms, per_kwh=str(each.per_kwh)
        )
    )


def _price(row: sa.Row[tuple[object, ...]]) -> Price:
    return Price(row.start_ms, row.end_ms, Decimal(row.per_kwh))


def _chosen(row: sa.Row[tuple[object, ...]]) -> Chosen:
    return Chosen(row.from_ms, _DEFINITION.decode(row.definition))


def _cost(row: sa.Row[tuple[object, ...]]) -> SessionCost:
    return SessionCost(
        session_id=row.session_pk,
        amount=Decimal(row.amount),
        currency=row.currency,
        priced_wh=row.priced_wh,
        unpriced_wh=row.unpriced_wh,
    )
