"""When a charger that has a time to be ready by will charge: its mode, what it needs and the prices, brought together."""

import asyncio
from collections.abc import Callable
from zoneinfo import ZoneInfo

from .charging import modes
from .charging.mode import ModeSettings, Planned, Progress
from .charging.standing import needs_wh, standing
from .entry import Entry
from .pricing import find_zone
from .situation import charger_ms
from .tariffs import Tariffs

QUARTER_MS = 900_000


class Plans:
    """Makes plans; keeps none."""

    def __init__(
        self, tariffs: Tariffs, zone: ZoneInfo, now_ms: Callable[[], int]
    ) -> None:
        """`zone` is the hub's; `now_ms` is the wall clock."""
        self._tariffs = tariffs
        self._zone = zone
        self._now_ms = now_ms

    def zone_of(self, settings: ModeSettings) -> ZoneInfo:
        """Return the zone of a mode's clock."""
        zone = find_zone(settings.zone) if settings.zone else None
        return zone or self._zone

    def ready_ms(self, entry: Entry, settings: ModeSettings) -> int:
        """Return the next ready-by time of such settings."""
        assert settings.ready_by is not None
        now_ms = charger_ms(entry.charger, self._now_ms())
        return modes.next_ready_ms(now_ms, settings.ready_by, self.zone_of(settings))

    async def what_if(
        self, entry: Entry, settings: ModeSettings, ready_ms: int
    ) -> Planned:
        """Return the plan of a charge that would begin now."""
        return await self._plan(entry, settings, ready_ms, 0.0, 0)

    def basis(self, entry: Entry) -> tuple[int, int]:
        """Return what a plan rests on: the revisions of prices and of what was learned."""
        return self._tariffs.rev, len(entry.brain.profile.charges)

    async def next(self, entry: Entry, progress: Progress) -> Planned:
        """Return the plan of what is left of a charge that works towards `progress.ready_ms`."""
        assert progress.ready_ms is not None
        reading = entry.charger.reading
        delivered_wh = 0.0
        if progress.from_wh is not None and reading and reading.energy_wh is not None:
            delivered_wh = max(0.0, reading.energy_wh - progress.from_wh)
        return await self._plan(
            entry, entry.charger.mode, progress.ready_ms, delivered_wh, progress.starts
        )

    async def _plan(
        self,
        entry: Entry,
        settings: ModeSettings,
        ready_ms: int,
        delivered_wh: float,
        starts: int,
    ) -> Planned:
        now_ms = charger_ms(entry.charger, self._now_ms())
        profile = entry.brain.profile
        needs = needs_wh(settings, profile, delivered_wh)
        # A charge that is late goes on beyond the time that it should be ready by.
        until_ms = max(ready_ms, now_ms + (len(needs) + 1) * QUARTER_MS)
        tariff = await self._tariffs.between(now_ms, until_ms)
        # Its own thread: hundreds of quarters of an hour are compared.
        return await asyncio.to_thread(
            standing,
            now_ms,
            ready_ms,
            settings,
            needs,
            tariff,
            currency=self._tariffs.currency(now_ms),
            learned=bool(profile.charges),
            starts=starts,
        )
