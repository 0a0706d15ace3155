"""When the charges that run will be full: worked out beside the readings, and never faster than the hub can bear.

An estimate takes a millisecond, a reading some microseconds. So readings only say that a charger's estimate is due; this
takes one charger after the other, and rests thirty times as long as it has worked: some twenty estimates a second.
"""

import asyncio
from time import perf_counter

from msgspec.structs import replace

from .charging.estimator import estimate
from .entry import Entry
from .fleet import Fleet
from .model import Forecast

EVERY_MS = 60_000
"""Of the charger's own time."""
REST = 30


class Forecasts:
    """Keeps `Charger.forecast` up to date."""

    def __init__(self, fleet: Fleet) -> None:
        """`run` does the work."""
        self._fleet = fleet
        self._due: dict[int, Entry] = {}
        self._wake = asyncio.Event()

    def look(self, entry: Entry) -> None:
        """Notice that a charger has new readings."""
        state = entry.brain.state
        forecast = entry.charger.forecast
        if state.session is None or state.time_ms is None:
            return
        if forecast is None or abs(state.time_ms - forecast.at_ms) >= EVERY_MS:
            self._due[entry.pk] = entry
            self._wake.set()

    async def run(self) -> None:
        """Estimate whatever is due, for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._due:
                _, entry = self._due.popitem()
                began = perf_counter()
                self._estimate(entry)
                await asyncio.sleep(REST * (perf_counter() - began))

    def _estimate(self, entry: Entry) -> None:
        forecast = forecast_of(entry)
        if forecast is not None:
            self._fleet.update(entry, replace(entry.charger, forecast=forecast))


def forecast_of(entry: Entry) -> Forecast | None:
    """Return when the running charge will be full; None where that cannot be said."""
    state = entry.brain.state
    if state.session is None or state.time_ms is None:
        return None
    expected = estimate(state.session, state.time_ms, entry.brain.profile)
    if expected is None:
        return None
    return Forecast(
        at_ms=expected.at_ms,
        full_ms=expected.full_ms,
        low_ms=expected.low_ms,
        high_ms=expected.high_ms,
        learned=expected.learned,
    )
