"""Which chargers an action is about."""

from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.target import (
    TargetSelection,
    async_extract_referenced_entity_ids,
)

from .const import DOMAIN
from .coordinator import KickwattCoordinator

type Target = tuple[KickwattCoordinator, str]


@callback
def async_chargers_of(hass: HomeAssistant, call: ServiceCall) -> list[Target]:
    """Return the chargers that a call is aimed at, by entity, device, area, floor or label.

    What else there is in an area, on a floor or with a label is left alone. Raises ServiceValidationError when a device or
    an entity is named that is no charger's, or when there is no charger at all.
    """
    wanted = TargetSelection(call.data)
    found = async_extract_referenced_entity_ids(
        hass, wanted, primary_entities_only=False
    )
    devices, entities = found.referenced_devices, found.referenced
    named = (wanted.device_ids & devices) | _devices_of(hass, entities)
    around = _devices_of(hass, found.indirectly_referenced)

    chargers = _chargers(hass)
    if not named <= chargers.keys():
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="not_a_charger"
        )
    aimed_at = chargers.keys() & (named | devices | around)
    if not aimed_at:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="no_charger"
        )
    return [charger for device, charger in chargers.items() if device in aimed_at]


def _chargers(hass: HomeAssistant) -> dict[str, Target]:
    """Return the chargers of all hubs that are connected, by their devices."""
    registry = dr.async_get(hass)
    found: dict[str, Target] = {}
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        coordinator: KickwattCoordinator = entry.runtime_data
        ids = {coordinator.device_identifier(each): each for each in coordinator.data}
        for device in dr.async_entries_for_config_entry(registry, entry.entry_id):
            for identifier in device.identifiers & ids.keys():
                found[device.id] = coordinator, ids[identifier]
    return found


def _devices_of(hass: HomeAssistant, entity_ids: set[str]) -> set[str]:
    """Return the devices of entities; an entity without one stands for itself."""
    entities = er.async_get(hass)
    return {
        (entry and entry.device_id) or entity_id
        for entity_id in entity_ids
        for entry in [entities.async_get(entity_id)]
    }
