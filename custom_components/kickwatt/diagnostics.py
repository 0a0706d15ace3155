"""Diagnostics of Kickwatt hubs and chargers, to be attached to a report of a problem."""

from collections import Counter
from dataclasses import asdict, replace
from typing import Any

from homeassistant.components.diagnostics import REDACTED, async_redact_data
from homeassistant.const import CONF_TOKEN, CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.helpers.device_registry import DeviceEntry

from .const import DOMAIN
from .coordinator import KickwattConfigEntry, KickwattCoordinator
from .meters import Thing
from .models import Charger

# The address may be a public one. Names may be people's.
TO_REDACT = {CONF_TOKEN, CONF_URL, "title", "discovery_keys"}


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: KickwattConfigEntry
) -> dict[str, Any]:
    """Return what is known about a hub and its chargers."""
    coordinator = entry.runtime_data
    return {
        **_of_hub(hass, entry),
        "chargers": [
            _of_charger(coordinator, charger) for charger in coordinator.data.values()
        ],
        "meters_and_sites": [
            _of_thing(thing) for thing in coordinator.metering.things.values()
        ],
    }


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: KickwattConfigEntry, device: DeviceEntry
) -> dict[str, Any]:
    """Return what is known about one charger, meter or site; about all of them for the hub itself."""
    coordinator = entry.runtime_data
    if (DOMAIN, coordinator.hub_id) in device.identifiers:
        return await async_get_config_entry_diagnostics(hass, entry)

    def is_it(key: str) -> bool:
        return coordinator.device_identifier(key) in device.identifiers

    return {
        **_of_hub(hass, entry),
        "chargers": [
            _of_charger(coordinator, charger)
            for charger in coordinator.data.values()
            if is_it(charger.id)
        ],
        "meters_and_sites": [
            _of_thing(thing)
            for key, thing in coordinator.metering.things.items()
            if is_it(key)
        ],
        "entities": _entities(hass, coordinator, device),
    }


def _of_hub(hass: HomeAssistant, entry: KickwattConfigEntry) -> dict[str, Any]:
    """Return what there is to know about a hub and the connection to it."""
    coordinator = entry.runtime_data
    live = coordinator.live
    return {
        "entry": async_redact_data(entry.as_dict(), TO_REDACT),
        "hub": {
            "version": live.version,
            "newest_firmware": live.firmware,
            "token_scope": live.scope,
            "run": live.run,
            "number": live.number,
        },
        "connection": asdict(live.line),
        "counts": _counts(hass, entry),
        "issues": sorted(
            issue_id
            for domain, issue_id in ir.async_get(hass).issues
            if domain == DOMAIN and coordinator.hub_id in issue_id
        ),
    }


def _counts(hass: HomeAssistant, entry: KickwattConfigEntry) -> dict[str, Any]:
    """Return how many there are of what."""
    coordinator = entry.runtime_data
    chargers = coordinator.data.values()
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    return {
        "chargers": len(chargers),
        "chargers_online": sum(charger.online for charger in chargers),
        "chargers_by_kind": Counter(str(charger.kind) for charger in chargers),
        "chargers_by_state": Counter(str(charger.state) for charger in chargers),
        "meters_and_sites": len(coordinator.metering.things),
        "entities": len(entities),
        "entities_disabled": sum(each.disabled for each in entities),
    }


def _of_charger(coordinator: KickwattCoordinator, charger: Charger) -> dict[str, Any]:
    """Return a charger as it is now, and what was told of it last."""
    return {
        **asdict(replace(charger, name=REDACTED)),
        "recent": coordinator.recent.about(charger.id),
    }


def _of_thing(thing: Thing) -> dict[str, Any]:
    """Return a meter or a site as it is now."""
    return asdict(replace(thing, name=REDACTED))


def _entities(
    hass: HomeAssistant, coordinator: KickwattCoordinator, device: DeviceEntry
) -> dict[str, str]:
    """Return what a device's entities show, by platform and key: their ids are made from names."""
    found = er.async_entries_for_device(
        er.async_get(hass), device.id, include_disabled_entities=True
    )
    return {
        f"{each.domain}.{each.unique_id.rpartition('-')[2]}": _shown(hass, each)
        for each in found
        if each.platform == DOMAIN
    }


def _shown(hass: HomeAssistant, entity: er.RegistryEntry) -> str:
    """Return what an entity shows."""
    if entity.disabled_by is not None:
        return f"disabled by {entity.disabled_by}"
    state = hass.states.get(entity.entity_id)
    return "not there" if state is None else state.state
