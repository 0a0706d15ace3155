"""Diagnostics of Kickwatt hubs and chargers, to be attached to a report of a problem."""

from dataclasses import asdict
from typing import Any

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.const import CONF_TOKEN, CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceEntry

from .coordinator import KickwattConfigEntry

# The address may be a public one. Names may be people's.
TO_REDACT = {CONF_TOKEN, CONF_URL, "name", "title", "discovery_keys"}


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: KickwattConfigEntry
) -> dict[str, Any]:
    """Return what is known about a hub and its chargers."""
    coordinator = entry.runtime_data
    live = coordinator.live
    return {
        "entry": async_redact_data(entry.as_dict(), TO_REDACT),
        "hub": {
            "version": live.version,
            "connected": live.connected,
            "run": live.run,
            "number": live.number,
        },
        "chargers": [
            async_redact_data(asdict(charger), TO_REDACT)
            for charger in coordinator.data.values()
        ],
        "meters_and_sites": [
            async_redact_data(asdict(thing), TO_REDACT)
            for thing in coordinator.metering.things.values()
        ],
    }


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: KickwattConfigEntry, device: DeviceEntry
) -> dict[str, Any]:
    """Return what is known about one charger; about all of them for the hub itself."""
    diagnostics = await async_get_config_entry_diagnostics(hass, entry)
    if device.serial_number is not None:
        diagnostics["chargers"] = [
            charger
            for charger in diagnostics["chargers"]
            if charger["id"] == device.serial_number
        ]
    return diagnostics
