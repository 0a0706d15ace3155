"""The dashboard of the demo: the integration's own, chosen the way a person chooses it, over Home Assistant's API."""

from typing import Final

from .charge import Entities
from .homeassistant import HomeAssistant

URL_PATH: Final = "kickwatt-demo"
PATH: Final = f"/{URL_PATH}/charging"
SHOWS: Final = "ha-chart-base canvas"
"""What is drawn last."""


async def make(
    hass: HomeAssistant, name: str, entities: Entities, *, hours_shown: float
) -> None:
    """Make the dashboard and point the energy dashboard at the charger.

    `hours_shown` is how much of its past the graph shows: an accelerated charge is over in minutes.
    """
    await hass.command(
        "lovelace/dashboards/create",
        url_path=URL_PATH,
        title="Kickwatt",
        icon="mdi:scooter-electric",
        mode="storage",
        show_in_sidebar=True,
        require_admin=False,
    )
    await hass.command(
        "lovelace/config/save",
        url_path=URL_PATH,
        config={"strategy": {"type": "custom:kickwatt", "hours_to_show": hours_shown}},
    )
    await hass.command(
        "energy/save_prefs",
        energy_sources=[],
        device_consumption=[
            {
                "stat_consumption": entities["energy"],
                "stat_rate": entities["power"],
                "name": name,
            }
        ],
    )
