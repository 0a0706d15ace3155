"""Kickwatt: what an e-scooter does on its charger, and the power cut when it is full."""

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType

from .const import DOMAIN
from .coordinator import KickwattConfigEntry, KickwattCoordinator
from .corrections import async_correct_statistics
from .dashboard import async_offer_dashboard
from .issues import async_complain_about_hub, async_forget_hub, async_watch_chargers
from .owner import async_follow_names, async_remove_config_entry_device
from .services import async_register_actions
from .tariff import async_keep_tariff

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)

__all__ = ["async_remove_config_entry_device"]

PLATFORMS: list[Platform] = [
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.EVENT,
    Platform.NUMBER,
    Platform.SELECT,
    Platform.SENSOR,
    Platform.SWITCH,
    Platform.TIME,
    Platform.UPDATE,
]


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Offer what does not belong to a single hub."""
    async_register_actions(hass)
    await async_offer_dashboard(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: KickwattConfigEntry) -> bool:
    """Set up a hub from a config entry."""
    coordinator = KickwattCoordinator(hass, entry)
    try:
        await coordinator.async_config_entry_first_refresh()
    finally:
        async_complain_about_hub(hass, entry, coordinator.misfit)
    coordinator.async_start()
    entry.runtime_data = coordinator
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    async_watch_chargers(hass, entry)
    async_follow_names(hass, entry)
    async_keep_tariff(hass, coordinator)
    if "recorder" in hass.config.components:
        async_correct_statistics(hass, entry.runtime_data)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: KickwattConfigEntry) -> bool:
    """Unload a config entry."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_entry(hass: HomeAssistant, entry: KickwattConfigEntry) -> None:
    """Take back what a hub has left with Home Assistant."""
    assert entry.unique_id is not None
    async_forget_hub(hass, entry.unique_id)
