"""A charger is added with Configure, at the real hub."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.integration.conftest import Load, states_of
from tests.integration.scripted_hub import Line
from tests.support.hub_process import RunningHub
from tests.support.s1_device import S1Device
from tests.support.waiting import until

NEW: dict[str, Any] = {"name": "Balcony bike", "simulated": False}


async def administering(hub: RunningHub) -> MockConfigEntry:
    """Return an entry whose token may add and remove chargers."""
    return MockConfigEntry(
        domain="kickwatt",
        title="Kickwatt",
        unique_id=hub.hub_id,
        data={"url": hub.url, "token": await hub.add_token("admin", user="admin")},
    )


@pytest.fixture
async def administered(hub: RunningHub, load: Load) -> MockConfigEntry:
    """Return the entry, set up, with such a token."""
    return await load(await administering(hub))


async def asked(hass: HomeAssistant, entry: MockConfigEntry) -> Any:
    """Return the form that asks for a charger."""
    menu = await hass.config_entries.options.async_init(entry.entry_id)
    assert menu["type"] is FlowResultType.MENU
    assert "add_charger" in menu["menu_options"]
    form = await hass.config_entries.options.async_configure(
        menu["flow_id"], {"next_step_id": "add_charger"}
    )
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == "add_charger"
    return form


async def test_a_charger_is_added_and_heard(
    hass: HomeAssistant, hub: RunningHub, administered: MockConfigEntry
) -> None:
    options = hass.config_entries.options
    form = await asked(hass, administered)
    shown = await options.async_configure(
        form["flow_id"], NEW | {"url": "http://home.example:8422"}
    )
    assert shown["step_id"] == "board"
    lines = shown["description_placeholders"]["settings"]
    assert 'KICKWATT_ID = "balcony-bike"' in lines
    assert 'KICKWATT_URL = "http://home.example:8422"' in lines
    (code,) = shown["data_schema"].schema.values()
    assert code.config["data"].strip() == lines

    waiting = await options.async_configure(shown["flow_id"], {})
    assert waiting["type"] is FlowResultType.SHOW_PROGRESS
    await until(lambda: "switch.balcony_bike_relay" in states_of(hass))
    # The task that waits must not be waited for here.
    (flow,) = options.async_progress()
    assert flow["step_id"] == "contact"

    key = lines.split('KICKWATT_KEY = "')[1].split('"')[0]
    async with S1Device(hub.device_url, "balcony-bike", key) as bike:
        await bike.report(0.4, state="idle")
    await hass.async_block_till_done()
    told = await options.async_configure(waiting["flow_id"])
    assert told["type"] is FlowResultType.ABORT
    assert told["reason"] == "charger_heard"
    assert told["description_placeholders"] == {"charger": "Balcony bike"}


async def test_a_dialog_that_is_closed_waits_no_longer(
    hass: HomeAssistant, hub: RunningHub, administered: MockConfigEntry
) -> None:
    options = hass.config_entries.options
    form = await asked(hass, administered)
    shown = await options.async_configure(form["flow_id"], NEW | {"simulated": True})
    await options.async_configure(shown["flow_id"], {})
    await until(lambda: "balcony-bike" in administered.runtime_data.data)
    options.async_abort(shown["flow_id"])
    await hass.async_block_till_done()
    assert options.async_progress() == []
    assert administered.runtime_data.data["balcony-bike"].simulated


@pytest.mark.parametrize(
    ("typed", "field", "error"),
    [
        ({"name": " "}, "name", "invalid_name"),
        ({"name": "x" * 101}, "name", "invalid_name"),
        ({"url": "the garage"}, "url", "invalid_url"),
    ],
)
async def test_what_the_hub_does_not_take_is_shown_at_its_field_and_mended(
    hass: HomeAssistant,
    administered: MockConfigEntry,
    typed: dict[str, str],
    field: str,
    error: str,
) -> None:
    options = hass.config_entries.options
    form = await asked(hass, administered)
    again = await options.async_configure(form["flow_id"], NEW | typed)
    assert again["errors"] == {field: error}
    shown = await options.async_configure(form["flow_id"], NEW)
    assert shown["step_id"] == "board"


async def test_a_token_that_may_not_add_is_told_which_one_is_needed(
    hass: HomeAssistant, hub: RunningHub, loaded: MockConfigEntry
) -> None:
    form = await asked(hass, loaded)
    again = await hass.config_entries.options.async_configure(form["flow_id"], NEW)
    assert again["errors"] == {"base": "may_not_add"}
    assert hub.hub.context.fleet.find("balcony-bike") is None


async def test_a_hub_that_is_lost_in_the_dialog_is_said_so(
    hass: HomeAssistant, hub: RunningHub, administered: MockConfigEntry
) -> None:
    form = await asked(hass, administered)
    await hub.hub.stop()
    again = await hass.config_entries.options.async_configure(form["flow_id"], NEW)
    assert again["errors"] == {"base": "hub_away"}


async def test_what_a_strange_hub_answers_is_shown(
    hass: HomeAssistant, line: Line, scripted_entry: MockConfigEntry
) -> None:
    form = await asked(hass, scripted_entry)
    again = await hass.config_entries.options.async_configure(form["flow_id"], NEW)
    assert again["errors"] == {"base": "failed"}
    assert again["description_placeholders"]["message"]


async def test_without_the_hub_nothing_can_be_set_up(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    assert await hass.config_entries.async_unload(loaded.entry_id)
    told = await hass.config_entries.options.async_init(loaded.entry_id)
    assert told["type"] is FlowResultType.ABORT
    assert told["reason"] == "hub_away"
