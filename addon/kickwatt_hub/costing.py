"""What each charge has cost: priced while it runs, when it ends, and again when it or a price was corrected."""

import asyncio
from collections.abc import Callable
from itertools import accumulate
import logging
import time

from msgspec.structs import replace

from .charging.cost import cost
from .entry import Entry
from .fleet import Fleet
from .model import Session, SessionCost
from .store import Store, UnavailableError
from .tariffs import Tariffs

_LOGGER = logging.getLogger(__name__)

LOOK_S = 1.0
RUNNING_S = 30.0
"""How old the cost of a running charge may be."""
SWEEP_S = 600.0
"""How often older sessions are looked at: one may have been corrected by what arrived late."""
CORRECTED_MS = 8 * 86_400_000
"""A board delivers what it measured without coverage for up to a week."""
READINGS = 100_000  # of one session; a charge of two days has six thousand
SESSIONS = 1_000
PLACES = 6
_FOR_EVER_MS = 253_402_300_799_000

type _Version = tuple[int, int, int | None, float | None, int]
"""Of a session and of the prices: what has been priced in this version need not be priced again."""


async def energy_curve(
    store: Store, charger_pk: int, session: Session
) -> list[tuple[int, float]]:
    """Return (time_ms, watt-hours so far) of a session, oldest first; nothing falls."""
    end_ms = _FOR_EVER_MS if session.end_ms is None else session.end_ms
    readings, _ = await store.history.readings(
        charger_pk, session.start_ms, end_ms + 1, READINGS
    )
    known = [
        (reading.time_ms, reading.energy_wh)
        for reading in readings
        if reading.energy_wh is not None
    ]
    times = [time_ms for time_ms, _ in known]
    # Two samples whose messages took unlike long may be dated the wrong way round, by seconds.
    energies = accumulate((energy_wh for _, energy_wh in known), max)
    return list(zip(times, energies, strict=True))


class Costing:
    """Keeps the cost of every charger's sessions."""

    def __init__(
        self,
        fleet: Fleet,
        store: Store,
        tariffs: Tariffs,
        now_ms: Callable[[], int],
    ) -> None:
        """`now_ms` is the wall clock."""
        self._fleet = fleet
        self._store = store
        self._tariffs = tariffs
        self._now_ms = now_ms
        self._done: dict[int, tuple[_Version, float]] = {}
        """Version and time of the last pricing, by the session's id."""
        self._swept = (-SWEEP_S, -1)

    async def run(self) -> None:
        """Price what has to be priced, for ever."""
        while True:
            try:
                await self.look()
            except UnavailableError as error:
                _LOGGER.warning("Costs wait for the disk: %s", error)
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Price every charger's newest session where it is due, and now and then all that may have been corrected."""
        if not self._tariffs.chosen or not self._store.peers.leads:
            return
        if self._is_sweep_due():
            await self._sweep()
        for entry in self._fleet.entries():
            session = entry.charger.session
            if session is not None and self._is_due(session):
                await self._price(entry, session)

    def _is_sweep_due(self) -> bool:
        swept_s, rev = self._swept
        return rev != self._tariffs.rev or time.monotonic() - swept_s >= SWEEP_S

    async def _sweep(self) -> None:
        since_ms = self._now_ms() - CORRECTED_MS
        if (changed_ms := self._tariffs.take_change_ms()) is not None:
            since_ms = min(since_ms, changed_ms)
        rev = self._tariffs.rev
        kept: set[int] = set()
        for entry in self._fleet.entries():
            newest = entry.charger.session
            kept.update([newest.id] if newest else [])
            sessions = await self._store.history.sessions(
                entry.pk, since_ms, _FOR_EVER_MS, SESSIONS
            )
            for session in sessions:
                kept.add(session.id)
                if self._is_due(session):
                    await self._price(entry, session)
        self._done = {key: done for key, done in self._done.items() if key in kept}
        self._swept = (time.monotonic(), rev)

    def _is_due(self, session: Session) -> bool:
        done = self._done.get(session.id)
        if done is None:
            return True
        version, at_s = done
        if session.end_ms is None:
            return time.monotonic() - at_s >= RUNNING_S
        return version != self._version(session)

    def _version(self, session: Session) -> _Version:
        return (
            session.id,
            session.start_ms,
            session.end_ms,
            session.energy_wh,
            self._tariffs.rev,
        )

    async def _price(self, entry: Entry, session: Session) -> None:
        version = self._version(session)
        found = await self._cost(entry, session)
        known = (await self._store.tariffs.costs([session.id])).get(session.id)
        if found != known:
            await self._store.tariffs.note(session.id, found)
        self._done[session.id] = (version, time.monotonic())
        async with entry.turn:
            now = entry.charger.session
            if now is not None and now.id == session.id:
                self._fleet.update(entry, replace(entry.charger, cost=found))

    async def _cost(self, entry: Entry, session: Session) -> SessionCost | None:
        """Return what a session has cost so far; None where no energy is known or nothing is priced."""
        currency = self._tariffs.currency(session.start_ms)
        if currency is None:
            return None
        points = await energy_curve(self._store, entry.pk, session)
        if len(points) < 2:
            return None
        tariff = await self._tariffs.between(points[0][0], points[-1][0])
        found = await asyncio.to_thread(cost, points, tariff)
        return SessionCost(
            session_id=session.id,
            amount=found.rounded(PLACES),
            currency=currency,
            priced_wh=float(found.priced_wh),
            unpriced_wh=float(found.unpriced_wh),
        )
