"""Late readings put past hours right in the recorder's own tables, without a spike."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any

from homeassistant.components.recorder import Recorder, get_instance
from homeassistant.components.recorder.db_schema import StatisticsShortTerm
from homeassistant.components.recorder.models import (
    StatisticData,
    StatisticMeanType,
    StatisticMetaData,
)
from homeassistant.components.recorder.statistics import (
    async_import_statistics,
    get_last_short_term_statistics,
    statistics_during_period,
)
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

from custom_components.kickwatt.client import CannotConnectError
from custom_components.kickwatt.corrections import SETTLE, Corrections, came_late
from custom_components.kickwatt.hours import HOUR, floor_hour
from tests.integration.conftest import Load, entry_for
from tests.integration.scripted_hub import CHARGER, Line
from tests.support.hub_process import RunningHub
from tests.support.s1_device import S1Device
from tests.support.waiting import until

ENERGY = "sensor.garage_scooter_energy"
COST = "sensor.garage_scooter_session_cost"
HOUR_NOW = floor_hour(datetime.now(UTC))


def ago(hours: float) -> datetime:
    """Return a moment before this hour began."""
    return HOUR_NOW - hours * HOUR


class Hub:
    """What the hub knows of the last four hours, now that all has come."""

    async def points(self, *_: Any) -> tuple[list[dict[str, Any]], float]:
        """Return quarters of an hour with the lifetime energy at their ends."""
        counts = ((4.25, 1000), (2.25, 1200), (1.25, 1500), (0.25, 1600))
        return [
            {"time": ago(at).isoformat(), "energy_wh": wh} for at, wh in counts
        ], 900.0

    async def sessions(self, *_: Any) -> list[dict[str, Any]]:
        """Return two charges, of which Home Assistant has seen only the newer."""
        return [
            {
                "start": ago(0.9).isoformat(),
                "end": ago(0).isoformat(),
                "cost": 0.3,
            },
            {
                "start": ago(2.9).isoformat(),
                "end": ago(1).isoformat(),
                "cost": 0.25,
            },
            {"start": ago(0.5).isoformat(), "end": None, "cost": None},
        ]

    async def prices(self, *_: Any) -> list[dict[str, Any]]:
        """Return prices, of which one is not known."""
        return [
            {"start": ago(9).isoformat(), "per_kwh": 0.5},
            {"start": ago(1).isoformat(), "per_kwh": None},
        ]


def metadata(statistic_id: str, unit: str, unit_class: str | None) -> StatisticMetaData:
    """Return how the recorder describes a sum of ours."""
    return StatisticMetaData(
        mean_type=StatisticMeanType.NONE,
        has_sum=True,
        name=None,
        source="recorder",
        statistic_id=statistic_id,
        unit_class=unit_class,
        unit_of_measurement=unit,
    )


async def recorded(
    hass: HomeAssistant,
    meta: StatisticMetaData,
    before: tuple[float, float],
    newest: tuple[float, float],
    hours: tuple[int, ...] = (5, 4, 3, 2, 1),
) -> None:
    """Let the recorder have written hours in which nothing came, and then all at once."""
    async_import_statistics(
        hass,
        meta,
        [StatisticData(start=ago(h), state=before[0], sum=before[1]) for h in hours],
    )
    get_instance(hass).async_import_statistics(
        meta,
        [StatisticData(start=HOUR_NOW, state=newest[0], sum=newest[1])],
        StatisticsShortTerm,
    )
    await async_wait_recording_done(hass)


async def sums(hass: HomeAssistant, statistic_id: str) -> list[float]:
    """Return the sums of the last five hours, and the newest one."""
    instance = get_instance(hass)
    rows = await instance.async_add_executor_job(
        statistics_during_period,
        hass,
        ago(5),
        None,
        {statistic_id},
        "hour",
        None,
        {"sum"},
    )
    newest = await instance.async_add_executor_job(
        get_last_short_term_statistics, hass, 1, statistic_id, False, {"sum"}
    )
    found = [row["sum"] for row in (*rows[statistic_id], *newest[statistic_id])]
    return [round(each or 0.0, 6) for each in found]


@pytest.fixture(autouse=True)
def kickwatt_everywhere(
    recorder_mock: Recorder, enable_custom_integrations: None, socket_enabled: None
) -> None:
    """As everywhere, but with a recorder, which has to be there before the rest is."""


@pytest.fixture
async def corrections(
    hass: HomeAssistant,
    line: Line,
    scripted_entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncGenerator[Corrections]:
    """Return what corrects, twenty minutes into this hour."""
    now = HOUR_NOW + timedelta(minutes=20)
    monkeypatch.setattr("homeassistant.util.dt.utcnow", lambda: now)
    coordinator = scripted_entry.runtime_data
    monkeypatch.setattr(coordinator, "rest", Hub())
    corrections = Corrections(hass, coordinator)
    yield corrections
    corrections._async_stop()


async def test_energy_goes_to_the_hours_where_it_belongs(
    hass: HomeAssistant, corrections: Corrections
) -> None:
    await recorded(hass, metadata(ENERGY, "kWh", "energy"), (1.0, 5.0), (1.6, 5.6))
    corrections._async_late("scooter", ago(3))
    await corrections.async_correct_all()
    await async_wait_recording_done(hass)
    # Nothing is left for this hour: its count goes on from where the last one ends.
    assert await sums(hass, ENERGY) == [5.0, 5.0, 5.2, 5.5, 5.6, 5.6]


async def test_costs_of_charges_that_nobody_saw_are_counted(
    hass: HomeAssistant, corrections: Corrections
) -> None:
    await recorded(hass, metadata(COST, "EUR", None), (0.1, 2.0), (0.3, 2.3))
    corrections._async_late("scooter", ago(3))
    await corrections.async_correct_all()
    await async_wait_recording_done(hass)
    found = await sums(hass, COST)
    assert found[:2] == [2.0, 2.0]
    assert found == sorted(found)
    assert found[-3:] == [2.25, 2.55, 2.55]


async def test_hours_that_home_assistant_has_missed_are_filled(
    hass: HomeAssistant, corrections: Corrections
) -> None:
    meta = metadata(ENERGY, "kWh", "energy")
    await recorded(hass, meta, (1.0, 5.0), (1.6, 5.6), hours=(5, 4))
    corrections.async_start()
    await corrections.async_correct_all()
    await async_wait_recording_done(hass)
    found = await sums(hass, ENERGY)
    assert len(found) == 6
    assert found == sorted(found)
    assert found[-2:] == [5.6, 5.6]


async def test_what_is_right_stays_as_it_is(
    hass: HomeAssistant, corrections: Corrections
) -> None:
    meta = metadata(ENERGY, "kWh", "energy")
    await recorded(hass, meta, (1.6, 5.6), (1.6, 5.6))
    corrections._async_late("scooter", ago(3))
    await corrections.async_correct_all()
    await async_wait_recording_done(hass)
    assert await sums(hass, ENERGY) == [5.6] * 6


async def test_late_news_are_corrected_once_nothing_more_comes(
    hass: HomeAssistant,
    corrections: Corrections,
    line: Line,
    scripted_entry: MockConfigEntry,
) -> None:
    coordinator = scripted_entry.runtime_data
    await recorded(hass, metadata(ENERGY, "kWh", "energy"), (1.0, 5.0), (1.6, 5.6))
    corrections.async_start()
    corrections._newest["scooter"] = ago(3)
    reading = CHARGER["reading"] | {"time": ago(0.4).isoformat()}
    await line.change(11, reading=reading)
    await line.change(12, reading=reading | {"time": None})
    await line.happen(13, "session_corrected", session={"start": ago(2).isoformat()})
    await line.happen(14, "session_corrected", session={})
    await until(lambda: coordinator.live.number == 14)
    assert corrections._since == {"scooter": ago(3)}
    async_fire_time_changed(hass, datetime.now(UTC) + SETTLE * 2)
    await until(lambda: not corrections._since)
    await async_wait_recording_done(hass)
    assert await sums(hass, ENERGY) == [5.0, 5.0, 5.2, 5.5, 5.6, 5.6]


async def test_what_the_hub_cannot_tell_now_is_asked_again(
    hass: HomeAssistant,
    corrections: Corrections,
    scripted_entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await recorded(hass, metadata(ENERGY, "kWh", "energy"), (1.0, 5.0), (1.6, 5.6))

    async def away(*_: Any) -> None:
        raise CannotConnectError("away")

    rest = scripted_entry.runtime_data.rest
    points = rest.points
    monkeypatch.setattr(rest, "points", away)
    corrections._async_late("scooter", ago(3))
    await corrections.async_correct_all()
    assert corrections._since == {"scooter": ago(3)}
    monkeypatch.setattr(rest, "points", points)
    await corrections.async_correct_all()
    assert corrections._since == {}


async def test_what_a_board_brings_after_hours_without_coverage_goes_to_its_hours(
    hass: HomeAssistant,
    hub: RunningHub,
    board: S1Device,
    load: Load,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "custom_components.kickwatt.corrections.SETTLE", timedelta(milliseconds=50)
    )
    # For Home Assistant it is still the hour in which this file was read.
    now = HOUR_NOW + timedelta(minutes=20)
    monkeypatch.setattr("homeassistant.util.dt.utcnow", lambda: now)
    await hub.add_charger("bike")  # never heard of, so nothing of it is wrong
    into_hour_s = int((datetime.now(UTC) - HOUR_NOW).total_seconds())

    def measure(hours_ago: float, energy_wh: int) -> None:
        age_s = into_hour_s + round(hours_ago * 3600)
        board.measure(90, age_s=age_s, energy_wh=energy_wh)

    board.relay, board.state = 1, "charging"
    measure(3.5, 1000)
    await board.send()
    await load(await entry_for(hub))
    await recorded(hass, metadata(ENERGY, "kWh", "energy"), (1.0, 5.0), (1.4, 5.4))
    for hours_ago, energy_wh in ((2.5, 1150), (1.5, 1300), (0.5, 1400)):
        measure(hours_ago, energy_wh)
    await board.send()

    async def counted() -> bool:
        await async_wait_recording_done(hass)
        return (await sums(hass, ENERGY))[2] > 5.0

    async with asyncio.timeout(30):
        while not await counted():
            await asyncio.sleep(0.05)
    assert await sums(hass, ENERGY) == [5.0, 5.0, 5.15, 5.3, 5.4, 5.4]


@pytest.mark.parametrize(
    ("before", "time", "late"),
    [
        (1 / 120, -1 / 120, False),  # the hour has turned, as it does
        (1.5, 1.4, True),  # of the hour before, and old
        (3, -0.3, True),  # after a long pause
        (-0.05, -0.3, False),  # this hour is the recorder's own
    ],
)
def test_late_is_what_tells_of_another_hour(
    before: float, time: float, late: bool
) -> None:
    now = HOUR_NOW + timedelta(minutes=20)
    if time == -1 / 120:
        now = HOUR_NOW + timedelta(seconds=31)
    assert came_late(ago(before), ago(time), now) is late
