"""What charges cost, on a running hub: as they run, when they end, and when something is corrected."""

from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import aiohttp
from msgspec.structs import replace
import pytest

from kickwatt_hub.app import now_ms
from kickwatt_hub.charging.cost import Price
from kickwatt_hub.costing import Costing
from kickwatt_hub.entry import Entry
from kickwatt_hub.model import Delivery, Session, SessionCost, SessionRecord
from kickwatt_hub.pricing import (
    BandPrice,
    FixedPrice,
    NoPrice,
    PriceFeed,
    TimeOfUseTable,
)
from tests.support.hub_process import RunningHub, running_hub
from tests.support.s1_device import S1Device


class Meter:
    """A hub and a simulated charger that is on."""

    def __init__(self, hub: RunningHub, board: S1Device, start: str) -> None:
        """Time begins at `start`."""
        self.hub = hub
        self.board = board
        board.clock = round(datetime.fromisoformat(start).timestamp())
        board.relay, board.why = 1, "button"
        context = hub.hub.context
        self.tariffs = context.tariffs
        self.costing = Costing(context.fleet, context.store, context.tariffs, now_ms)

    @property
    def entry(self) -> Entry:
        """The hub's side."""
        entry = self.hub.hub.context.fleet.find("scooter")
        assert entry is not None
        return entry

    @property
    def session(self) -> Session:
        """The newest."""
        session = self.entry.charger.session
        assert session is not None
        return session

    async def charges(self, power_w: int, minutes: int) -> None:
        """Charge: a report a minute, the meter counting whole watt-hours."""
        for _ in range(minutes):
            assert self.board.clock is not None
            self.board.clock += 60
            self.board.up += 60
            self.board.energy_wh += round(power_w / 60)
            await self.board.report(power_w)

    async def unplug(self) -> None:
        """End the charge."""
        self.board.relay, self.board.why = 0, "button"
        for _ in range(3):
            await self.charges(0, 1)
        assert self.session.end_ms is not None

    async def cost(self) -> SessionCost | None:
        """Price what is due, and return what the newest session has cost."""
        await self.costing.look()
        stored = await self.hub.hub.context.store.tariffs.costs([self.session.id])
        return stored.get(self.session.id)

    async def curve(self) -> list[tuple[int, float]]:
        """Return (time, energy) of the session as stored."""
        session = self.session
        readings, _ = await self.hub.hub.context.store.history.readings(
            self.entry.pk, session.start_ms, (session.end_ms or 2**53) + 1, 10_000
        )
        return [(each.time_ms, each.energy_wh or 0.0) for each in readings]


@pytest.fixture
async def meter(hub: RunningHub, http: aiohttp.ClientSession) -> Meter:
    """The night in which Warsaw's clocks go back, an hour before they do."""
    key = await hub.add_charger("scooter", simulated=True)
    board = S1Device(hub.device_url, "scooter", key, session=http)
    return Meter(hub, board, "2026-10-25T00:00:00+00:00")


async def test_without_a_tariff_nothing_is_priced(meter: Meter) -> None:
    await meter.charges(60, 20)
    assert await meter.cost() is None


async def test_a_charge_costs_what_an_independent_sum_says_across_the_clock_change(
    meter: Meter,
) -> None:
    """02:00 to 03:00 on the wall clock comes twice, and is cheap both times."""
    await meter.tariffs.choose(
        TimeOfUseTable(
            currency="PLN",
            zone="Europe/Warsaw",
            bands=[BandPrice("02:00", "03:00", 0.25)],
            otherwise=0.9,
        ),
        None,
    )
    await meter.charges(120, 180)
    await meter.unplug()
    found = await meter.cost()
    assert found is not None
    change_ms = round(datetime(2026, 10, 25, 2, tzinfo=UTC).timestamp() * 1000)
    by_hand = 0.0
    points = await meter.curve()
    for (since_ms, before), (until_ms, after) in pairwise(points):
        cheap_ms = max(0, min(until_ms, change_ms) - since_ms)
        share = cheap_ms / (until_ms - since_ms)
        by_hand += (after - before) / 1000 * (share * 0.25 + (1 - share) * 0.9)
    assert float(found.amount) == pytest.approx(by_hand, abs=1e-6)
    assert (found.currency, found.unpriced_wh) == ("PLN", 0.0)
    assert found.priced_wh == pytest.approx(points[-1][1] - points[0][1])


async def test_the_cost_so_far_is_shown_with_the_running_charge(meter: Meter) -> None:
    await meter.tariffs.choose(FixedPrice(currency="EUR", per_kwh=0.5), None)
    await meter.charges(60, 30)
    found = await meter.cost()
    assert found is not None
    shown = meter.entry.charger.cost
    assert shown is not None
    assert shown.session_id == meter.session.id
    assert float(found.amount) == pytest.approx(
        0.5 * (await meter.curve())[-1][1] / 1000, abs=0.001
    )


async def test_another_tariff_does_not_change_what_was_paid_before(
    meter: Meter,
) -> None:
    await meter.tariffs.choose(FixedPrice(currency="EUR", per_kwh=0.5), None)
    await meter.charges(60, 30)
    assert meter.board.clock is not None
    await meter.tariffs.choose(
        FixedPrice(currency="EUR", per_kwh=5.0), meter.board.clock * 1000
    )
    await meter.charges(60, 30)
    await meter.unplug()
    found = await meter.cost()
    assert found is not None
    total_wh = found.priced_wh
    assert float(found.amount) == pytest.approx(
        (30 * 0.5 + (total_wh - 30) * 5.0) / 1000, abs=0.006
    )


async def test_a_price_that_comes_late_is_counted_then(meter: Meter) -> None:
    """A feed that was down for a while."""
    await meter.tariffs.choose(PriceFeed(currency="EUR"), None)
    assert meter.board.clock is not None
    start_ms = meter.board.clock * 1000
    half_ms = start_ms + 1_800_000
    await meter.tariffs.post([Price(start_ms, half_ms, Decimal("0.2"))])
    await meter.charges(60, 60)
    await meter.unplug()
    before = await meter.cost()
    assert before is not None
    assert before.unpriced_wh == pytest.approx(30, abs=2)
    await meter.tariffs.post([Price(half_ms, half_ms + 7_200_000, Decimal("0.4"))])
    after = await meter.cost()
    assert after is not None
    assert after.unpriced_wh == 0
    assert float(after.amount) == pytest.approx(30 * 0.0002 + 30 * 0.0004, abs=0.001)


async def test_a_corrected_session_has_a_corrected_cost(meter: Meter) -> None:
    await meter.tariffs.choose(FixedPrice(currency="EUR", per_kwh=1.0), None)
    await meter.charges(60, 60)
    await meter.unplug()
    before = await meter.cost()
    session, entry = meter.session, meter.entry
    shorter = replace(session, end_ms=session.start_ms + 1_800_000, energy_wh=30.0)
    async with entry.turn:
        await meter.hub.hub.context.store.chargers.deliver(
            Delivery(
                charger_pk=entry.pk,
                conversation=entry.conversation,
                sessions=(SessionRecord(session=shorter),),
            )
        )
        meter.hub.hub.context.fleet.update(
            entry, replace(entry.charger, session=shorter)
        )
    after = await meter.cost()
    assert before is not None
    assert after is not None
    assert float(before.amount) == pytest.approx(0.06, abs=0.003)
    assert float(after.amount) == pytest.approx(0.03, abs=0.002)


async def test_newer_prices_take_the_place_of_older_ones(meter: Meter) -> None:
    await meter.tariffs.choose(PriceFeed(currency="EUR"), None)
    await meter.tariffs.post([Price(0, 100, Decimal(1))])
    await meter.tariffs.post([Price(20, 40, Decimal(2)), Price(90, 120, Decimal(3))])
    found = (await meter.tariffs.between(0, 130)).prices(0, 130)
    assert [(each.start_ms, each.end_ms, each.per_kwh) for each in found] == [
        (0, 20, Decimal(1)),
        (20, 40, Decimal(2)),
        (40, 90, Decimal(1)),
        (90, 120, Decimal(3)),
        (120, 130, None),
    ]


async def test_tariffs_and_costs_survive_a_restart(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    async with running_hub(tmp_path / "data") as hub:
        key = await hub.add_charger("scooter", simulated=True)
        board = S1Device(hub.device_url, "scooter", key, session=http)
        meter = Meter(hub, board, "2026-11-21T20:00:00+00:00")
        await meter.tariffs.choose(FixedPrice(currency="EUR", per_kwh=0.5), None)
        await meter.charges(60, 30)
        await meter.unplug()
        before = await meter.cost()
        assert before is not None
    async with running_hub(tmp_path / "data") as hub:
        meter = Meter(hub, board, "2026-11-21T21:00:00+00:00")
        assert await meter.cost() == before
        assert meter.entry.charger.cost == before
        await meter.tariffs.choose(NoPrice(), 0)
        assert await meter.cost() is None
