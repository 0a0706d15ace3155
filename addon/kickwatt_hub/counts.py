"""What the guards have counted, written down: a restart, or another hub, must not give a charge its caps anew."""

from collections.abc import Callable

from .fleet import Entry, Fleet
from .guards import Watch
from .store import NotThereError, Store

NOTE_MS = 900_000
"""How often what the guards have counted is written down while there is power."""


class Counts:
    """Keeps what this hub's guards have counted."""

    def __init__(self, fleet: Fleet, store: Store, now_ms: Callable[[], int]) -> None:
        """`now_ms` is the wall clock."""
        self._fleet = fleet
        self._store = store
        self._now_ms = now_ms
        self._noted: dict[int, tuple[Watch, int]] = {}
        """What was written down last, and when."""

    async def keep(self) -> None:
        """Write down what is due. Raises store.UnavailableError."""
        now_ms = self._now_ms()
        for entry in self._fleet.entries():
            noted, noted_ms = self._noted.get(entry.pk, (Watch(), 0))
            if entry.watch.closed != noted.closed or (
                entry.watch.closed and now_ms - noted_ms >= NOTE_MS
            ):
                await self._keep(entry)

    async def keep_all(self) -> None:
        """Write down what runs. Raises store.UnavailableError."""
        for entry in self._fleet.entries():
            noted, _ = self._noted.get(entry.pk, (Watch(), 0))
            if entry.watch.closed and entry.watch != noted:
                await self._keep(entry)

    async def begin_anew(self, entry: Entry) -> None:
        """Somebody allows power, or a mode begins a new charge: count from nothing, at whichever hub.

        To be called while holding the charger's turn. Raises the store's errors.
        """
        entry.watch = Watch(allowed_ms=self._now_ms())
        await self._keep(entry)

    async def _keep(self, entry: Entry) -> None:
        watch = entry.watch
        try:
            await self._store.modes.count(entry.pk, watch)
        except NotThereError:
            return  # it was removed meanwhile
        self._noted[entry.pk] = (watch, self._now_ms())
