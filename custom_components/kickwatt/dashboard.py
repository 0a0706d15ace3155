"""The dashboard that Home Assistant offers under "new dashboard"."""

from pathlib import Path
from typing import Final

from homeassistant.components.frontend import add_extra_js_url
from homeassistant.components.http import StaticPathConfig
from homeassistant.core import HomeAssistant
from homeassistant.loader import async_get_integration

from .const import DOMAIN

STRATEGY: Final = Path(__file__).parent / "frontend" / "strategy.js"


async def async_offer_dashboard(hass: HomeAssistant) -> None:
    """Let the frontend load the dashboard's strategy, where there is a frontend."""
    if "frontend" not in hass.config.components:
        return
    # A browser keeps the file for a month: another version needs another address.
    version = (await async_get_integration(hass, DOMAIN)).version
    url = f"/{DOMAIN}/{version}/strategy.js"
    await hass.http.async_register_static_paths(
        [StaticPathConfig(url, str(STRATEGY), cache_headers=True)]
    )
    add_extra_js_url(hass, url)
