"""Readings that come late put the hours of the past right in Home Assistant's statistics.

A board without coverage delivers days later what it measured. The hub dates it rightly,
but to Home Assistant the energy of two days comes in one moment, and would stand as a spike
in that hour. So, once it has all come, the hours are written anew as the hub knows them:
what was added to the last hour is taken to the hours where it belongs. The same mends the
hole that remains when Home Assistant itself was off.

The running hour is the recorder's. It counts on from its newest short-term row, so that
row has to be right, too; its sum is adjusted where sessions went by unseen.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise
import logging
from typing import Final

from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.models import StatisticData, StatisticMetaData
from homeassistant.components.recorder.statistics import (
    StatisticsRow,
    async_import_statistics,
    get_last_short_term_statistics,
    get_metadata,
    statistics_during_period,
)
from homeassistant.const import Platform, UnitOfEnergy
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_conversion import EnergyConverter

from . import hours
from .client import KickwattError
from .const import DOMAIN
from .coordinator import KickwattCoordinator
from .hours import HOUR, floor_hour
from .jsonvalues import Json
from .models import Charger

_LOGGER = logging.getLogger(__name__)

# The recorder writes short-term rows each five minutes; the news have to be in one first.
SETTLE: Final = timedelta(minutes=12)

# News of this age, or after such a pause, have come late.
LATE: Final = timedelta(minutes=10)

# A board's queue holds less, and the hub takes no samples that are older.
FURTHEST_BACK: Final = timedelta(days=60)

# Nothing is known to have come late; only what this Home Assistant has missed is.
_HOLES: Final = datetime.max.replace(tzinfo=UTC)

# An hour's sum is right when it is off by less than this: Wh, or a part of a cent.
_NOTHING: Final = 1e-6


@callback
def async_correct_statistics(
    hass: HomeAssistant, coordinator: KickwattCoordinator
) -> Corrections:
    """Keep the statistics of a hub's chargers right, where there is a recorder."""
    corrections = Corrections(hass, coordinator)
    corrections.async_start()
    return corrections


class Corrections:
    """Notices what comes late, waits until all of it has come, and corrects."""

    def __init__(self, hass: HomeAssistant, coordinator: KickwattCoordinator) -> None:
        """Prepare for one hub."""
        self._hass = hass
        self._coordinator = coordinator
        self._newest: dict[str, datetime] = {}
        self._since: dict[str, datetime] = {}
        self._cancel: CALLBACK_TYPE | None = None
        self._one_at_a_time = asyncio.Lock()

    @callback
    def async_start(self) -> None:
        """Begin to notice, until the entry is unloaded."""
        coordinator = self._coordinator
        entry = coordinator.config_entry
        for charger in coordinator.data.values():
            # How long Home Assistant was off shows in its own statistics.
            self._async_late(charger.id, _HOLES)
            if charger.reading.time is not None:
                self._newest[charger.id] = charger.reading.time
        entry.async_on_unload(coordinator.async_add_listener(self._async_notice))
        entry.async_on_unload(coordinator.async_listen_corrected(self._async_late))
        entry.async_on_unload(self._async_stop)

    @callback
    def _async_stop(self) -> None:
        if self._cancel is not None:
            self._cancel()

    @callback
    def _async_notice(self) -> None:
        """Look at the newest readings."""
        for charger in self._coordinator.changed:
            time, before = charger.reading.time, self._newest.get(charger.id)
            if time is None:
                continue
            self._newest[charger.id] = time
            if before is not None and came_late(before, time, dt_util.utcnow()):
                self._async_late(charger.id, min(before, time))

    @callback
    def _async_late(self, charger_id: str, since: datetime) -> None:
        """Remember what has to be corrected, and do so when nothing more comes."""
        self._since[charger_id] = min(since, self._since.get(charger_id, since))
        self._async_stop()
        self._cancel = async_call_later(self._hass, SETTLE, self._async_begin)

    @callback
    def _async_begin(self, _: datetime) -> None:
        self._cancel = None
        self._coordinator.config_entry.async_create_background_task(
            self._hass, self.async_correct_all(), f"{DOMAIN} statistics"
        )

    async def async_correct_all(self) -> None:
        """Correct what is known to be wrong."""
        async with self._one_at_a_time:
            for charger_id, since in list(self._since.items()):
                charger = self._coordinator.data.get(charger_id)
                try:
                    if charger is not None:
                        await self._async_correct(charger, since)
                except KickwattError as err:
                    # It stays remembered, and is tried again with the next late news.
                    _LOGGER.debug("No hours of %s: %s", charger_id, err)
                else:
                    del self._since[charger_id]

    async def _async_correct(self, charger: Charger, since: datetime) -> None:
        """Correct one charger from the hour on in which the late news begin."""
        now = dt_util.utcnow()
        for key, correct in (
            ("energy", self._async_correct_energy),
            ("session_cost", self._async_correct_cost),
        ):
            statistic_id = er.async_get(self._hass).async_get_entity_id(
                Platform.SENSOR,
                DOMAIN,
                f"{self._coordinator.hub_id}-{charger.id}-{key}",
            )
            if statistic_id is not None:
                known = await get_instance(self._hass).async_add_executor_job(
                    _known, self._hass, statistic_id, floor_hour(since), now
                )
                if known is not None:
                    await correct(charger, known, now)

    async def _async_correct_energy(
        self, charger: Charger, known: Known, now: datetime
    ) -> None:
        """Write anew what the lifetime energy was at the end of each hour."""
        unit = known.metadata["unit_of_measurement"]
        to_wh = EnergyConverter.converter_factory(unit, UnitOfEnergy.WATT_HOUR)
        from_wh = EnergyConverter.converter_factory(UnitOfEnergy.WATT_HOUR, unit)
        wanted = list(hours.hours_between(known.base_start + HOUR, now))
        points, step_s = await self._async_points(charger.id, known.base_start, now)
        counts = hours.lifetime_at_ends(points, step_s, wanted, to_wh(known.base_state))
        rows = [
            StatisticData(
                start=hour,
                state=(state := from_wh(count)),
                sum=known.base_sum + state - known.base_state,
            )
            for hour, count in zip(wanted, counts, strict=True)
        ]
        self._async_write(
            known, rows, known.base_sum + known.newest_state - known.base_state
        )

    async def _async_correct_cost(
        self, charger: Charger, known: Known, now: datetime
    ) -> None:
        """Write anew what charging had cost at the end of each hour."""
        rest = self._coordinator.rest
        begin = known.base_start
        wanted = list(hours.hours_between(begin + HOUR, now))
        points, step_s = await self._async_points(charger.id, begin, now)
        sessions = await rest.sessions(charger.id, begin, now, 1000)
        found = hours.charges(
            sessions, hours.spans(points, step_s), await rest.prices(begin, now), now
        )
        rows = [
            StatisticData(
                start=row.start,
                state=row.cost,
                last_reset=row.session_start,
                sum=known.base_sum + row.total,
            )
            for row in hours.cost_at_ends(found, wanted)
        ]
        # Until now: all that it cost, with the newest charge as the recorder last saw it.
        before = sum(charge.cost_until(begin + HOUR) for charge in found)
        total = sum(charge.cost for charge in found) - before
        if found:
            total += known.newest_state - found[-1].cost
        self._async_write(known, rows, known.base_sum + total)

    async def _async_points(
        self, charger_id: str, start: datetime, end: datetime
    ) -> tuple[list[Json], float]:
        """Ask for quarters of an hour."""
        quarters = round((end - floor_hour(start)) / HOUR + 1) * 4
        return await self._coordinator.rest.points(
            charger_id, floor_hour(start), end, quarters + 1
        )

    @callback
    def _async_write(
        self, known: Known, rows: list[StatisticData], newest_sum: float
    ) -> None:
        """Hand the recorder the hours that are wrong, and what its own count is off by."""
        wrong = [row for row in rows if known.is_wrong(row)]
        off = newest_sum - known.newest_sum
        if abs(off) > _NOTHING:
            # Also moves rows of whole hours, which are then written as they should be.
            wrong = rows
            get_instance(self._hass).async_adjust_statistics(
                known.metadata["statistic_id"],
                floor_hour(known.newest_start),
                off,
                str(known.metadata["unit_of_measurement"]),
            )
        if wrong:
            async_import_statistics(self._hass, known.metadata, wrong)


def came_late(before: datetime, time: datetime, now: datetime) -> bool:
    """Whether a reading of `time`, after one of `before`, tells of another hour than this."""
    late = now - time > LATE or abs(time - before) > LATE
    return late and floor_hour(min(before, time)) < floor_hour(now)


class Known:
    """What the recorder knows of one statistic: in the statistic's own unit."""

    def __init__(
        self,
        metadata: StatisticMetaData,
        rows: list[StatisticsRow],
        base: StatisticsRow,
        newest: StatisticsRow,
    ) -> None:
        """`base` is the last hour that is certainly right."""
        self.metadata = metadata
        self.base_start = dt_util.utc_from_timestamp(base["start"])
        self.base_state, self.base_sum = _state(base), _sum(base)
        self.newest_start = dt_util.utc_from_timestamp(newest["start"])
        self.newest_state, self.newest_sum = _state(newest), _sum(newest)
        self._sums = {row["start"]: _sum(row) for row in rows}

    def is_wrong(self, row: StatisticData) -> bool:
        """Whether an hour has to be written anew."""
        found = self._sums.get(row["start"].timestamp())
        return found is None or abs(found - row["sum"]) > _NOTHING


def _known(
    hass: HomeAssistant, statistic_id: str, since: datetime, now: datetime
) -> Known | None:
    """Read what is known, None when there is nothing yet that could be wrong."""
    metadata = get_metadata(hass, statistic_ids={statistic_id})
    newest = get_last_short_term_statistics(
        hass, 1, statistic_id, False, {"state", "sum"}
    )
    if statistic_id not in metadata or statistic_id not in newest:
        return None
    meta = metadata[statistic_id][1]
    unit = meta["unit_of_measurement"]
    rows = statistics_during_period(
        hass,
        min(since, now) - FURTHEST_BACK,
        None,
        {statistic_id},
        "hour",
        {"energy": unit} if meta["unit_class"] == "energy" and unit else None,
        {"state", "sum"},
    ).get(statistic_id, [])
    base = _base(rows, since, now)
    return None if base is None else Known(meta, rows, base, newest[statistic_id][0])


def _base(
    rows: list[StatisticsRow], since: datetime, now: datetime
) -> StatisticsRow | None:
    """Return the last hour before the late news, else the last before a hole.

    What is older than the first hour is not this Home Assistant's to tell.
    """
    if since < now:
        before = [row for row in rows if row["start"] + 3600 <= since.timestamp()]
        if before:
            return before[-1]
    for row, after in pairwise(rows):
        if after["start"] - row["start"] > 3600:
            return row
    if rows and floor_hour(now).timestamp() - rows[-1]["start"] > 3600:
        return rows[-1]
    return None


def _state(row: StatisticsRow) -> float:
    return row.get("state") or 0.0


def _sum(row: StatisticsRow) -> float:
    return row.get("sum") or 0.0
