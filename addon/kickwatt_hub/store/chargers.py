"""The chargers, and what each message of theirs brings."""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from ..model import ChargerSettings, Delivery, OrderState, Reading, Session
from . import adding, log, standing
from .adding import NewCharger
from .admission import Claim
from .counts import Counts, encode_watch, note
from .delivering import has_more, save_rest
from .errors import NotThereError
from .insights import mark_stale
from .log import Entry
from .reader import Reader
from .schema import charger, chunk, hub, relay_order
from .standing import Fresh, StoredCharger
from .writer import Writer, erasing

SWEEP = 200  # chunks deleted per commit, so that removing a charger holds nobody up


class Chargers:
    """The chargers of this hub."""

    def __init__(self, writer: Writer, reader: Reader, *, shared: bool) -> None:
        """Both belong to the store; `shared` says whether other hubs write to the same database."""
        self._writer = writer
        self._reader = reader
        self._shared = shared
        self._revisions: dict[int, int] = {}
        self._counts = Counts()

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
            fresh = Fresh()
            for each in log.segments(connection):
                fresh.take(log.outlines(connection, each))
            return [
                standing.read(connection, row, fresh)
                for row in connection.execute(query).all()
            ]

        found = await self._reader.ask(question)
        for each in found:
            self._go_on_from(each)
        return found

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
            fresh = Fresh()
            for each in log.segments(connection):
                fresh.take(log.outlines(connection, each, pk))
            return standing.read(connection, row, fresh)

        found = await self._reader.ask(question)
        if found is not None:
            self._go_on_from(found)
        return found

    async def add(self, new: NewCharger) -> int:
        """Add a charger and return its pk. Raises AlreadyThereError."""
        return await self._writer.run(lambda connection: adding.add(connection, new))

    async def add_all(self, new: Sequence[NewCharger]) -> None:
        """Add many chargers, all or none. Raises AlreadyThereError."""

        def job(connection: sa.Connection) -> None:
            for each in new:
                adding.add(connection, each)

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
        pk, watch = delivery.charger_pk, delivery.watch
        revision = self._revisions.get(pk, 0)
        claim = Claim(
            Entry(pk, delivery.readings, delivery.conversation),
            revision,
            encode_watch(watch) if self._shared and watch is not None else None,
        )
        sessions: tuple[Session, ...] = ()
        if has_more(delivery) or self._is_due(delivery):
            sessions = await self._writer.append_and_run(
                claim, lambda connection: self._save(connection, delivery)
            )
            if watch is not None:
                self._counts.noted(pk, watch)
        else:
            await self._writer.append(claim)
            if watch is not None:
                self._counts.passed(pk, watch)
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

    async def note_counts(self) -> None:
        """Write down what the guards have counted and no message has. Raises UnavailableError."""
        ahead = self._counts.ahead()

        def job(connection: sa.Connection) -> None:
            for pk, watch in ahead.items():
                note(connection, pk, watch)

        if ahead and not self._shared:
            await self._writer.run(job)

    def _is_due(self, delivery: Delivery) -> bool:
        watch = delivery.watch
        return (
            watch is not None
            and not self._shared
            and self._counts.is_due(delivery.charger_pk, watch)
        )

    def _save(
        self, connection: sa.Connection, delivery: Delivery
    ) -> tuple[Session, ...]:
        if delivery.watch is not None and not self._shared:
            note(connection, delivery.charger_pk, delivery.watch)
        return save_rest(connection, delivery)

    def _go_on_from(self, stored: StoredCharger) -> None:
        self._revisions[stored.pk] = stored.revision
        self._counts.found(stored.pk, stored.watch)


def _sweep(connection: sa.Connection) -> bool:
    """Delete one slice; whether there may be more."""
    orphans = (
        sa.select(chunk.c.pk)
        .where(chunk.c.charger_pk.not_in(sa.select(charger.c.pk)))
        .limit(SWEEP)
    )
    gone = connection.execute(sa.delete(chunk).where(chunk.c.pk.in_(orphans)))
    return gone.rowcount == SWEEP
