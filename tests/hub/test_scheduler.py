"""Modes on a running hub: a simulated board lives in a time of its own, so a night takes a moment."""

from collections.abc import AsyncIterator
from copy import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from kickwatt_hub import brain as brains
from kickwatt_hub.api import bodies
from kickwatt_hub.api.change import Facts, mode_settings
from kickwatt_hub.charging.mode import Mode, Step
from kickwatt_hub.entry import Entry
from kickwatt_hub.model import Charger
from kickwatt_hub.pricing import BandPrice, TimeOfUseTable
from tests.support.hub_process import RunningHub, running_hub
from tests.support.s1_device import S1Device

EVENING_S = round(datetime(2026, 11, 21, 20, tzinfo=UTC).timestamp())
HOUR_S = 3600


class Garage:
    """A hub, a board in simulated time, and what happens on both."""

    def __init__(self, hub: RunningHub, board: S1Device) -> None:
        """`board` is known to the hub as simulated."""
        self.hub = hub
        self.board = board
        self.board.clock = EVENING_S

    @property
    def entry(self) -> Entry:
        """The hub's side."""
        entry = self.hub.hub.context.fleet.find("scooter")
        assert entry is not None
        return entry

    @property
    def charger(self) -> Charger:
        """What the hub shows."""
        return self.entry.charger

    @property
    def step(self) -> Step:
        """Where the mode stands."""
        return self.charger.progress.step

    async def mode(self, **mode: Any) -> None:
        """Choose a mode as the API does."""
        settings = mode_settings(
            self.charger.mode, bodies.ModeChange(**mode), Facts.of(self.entry)
        )
        await self.hub.hub.context.scheduler.choose(self.entry, settings)

    async def look(self) -> None:
        """Let the scheduler look."""
        await self.hub.hub.context.scheduler.look()

    async def goes_on(self, power_w: float, seconds: int = 60) -> None:
        """Let time pass, and the board report; it draws power only while the relay is closed."""
        board = self.board
        assert board.clock is not None
        board.clock += seconds
        board.up += seconds
        drawn_w = power_w if board.relay else 0.0
        board.energy_wh += round(drawn_w * seconds / 3600)
        await board.report(drawn_w)
        await self.look()
        # The order goes out with the answer to the next message, and the one after tells of it.
        await board.send()
        await board.send()
        await self.look()

    async def charges_to_the_end(self, power_w: float) -> None:
        """Let the battery draw constant power for an hour, then a tail that ends at rest."""
        tail = (power_w * share for share in (0.7, 0.45, 0.3, 0.2, 0.14, 0.1, 0.08))
        for drawn_w in (*(power_w,) * 60, *tail, *(5.0,) * 30):
            await self.goes_on(drawn_w)
            if self.step is Step.done:
                return


@pytest.fixture
async def garage(hub: RunningHub, http: aiohttp.ClientSession) -> AsyncIterator[Garage]:
    """A simulated scooter that was heard of."""
    key = await hub.add_charger("scooter", simulated=True)
    garage = Garage(hub, S1Device(hub.device_url, "scooter", key, session=http))
    await garage.goes_on(0.0)
    return garage


async def test_until_full_switches_on_and_off_again(garage: Garage) -> None:
    """The hub finds the end itself: this board has no rule of its own."""
    await garage.mode(name=Mode.until_full)
    await garage.goes_on(0.0)
    assert garage.board.relay == 1
    await garage.charges_to_the_end(90.0)
    assert (garage.step, garage.charger.progress.why) == (Step.done, "full")
    assert garage.board.relay == 0
    for _ in range(30):
        await garage.goes_on(90.0, 600)
    assert garage.board.relay == 0


async def test_one_probe_wakes_a_battery_that_was_not_full(garage: Garage) -> None:
    """A quarter of an hour after the end, with the owner's leave; and then no more."""
    await garage.mode(name=Mode.until_full, probe=True)
    await garage.charges_to_the_end(90)
    assert (garage.step, garage.board.relay) == (Step.done, 0)
    seen = []
    for _ in range(20):
        await garage.goes_on(80.0)
        seen.append(garage.step)
    assert Step.probing in seen
    assert (seen[-1], garage.board.relay) == (Step.charging, 1)
    assert garage.charger.progress.why == "resumed"
    await garage.charges_to_the_end(80)
    assert garage.step is Step.done
    for _ in range(10):
        await garage.goes_on(80.0, 600)
    assert (garage.step, garage.board.relay) == (Step.done, 0)


async def test_a_target_is_met_within_a_report(garage: Garage) -> None:
    """And not passed by more than what flows until the board hears of it."""
    await garage.mode(name=Mode.to_target, target_wh=60.0)
    before_wh = garage.board.energy_wh
    for _ in range(90):
        await garage.goes_on(120.0)
    assert garage.charger.progress.why == "target"
    assert garage.board.relay == 0
    assert 60 <= garage.board.energy_wh - before_wh <= 64


async def test_a_persons_order_wins_at_once_and_stays(garage: Garage) -> None:
    """The mode does not fight back."""
    await garage.mode(name=Mode.until_full)
    await garage.goes_on(90.0)
    await garage.hub.hub.context.control.order(garage.entry, False)
    for _ in range(5):
        await garage.goes_on(90.0)
    assert (garage.step, garage.board.relay) == (Step.held, 0)
    await garage.hub.hub.context.control.order(garage.entry, True)
    await garage.goes_on(90.0)
    assert (garage.step, garage.board.relay) == (Step.charging, 1)


async def test_ready_by_waits_for_the_cheap_hours_and_is_ready(garage: Garage) -> None:
    """Cheap from 22 to 6 UTC."""
    await garage.hub.hub.context.tariffs.choose(
        TimeOfUseTable(
            currency="EUR",
            zone="UTC",
            bands=[BandPrice("22:00", "06:00", 0.1)],
            otherwise=0.4,
        ),
        None,
    )
    await garage.mode(name=Mode.ready_by, ready_by="07:00", zone="UTC")
    plan = garage.charger.progress.plan
    assert plan is not None
    assert (plan.in_time, plan.learned, plan.currency) == (True, False, "EUR")
    assert plan.cost is not None
    assert plan.cost_at_once is not None
    assert plan.cost < plan.cost_at_once
    assert [_utc(start_ms) for start_ms, _ in plan.runs] == ["22:00"]
    on = []
    while garage.board.clock < EVENING_S + 11 * HOUR_S:
        await garage.goes_on(95.0, HOUR_S // 4)
        on.append((_utc(garage.board.clock * 1000), garage.board.relay))
    first = next(clock for clock, relay in on if relay)
    assert "22:00" <= first <= "22:15"
    assert all(relay for clock, relay in on if clock >= first or clock < "07:00")


async def test_everything_survives_a_restart(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    """A charge goes on, a plan stands, a lock holds."""
    async with running_hub(tmp_path / "data") as hub:
        key = await hub.add_charger("scooter", simulated=True)
        board = S1Device(hub.device_url, "scooter", key, session=http)
        garage = Garage(hub, board)
        await garage.goes_on(0.0)
        await garage.mode(name=Mode.to_target, target_wh=100.0)
        for _ in range(5):
            await garage.goes_on(90.0, 300)
        before, watch = garage.charger, garage.entry.watch
        assert watch.closed_ms > 0
    async with running_hub(tmp_path / "data") as hub:
        board.url = hub.device_url
        garage = Garage(hub, board)
        board.clock = EVENING_S + 3600
        assert garage.charger.mode == before.mode
        assert garage.charger.progress == before.progress
        assert garage.entry.watch == watch
        for _ in range(20):
            await garage.goes_on(90.0, 300)
        assert garage.charger.progress.why == "target"
        assert board.relay == 0


async def test_a_lying_detector_cannot_disable_the_caps(
    garage: Garage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order for off goes out with the very answer to the message that showed it."""

    think = brains.think

    def lie(brain: Any, *known: Any) -> Any:
        return replace(
            think(brain, *known), brain=brain, records=(), edges=(), decisions=()
        )

    monkeypatch.setattr(brains, "think", lie)
    listener = garage.hub.hub.context.bus.listen(_Never())  # type: ignore[arg-type]
    await garage.hub.hub.context.control.change(
        garage.entry,
        None,
        bodies.Settings(max_wh=100).applied(garage.charger.settings),
    )
    await garage.mode(name=Mode.until_full)
    await garage.goes_on(0.0)
    flowed_wh = garage.board.energy_wh
    for _ in range(60):
        await garage.goes_on(300.0)
    assert garage.board.relay == 0
    assert garage.board.energy_wh - flowed_wh <= 100 * 1.05 + 2 * 10
    assert (garage.step, garage.charger.progress.why) == (Step.locked, "energy")
    guarded = [
        event.what
        for event in iter(listener.next, None)
        if type(event.what).__name__ == "Guarded"
    ]
    assert [each.reason for each in guarded] == ["energy"]
    await garage.mode(name=Mode.until_full)
    for _ in range(5):
        await garage.goes_on(300.0)
    assert garage.board.relay == 0  # a mode is not a person at the switch
    await garage.hub.hub.context.control.order(garage.entry, True)
    await garage.goes_on(90.0)
    assert garage.board.relay == 1


async def test_a_guards_cut_holds_although_the_hub_dies_the_next_moment(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    """Its reason is stored with the order, in the commit of the readings that showed it."""
    async with running_hub(tmp_path / "data") as hub:
        key = await hub.add_charger("scooter", simulated=True)
        board = S1Device(hub.device_url, "scooter", key, session=http)
        garage = Garage(hub, board)
        await garage.goes_on(0.0)
        await garage.mode(name=Mode.until_full)
        await garage.goes_on(0.0)
        assert board.relay == 1
        for _ in range(2):
            board.clock = (board.clock or 0) + 60
            await board.report(90.0, current_a=9.0)
        assert board.relay == 0
    async with running_hub(tmp_path / "data") as hub:
        board.url = hub.device_url
        garage = Garage(hub, board)
        board.clock = EVENING_S + HOUR_S
        for _ in range(3):
            await garage.goes_on(90.0)
        assert (garage.step, garage.charger.progress.why) == (Step.locked, "current")
        assert board.relay == 0


async def test_a_relay_that_stays_closed_is_reported_and_locked(garage: Garage) -> None:
    """Power 20 s after the board said that it had opened."""
    board = garage.board
    await garage.mode(name=Mode.until_full)
    await garage.goes_on(90.0)
    await garage.hub.hub.context.control.order(garage.entry, False)
    await garage.goes_on(90.0)
    assert board.relay == 0
    for _ in range(2):
        board.clock = (board.clock or 0) + 15
        await board.report(90.0)
    await garage.look()
    assert (garage.step, garage.charger.progress.why) == (Step.locked, "stuck")


def _utc(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%H:%M")


class _Never:
    """An event that nobody waits for."""

    def set(self) -> None:
        """Do nothing."""
