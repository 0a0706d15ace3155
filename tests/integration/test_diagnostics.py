"""Diagnostics tell much and no secrets."""

import json

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
from tests.support.hub_process import RunningHub
from tests.support.s1_device import S1Device
from tests.support.waiting import until

CHANGING = props(
    "created_at",
    "entry_id",
    "id",
    "last_seen",
    "modified_at",
    "number",
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
    await hub.add_charger("bike")
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
