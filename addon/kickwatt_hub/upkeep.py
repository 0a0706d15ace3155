"""Keeps the store small while the hub runs: packs the log, merges days that are over, forgets what is too old."""

import asyncio
from collections.abc import Callable
import logging

from .store import Store, StoreError

_LOGGER = logging.getLogger(__name__)

LOOK_S = 60.0
HOUR_MS = 3_600_000
MANY_VALUES = 10_000_000  # of meters, likewise; an hour of 2,700 a second
MANY = 500_000  # readings in the log that are packed before the hour is over: whoever asks for the last minutes reads it all
LATE_MS = (
    2 * HOUR_MS
)  # after midnight: boards with bad reception have delivered yesterday by then


class Upkeep:
    """Does each in its time, and never holds anybody up: an error is logged and the work tried again later."""

    def __init__(self, store: Store, now_ms: Callable[[], int]) -> None:
        """`now_ms` is the wall clock."""
        self._store = store
        self._now_ms = now_ms
        self._packed_hour = now_ms() // HOUR_MS
        self._merged_day: int | None = None

    async def run(self) -> None:
        """Look every minute what there is to do."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self.look()
            except StoreError as error:
                _LOGGER.warning("The store could not be tidied up: %s", error)
            except Exception:
                _LOGGER.exception("The store could not be tidied up")

    async def look(self) -> None:
        """Do what is due."""
        if not self._store.peers.leads:
            return  # another hub on this database does
        packer, now_ms = self._store.packer, self._now_ms()
        hour = now_ms // HOUR_MS
        if hour != self._packed_hour or await packer.unpacked() >= MANY:
            await packer.pack()
            await self._store.meter_packer.pack()
            self._packed_hour = hour
        elif await self._store.meter_log.values() >= MANY_VALUES:
            await self._store.meter_packer.pack()
        day = (now_ms - LATE_MS) // (24 * HOUR_MS)
        if day != self._merged_day:
            await packer.merge(now_ms - LATE_MS)
            await packer.forget(now_ms)
            await self._store.meter_packer.merge(now_ms - LATE_MS)
            await self._store.meter_packer.forget(now_ms)
            await self._store.chargers.sweep()
            self._merged_day = day
