"""Switching: what the board reports counts, and whoever ordered hears how it ended."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.integration.conftest import Load, Order, entry_for, state_of, states_of
from tests.integration.scripted_hub import CHARGER, Line, ScriptedHub
from tests.support.hub_process import RunningHub
from tests.support.s1_device import S1Device
from tests.support.waiting import until

SWITCH = "switch.garage_scooter_relay"


@asynccontextmanager
async def talking(board: S1Device) -> AsyncGenerator[None]:
    """Let a board send a message every now and then, as it does by itself."""

    async def talk() -> None:
        while True:
            await board.send()
            await asyncio.sleep(0.02)

    task = asyncio.create_task(talk())
    yield
    task.cancel()
    await asyncio.wait([task])


async def ordered(entry: MockConfigEntry) -> None:
    """Wait until the hub has said that the scooter has got an order."""
    await until(lambda: entry.runtime_data.data["scooter"].relay.pending)


@pytest.fixture
def impatient(hub: RunningHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the hub give a board no time to answer."""
    monkeypatch.setattr(hub.hub.context.control, "_answer_s", 0.1)


async def test_a_board_that_obeys_is_switched_on_and_off(
    hass: HomeAssistant, board: S1Device, loaded: MockConfigEntry, order: Order
) -> None:
    assert state_of(hass, SWITCH) == "off"
    async with talking(board):
        await order("turn_on")
        assert board.relay == 1
        await until(lambda: state_of(hass, SWITCH) == "on")
        await order("turn_off")
        assert board.relay == 0
        await until(lambda: state_of(hass, SWITCH) == "off")


async def test_until_the_board_reports_the_old_state_is_the_truth(
    hass: HomeAssistant, board: S1Device, loaded: MockConfigEntry, order: Order
) -> None:
    switching = asyncio.create_task(order("turn_on"))
    await ordered(loaded)
    await board.send()
    # The board has the order now, and the relay is closed; but it has not said so.
    assert board.relay == 1
    await asyncio.sleep(0.1)
    assert state_of(hass, SWITCH) == "off"
    assert not switching.done()
    await board.send()
    await switching
    await until(lambda: state_of(hass, SWITCH) == "on")


async def test_a_board_that_switches_by_itself_is_followed(
    hass: HomeAssistant, board: S1Device, loaded: MockConfigEntry
) -> None:
    board.relay, board.why = 1, "button"
    await board.send()
    await until(lambda: state_of(hass, SWITCH) == "on")


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("trip", "a safety stop is latched"),
        ("sensor", "its meter does not answer"),
        ("flapping", "switched too often"),
        ("ended", "has ended this charge by itself"),
    ],
)
async def test_a_board_that_refuses_is_quoted(
    hass: HomeAssistant,
    board: S1Device,
    loaded: MockConfigEntry,
    order: Order,
    reason: str,
    words: str,
) -> None:
    board.refuse_next = reason
    async with talking(board):
        with pytest.raises(HomeAssistantError, match=words) as refused:
            await order("turn_on")
    assert refused.value.translation_key == f"refused_{reason}"
    assert "Garage scooter" in str(refused.value)
    assert state_of(hass, SWITCH) == "off"


async def test_a_board_that_never_answers_times_out(
    hass: HomeAssistant,
    board: S1Device,
    loaded: MockConfigEntry,
    order: Order,
    impatient: None,
) -> None:
    with pytest.raises(HomeAssistantError, match="order was withdrawn") as late:
        await order("turn_on")
    assert late.value.translation_key == "timeout_on"
    # Withdrawn indeed: heard again, the board is not switched on.
    await board.send()
    assert board.relay == 0
    assert state_of(hass, SWITCH) == "off"


async def test_an_order_for_off_stands_when_the_board_does_not_answer(
    hass: HomeAssistant,
    board: S1Device,
    loaded: MockConfigEntry,
    order: Order,
    impatient: None,
) -> None:
    board.relay, board.why = 1, "button"
    await board.send()
    await until(lambda: state_of(hass, SWITCH) == "on")
    with pytest.raises(HomeAssistantError, match="The order stands") as late:
        await order("turn_off")
    assert late.value.translation_key == "timeout_off"
    await board.send()
    assert board.relay == 0
    await board.send()
    await until(lambda: state_of(hass, SWITCH) == "off")


async def test_off_does_not_wait_for_on(
    hass: HomeAssistant, board: S1Device, loaded: MockConfigEntry, order: Order
) -> None:
    on = asyncio.create_task(order("turn_on"))
    await ordered(loaded)
    off = asyncio.create_task(order("turn_off"))
    with pytest.raises(HomeAssistantError) as overtaken:
        await on
    assert overtaken.value.translation_key == "superseded"
    await board.send()
    await board.send()
    await off
    assert board.relay == 0


async def test_one_slow_board_does_not_hold_up_another(
    hass: HomeAssistant,
    hub: RunningHub,
    board: S1Device,
    loaded: MockConfigEntry,
    order: Order,
) -> None:
    key = await hub.add_charger("bike", name="Bike")
    async with S1Device(hub.device_url, "bike", key) as bike:
        await bike.report(0)
        await until(lambda: states_of(hass).get("switch.bike_relay") == "off")
        slow = asyncio.create_task(order("turn_on"))
        await ordered(loaded)
        async with talking(bike):
            await order("turn_on", "switch.bike_relay")
        assert not slow.done()
        async with talking(board):
            await slow


async def test_a_silent_charger_has_no_switch(
    hass: HomeAssistant, board: S1Device, load: Load, hub: RunningHub
) -> None:
    await load(await entry_for(hub))
    assert state_of(hass, SWITCH) == STATE_UNAVAILABLE


async def test_a_charger_that_takes_no_orders_has_no_switch(
    hass: HomeAssistant, hub: RunningHub, load: Load
) -> None:
    await hub.add_charger("old", name="Old tracker", kind="legacy")
    await load(await entry_for(hub))
    assert "sensor.old_tracker_current" in states_of(hass)
    assert not [each for each in states_of(hass) if each.startswith("switch.")]


@pytest.mark.parametrize(
    ("service", "code", "reason", "key"),
    [
        ("turn_on", "offline", None, "offline_on"),
        ("turn_off", "offline", None, "offline_off"),
        ("turn_on", "not_found", None, "not_found"),
        ("turn_on", "forbidden", None, "forbidden"),
        ("turn_on", "refused", "moon", "refused"),
        ("turn_on", "refused", None, "refused"),
        ("turn_on", "busy", None, "failed"),
        ("turn_on", "parade", None, "failed"),
    ],
)
async def test_every_answer_of_the_hub_has_its_words(
    line: Line, order: Order, service: str, code: str, reason: str | None, key: str
) -> None:
    switching = asyncio.create_task(order(service))
    command = await line.hear("command")
    error = {"code": code, "message": "Says the hub.", "reason": reason, "field": None}
    await line.say("result", id=command["id"], ok=False, error=error)
    with pytest.raises(HomeAssistantError) as refused:
        await switching
    assert refused.value.translation_key == key
    assert "Garage scooter" in str(refused.value)


async def test_a_command_that_the_hub_calls_invalid_is_the_callers_mistake(
    line: Line, order: Order
) -> None:
    switching = asyncio.create_task(order("turn_on"))
    command = await line.hear("command")
    error = {"code": "invalid", "message": "No.", "reason": None, "field": "relay"}
    await line.say("result", id=command["id"], ok=False, error=error)
    with pytest.raises(ServiceValidationError, match=r"No\."):
        await switching


async def test_a_hub_that_goes_away_in_the_middle_is_said_so(
    hass: HomeAssistant, scripted: ScriptedHub, line: Line, order: Order
) -> None:
    switching = asyncio.create_task(order("turn_on"))
    await line.hear("command")
    await line.hang_up()
    with pytest.raises(HomeAssistantError, match="connection to the hub") as away:
        await switching
    assert away.value.translation_key == "hub_away"
    await until(lambda: state_of(hass, SWITCH) == STATE_UNAVAILABLE)
    await (await scripted.accept()).welcome()
    await until(lambda: state_of(hass, SWITCH) == "on")


async def test_a_relay_of_which_nothing_is_known_is_unknown(
    hass: HomeAssistant, line: Line
) -> None:
    await line.change(11, relay=CHARGER["relay"] | {"reported": None})
    await until(lambda: state_of(hass, SWITCH) == STATE_UNKNOWN)
