"""Diagnostics tell much and no secrets."""

from datetime import datetime
import json
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
    get_diagnostics_for_device,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from syrupy.assertion import SnapshotAssertion
from syrupy.filters import props

from custom_components.kickwatt.const import DOMAIN
from custom_components.kickwatt.diagnostics import async_get_config_entry_diagnostics
from custom_components.kickwatt.models import Charger
from custom_components.kickwatt.recent import KEPT
from tests.integration.scripted_hub import CHARGER, HUB_ID, Line, ScriptedHub
from tests.support.hub_process import RunningHub
from tests.support.s1_device import S1Device
from tests.support.waiting import until

CHANGING = props(
    "created_at",
    "entry_id",
    "id",
    "last_seen",
    "lasted_s",
    "modified_at",
    "number",
    "recent",
    "run",
    "time",
    "unique_id",
)


async def test_an_entry_shows_everything_but_secrets(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    hub: RunningHub,
    board: S1Device,
    loaded: MockConfigEntry,
    snapshot: SnapshotAssertion,
) -> None:
    shown = await get_diagnostics_for_config_entry(hass, hass_client, loaded)
    assert shown == snapshot(exclude=CHANGING)
    text = json.dumps(shown)
    for secret in (loaded.data["token"], board.key, hub.url, "Garage"):
        assert secret not in text


async def test_a_device_shows_only_its_own_charger(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    hub: RunningHub,
    loaded: MockConfigEntry,
) -> None:
    await hub.add_charger("bike", name="Anna's bike")
    await until(lambda: "bike" in loaded.runtime_data.data)
    registry = dr.async_get(hass)

    async def shown(identifier: str) -> list[str]:
        device = registry.async_get_device_by_identifier(
            (DOMAIN, identifier), loaded.entry_id
        )
        assert device is not None
        diagnostics = await get_diagnostics_for_device(
            hass, hass_client, loaded, device
        )
        chargers = diagnostics["chargers"]
        assert isinstance(chargers, list)
        return [charger["id"] for charger in chargers]

    assert await shown(f"{hub.hub_id}-scooter") == ["scooter"]
    assert await shown(f"{hub.hub_id}-bike") == ["bike"]
    assert await shown(hub.hub_id) == ["scooter", "bike"]


def recent(of: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a diagnostics tells of its first charger's last messages, without their times."""
    told = of["chargers"][0]["recent"]
    assert all(datetime.fromisoformat(each.pop("received")).tzinfo for each in told)
    return told


async def test_of_the_last_messages_about_a_charger_only_what_is_new_is_told(
    hass: HomeAssistant, scripted_entry: MockConfigEntry, line: Line
) -> None:
    await line.change(11, name="Anna's", signal_dbm=-91)
    await line.happen(12, "tripped", trips=["over_current"])
    session = {"start": "2026-11-20T08:00:00Z"}
    await line.happen(13, "session_corrected", session=session)
    await line.change(14, name="Anna's", signal_dbm=-91, state="off")
    await until(lambda: data_of(scripted_entry).state == "off")
    told = recent(await async_get_config_entry_diagnostics(hass, scripted_entry))
    assert told == [
        {"event": "state"},
        {"event": "state", "changed": {"name": "changed", "signal_dbm": -91}},
        {
            "event": "tripped",
            "time": "2026-11-21T08:00:00Z",
            "by": "board",
            "reasons": ["over_current"],
        },
        {"event": "session_corrected", "start": "2026-11-20T08:00:00+00:00"},
        {"event": "state", "changed": {"state": "off"}},
    ]


async def test_only_the_last_messages_are_kept_and_none_of_a_charger_that_is_gone(
    hass: HomeAssistant, scripted_entry: MockConfigEntry, line: Line
) -> None:
    for number in range(11, 31):
        await line.change(number, signal_dbm=-number)
    await until(lambda: data_of(scripted_entry).signal_dbm == -30)
    told = recent(await async_get_config_entry_diagnostics(hass, scripted_entry))
    assert len(told) == KEPT
    assert told[-1]["changed"] == {"signal_dbm": -30}
    coordinator = scripted_entry.runtime_data
    await line.happen(31, "charger_removed")
    await until(lambda: not coordinator.data)
    assert coordinator.recent.about("scooter") == []


async def test_what_was_missed_is_among_the_last_messages(
    hass: HomeAssistant,
    scripted: ScriptedHub,
    scripted_entry: MockConfigEntry,
    line: Line,
) -> None:
    await line.hang_up()
    again = await scripted.accept()
    request = await again.greet()
    await again.say("resumed", id=request["id"], run="a", number=10, to=11)
    await again.change(11, signal_dbm=-99)
    await until(lambda: data_of(scripted_entry).signal_dbm == -99)
    shown = await async_get_config_entry_diagnostics(hass, scripted_entry)
    assert recent(shown)[-1] == {"event": "state", "changed": {"signal_dbm": -99}}
    # And after a fresh start, what is not there any more is forgotten.
    await again.hang_up()
    await (await scripted.accept()).welcome(CHARGER | {"id": "other"}, run="b")
    await until(lambda: "other" in scripted_entry.runtime_data.data)
    assert scripted_entry.runtime_data.recent.about("scooter") == []


async def test_a_lost_connection_says_why_and_how_often_it_was_tried_but_not_where(
    hass: HomeAssistant,
    scripted: ScriptedHub,
    scripted_entry: MockConfigEntry,
    line: Line,
) -> None:
    live = scripted_entry.runtime_data.live
    before = await async_get_config_entry_diagnostics(hass, scripted_entry)
    assert before["connection"]["connected"] is True
    assert before["connection"]["lasted_s"] >= 0
    assert before["connection"]["last_error"] is None
    await scripted.stop()
    await until(lambda: live.line.failures > 2)
    shown = await async_get_config_entry_diagnostics(hass, scripted_entry)
    connection = shown["connection"]
    assert connection["connected"] is False
    assert connection["lasted_s"] is None
    assert connection["failures"] > 2
    assert 0 < connection["delay_at_most_s"] <= 60
    assert connection["last_error"] == "CannotConnectError: ClientConnectorError"
    assert "127.0.0.1" not in json.dumps(shown, default=str)


async def test_a_device_shows_what_its_entities_show_without_their_names(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    line: Line,
    scripted_entry: MockConfigEntry,
) -> None:
    device = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, f"{HUB_ID}-scooter"), scripted_entry.entry_id
    )
    assert device is not None
    shown = await get_diagnostics_for_device(hass, hass_client, scripted_entry, device)
    entities = shown["entities"]
    assert isinstance(entities, dict)
    assert entities["sensor.power"] == "91.2"
    assert entities["select.mode"] == "ready_by"
    assert entities["sensor.last_seen"] == "disabled by integration"
    hass.states.async_remove("sensor.garage_scooter_power")
    again = await get_diagnostics_for_device(hass, hass_client, scripted_entry, device)
    assert again["entities"] == entities | {"sensor.power": "not there"}
    assert "garage" not in json.dumps(shown).lower()


async def test_open_repairs_are_told(
    hass: HomeAssistant, scripted_entry: MockConfigEntry, line: Line
) -> None:
    await line.change(11, trips=["over_current"], state="tripped")
    await until(lambda: bool(data_of(scripted_entry).problems))
    shown = await async_get_config_entry_diagnostics(hass, scripted_entry)
    assert shown["issues"] == [
        f"{HUB_ID}-charger-scooter:{issue}" for issue in ("silent", "tripped")
    ]


def data_of(entry: MockConfigEntry) -> Charger:
    """Return the scripted hub's charger as it is known."""
    charger: Charger = entry.runtime_data.data["scooter"]
    return charger
