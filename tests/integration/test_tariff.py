"""A tariff that is chosen in Home Assistant is the hub's, and its plans use it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from homeassistant.core import CoreState, HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.kickwatt import live, tariff
from tests.integration.conftest import ask
from tests.integration.scripted_hub import Line, ScriptedHub
from tests.support.hub_process import RunningHub
from tests.support.waiting import until

PRICE = "sensor.electricity_price"


async def choose(
    hass: HomeAssistant, entry: MockConfigEntry, step: str, data: dict[str, Any] | None
) -> Any:
    """Choose a tariff with Configure, as a person does."""
    options = hass.config_entries.options
    shown = await options.async_init(entry.entry_id)
    for following in ("tariff", step):
        shown = await options.async_configure(
            shown["flow_id"], {"next_step_id": following}
        )
    if data is not None:
        assert shown["type"] is FlowResultType.FORM
        shown = await options.async_configure(shown["flow_id"], data)
    await hass.async_block_till_done()
    return shown


async def comes(found: Callable[[], Awaitable[bool]]) -> None:
    """Wait until the hub answers so."""
    async with asyncio.timeout(30):
        while not await found():
            await asyncio.sleep(0.05)


async def has(hub: RunningHub, **wanted: Any) -> None:
    """Wait until the hub has a tariff."""

    async def found() -> bool:
        tariff = (await ask(hub, "GET", "tariff"))["tariff"] or {}
        return all(tariff.get(name) == value for name, value in wanted.items())

    await comes(found)


async def test_a_fixed_price_is_the_hubs_and_can_be_taken_back(
    hass: HomeAssistant, hub: RunningHub, loaded: MockConfigEntry
) -> None:
    price = {"per_kwh": 0.95, "currency": "zloty"}
    refused = await choose(hass, loaded, "fixed_price", price)
    assert refused["errors"] == {"currency": "invalid_currency"}
    hass.config_entries.options.async_abort(refused["flow_id"])
    await choose(hass, loaded, "fixed_price", price | {"currency": "pln"})
    await has(hub, kind="fixed", per_kwh=0.95, currency="PLN")
    await choose(hass, loaded, "no_price", None)
    await has(hub, kind="none")


async def test_a_fixed_price_begins_at_nothing_and_not_far_below(
    hass: HomeAssistant, hub: RunningHub, loaded: MockConfigEntry
) -> None:
    for per_kwh in (-0.01, 1000.01):
        with pytest.raises(InvalidData):
            await choose(
                hass, loaded, "fixed_price", {"per_kwh": per_kwh, "currency": "PLN"}
            )
    await choose(hass, loaded, "fixed_price", {"per_kwh": 0, "currency": "PLN"})
    await has(hub, kind="fixed", per_kwh=0, currency="PLN")


async def test_the_prices_of_an_entity_are_the_hubs_and_follow_it(
    hass: HomeAssistant,
    hub: RunningHub,
    loaded: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = dt_util.utcnow().replace(minute=0, second=0, microsecond=0)
    monkeypatch.setattr("homeassistant.util.dt.utcnow", lambda: now)
    hour = timedelta(hours=1)

    def tell(*prices: float) -> None:
        rows = [
            {"start": now + n * hour, "end": now + (n + 1) * hour, "value": price}
            for n, price in enumerate(prices)
        ]
        attributes = {"unit_of_measurement": "ct/kWh", "raw_today": rows}
        hass.states.async_set(PRICE, str(prices[0]), attributes)

    hass.states.async_set(PRICE, "cheap")
    refused = await choose(hass, loaded, "price_entity", {"entity_id": PRICE})
    assert refused["errors"] == {"entity_id": "no_price_told"}
    hass.config_entries.options.async_abort(refused["flow_id"])

    tell(30, 10)
    await choose(hass, loaded, "price_entity", {"entity_id": PRICE})
    await has(hub, kind="feed", currency="EUR")

    async def prices() -> list[float]:
        span = f"start={now:%Y-%m-%dT%H:%M:%SZ}&end={now + 3 * hour:%Y-%m-%dT%H:%M:%SZ}"
        found = (await ask(hub, "GET", f"tariff/prices?{span}"))["prices"]
        return [each["per_kwh"] for each in found if each["per_kwh"] is not None]

    async def known(*wanted: float) -> None:
        async def there() -> bool:
            return await prices() == list(wanted)

        await comes(there)

    await known(0.3, 0.1)
    tell(30, 10, 20)
    await known(0.3, 0.1, 0.2)


@pytest.mark.parametrize(
    ("state", "complaint"),
    [
        ("unavailable", "electricity_price is not available"),
        ("cheap", "electricity_price says no price that can be read: cheap"),
    ],
)
async def test_an_entity_that_says_no_price_is_complained_about_once(
    hass: HomeAssistant,
    hub: RunningHub,
    loaded: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
    state: str,
    complaint: str,
) -> None:
    hass.states.async_set(PRICE, "0.3", {"unit_of_measurement": "EUR/kWh"})
    await choose(hass, loaded, "price_entity", {"entity_id": PRICE})
    await has(hub, kind="feed", currency="EUR")
    for _ in range(3):
        hass.states.async_set(PRICE, state)
        await hass.async_block_till_done()
    await until(lambda: complaint in caplog.text)
    assert caplog.text.count(complaint) == 1
    caplog.set_level("INFO", "custom_components.kickwatt")
    hass.states.async_set(PRICE, "0.3", {"unit_of_measurement": "EUR/kWh"})
    await until(lambda: "has the tariff again" in caplog.text)


async def test_the_plan_waits_for_the_hours_that_the_entity_says_are_cheapest(
    hass: HomeAssistant, hub: RunningHub, loaded: MockConfigEntry
) -> None:
    begin = dt_util.utcnow().replace(minute=0, second=0, microsecond=0)
    hour = timedelta(hours=1)
    cheap = begin + 5 * hour
    rows = [
        {
            "start": begin + n * hour,
            "end": begin + (n + 1) * hour,
            "value": 10 if n in (5, 6) else 40,
        }
        for n in range(24)
    ]
    hass.states.async_set(
        PRICE, "40", {"unit_of_measurement": "ct/kWh", "raw_today": rows}
    )
    await choose(hass, loaded, "price_entity", {"entity_id": PRICE})
    what_if = {"hours": 2, "ready_by": f"{begin + 12 * hour:%H:%M}", "zone": "UTC"}

    async def planned() -> bool:
        plan = await ask(hub, "POST", "chargers/scooter/plan", what_if)
        runs = [
            tuple(datetime.fromisoformat(run[name]) for name in ("start", "end"))
            for run in plan["runs"]
        ]
        return runs == [(cheap, cheap + 2 * hour)]

    await comes(planned)


async def test_a_tariff_that_somebody_else_changed_is_put_right_after_a_reconnect(
    hass: HomeAssistant, hub: RunningHub, loaded: MockConfigEntry, hurried: None
) -> None:
    price = {"per_kwh": 0.95, "currency": "PLN"}
    await choose(hass, loaded, "fixed_price", price)
    await has(hub, kind="fixed", per_kwh=0.95)
    await ask(hub, "PUT", "tariff", {"kind": "fixed", "currency": "EUR", "per_kwh": 9})
    await loaded.runtime_data.live._ws.close()
    await has(hub, kind="fixed", per_kwh=0.95, currency="PLN")


type Scripted = Callable[..., Awaitable[Line]]

FIXED = {"kind": "fixed", "per_kwh": 0.95, "currency": "PLN"}
ENTITY = {"kind": "entity", "entity_id": PRICE}


@pytest.fixture
async def chosen(
    hass: HomeAssistant,
    scripted: ScriptedHub,
    scripted_entry: MockConfigEntry,
    hurried: None,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncGenerator[Scripted]:
    """Return how to connect to the scripted hub with a tariff chosen; tries again at once."""
    monkeypatch.setattr(tariff, "RETRY_S", 0.02)
    entries = hass.config_entries

    async def chosen(**wanted: Any) -> Line:
        entries.async_update_entry(scripted_entry, options={"tariff": wanted})
        setup = asyncio.create_task(entries.async_setup(scripted_entry.entry_id))
        line = await scripted.accept()
        await line.welcome()
        await setup
        return line

    yield chosen
    await entries.async_unload(scripted_entry.entry_id)


async def test_a_tariff_that_the_hub_refuses_is_complained_about_once_and_tried_again(
    chosen: Scripted, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "custom_components.kickwatt")
    line = await chosen(**FIXED)
    error = {"code": "invalid", "message": "Not in this currency."}
    for taken in (False, False, False, True):
        command = await line.hear("command")
        assert command["tariff"] == FIXED
        await line.say("result", id=command["id"], ok=taken, error=error)
    await until(lambda: "has the tariff again" in caplog.text)
    assert caplog.text.count("does not take the tariff: Not in this currency.") == 1


async def test_a_tariff_waits_until_the_hub_answers_again(
    scripted: ScriptedHub, chosen: Scripted, caplog: pytest.LogCaptureFixture
) -> None:
    scripted.tariff_status = 503
    line = await chosen(**FIXED)
    await until(lambda: scripted.tariff_asked > 2)
    scripted.tariff_status = 200
    assert (await line.hear("command"))["tariff"] == FIXED
    assert "take the tariff" not in caplog.text


@pytest.mark.parametrize(
    ("state", "core"),
    [(None, CoreState.starting), ("unknown", CoreState.running)],
)
async def test_an_entity_that_has_not_come_to_its_price_yet_is_waited_for(
    hass: HomeAssistant,
    chosen: Scripted,
    caplog: pytest.LogCaptureFixture,
    state: str | None,
    core: CoreState,
) -> None:
    hass.set_state(core)
    if state is not None:
        hass.states.async_set(PRICE, state)
    line = await chosen(**ENTITY)
    await hass.async_block_till_done()
    hass.states.async_set(PRICE, "0.3", {"unit_of_measurement": "EUR/kWh"})
    assert (await line.hear("command"))["tariff"] == {"kind": "feed", "currency": "EUR"}
    assert "price entity" not in caplog.text
    hass.set_state(CoreState.running)


async def test_a_price_without_a_forecast_is_told_further_with_each_hour(
    hass: HomeAssistant,
    scripted: ScriptedHub,
    chosen: Scripted,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The line stays, although an hour is let pass at once.
    monkeypatch.setattr(live, "SILENCE_S", 7200)
    scripted.tariff = {"tariff": {"kind": "feed", "currency": "EUR"}}
    hass.states.async_set(PRICE, "0.3", {"unit_of_measurement": "EUR/kWh"})
    line = await chosen(**ENTITY)

    async def told_until() -> datetime:
        command = await line.hear("command")
        assert command["command"] == "post_prices"
        await line.say("result", id=command["id"], ok=True)
        return datetime.fromisoformat(command["prices"][-1]["end"])

    first = await told_until()
    later = (dt_util.utcnow() + timedelta(hours=1)).replace(minute=0, second=0)
    monkeypatch.setattr("homeassistant.util.dt.utcnow", lambda: later)
    async_fire_time_changed(hass, later)
    assert await told_until() - first == timedelta(hours=1)
