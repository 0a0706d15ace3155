"""What Home Assistant's system information says about the hubs."""

from typing import Any

from homeassistant.components import system_health
from homeassistant.core import HomeAssistant, callback
from homeassistant.loader import async_get_integration

from .const import DOMAIN
from .coordinator import KickwattCoordinator


@callback
def async_register(
    hass: HomeAssistant, register: system_health.SystemHealthRegistration
) -> None:
    """Offer the information."""
    register.async_register_info(_info)


async def _info(hass: HomeAssistant) -> dict[str, Any]:
    """Return how the hubs and their chargers are."""
    hubs: list[KickwattCoordinator] = [
        entry.runtime_data for entry in hass.config_entries.async_loaded_entries(DOMAIN)
    ]
    chargers = [charger for hub in hubs for charger in hub.data.values()]
    integration = await async_get_integration(hass, DOMAIN)
    return {
        "hubs": len(hass.config_entries.async_entries(DOMAIN)),
        "hubs_connected": sum(hub.live.connected for hub in hubs),
        "hub_versions": ", ".join(sorted({str(hub.live.version) for hub in hubs})),
        "integration_version": str(integration.version),
        "chargers": len(chargers),
        "chargers_online": sum(charger.online for charger in chargers),
    }
