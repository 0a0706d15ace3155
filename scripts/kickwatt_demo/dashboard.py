"""The dashboard of the demo, made the way a person makes one: over Home Assistant's own API."""

from typing import Any, Final

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
        title="Charging",
        icon="mdi:scooter-electric",
        mode="storage",
        show_in_sidebar=True,
        require_admin=False,
    )
    await hass.command(
        "lovelace/config/save",
        url_path=URL_PATH,
        config=layout(name, entities, hours_shown),
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


def layout(name: str, entities: Entities, hours_shown: float) -> dict[str, Any]:
    """The dashboard: on the left what one looks at and switches, on the right the curve."""
    full = {"columns": "full"}
    now = [
        {"type": "heading", "heading": name, "icon": "mdi:scooter-electric"},
        {
            "type": "tile",
            "entity": entities["relay"],
            "name": "Power to the charger",
            "icon": "mdi:power-socket-de",
            "features": [{"type": "toggle"}],
            "grid_options": full,
        },
        {
            "type": "tile",
            "entity": entities["charging_state"],
            "name": "State",
            "color": "green",
        },
        {
            "type": "tile",
            "entity": entities["charging"],
            "name": "Battery",
            "color": "green",
        },
        {"type": "tile", "entity": entities["power"], "name": "Power"},
        {"type": "tile", "entity": entities["current"], "name": "Current"},
        {"type": "tile", "entity": entities["voltage"], "name": "Voltage"},
        {"type": "tile", "entity": entities["signal_strength"], "name": "GSM signal"},
        {
            "type": "tile",
            "entity": entities["mode"],
            "name": "Charges",
            "features": [{"type": "select-options"}],
            "grid_options": full,
        },
        {
            "type": "tile",
            "entity": entities["cutoff"],
            "name": "Full when below",
            "features": [{"type": "numeric-input", "style": "buttons"}],
            "grid_options": full,
        },
    ]
    past = [
        {"type": "heading", "heading": "This charge", "icon": "mdi:chart-bell-curve"},
        {
            "type": "tile",
            "entity": entities["session_energy"],
            "name": "Charged",
            "color": "amber",
        },
        {
            "type": "tile",
            "entity": entities.later("session_cost"),
            "name": "Cost",
            "color": "amber",
        },
        {
            "type": "tile",
            "entity": entities["estimated_full"],
            "name": "Full at",
            # By the scooter's clock, which is not yours: "in two hours" would be wrong.
            "time_format": "time",
            "color": "green",
        },
        {
            "type": "tile",
            "entity": entities["energy"],
            "name": "Meter",
            "icon": "mdi:meter-electric",
            "color": "amber",
        },
        {
            "type": "history-graph",
            "title": "Power",
            "hours_to_show": hours_shown,
            "entities": [{"entity": entities["power"], "name": "Power"}],
            "grid_options": {**full, "rows": 6},
        },
        {
            "type": "history-graph",
            "hours_to_show": hours_shown,
            "entities": [
                {"entity": entities["charging_state"], "name": "State"},
                {"entity": entities["relay"], "name": "Power"},
            ],
            "grid_options": full,
        },
    ]
    return {
        "views": [
            {
                "title": "Charging",
                "type": "sections",
                "path": PATH.rpartition("/")[2],
                "max_columns": 3,
                "sections": [
                    {"type": "grid", "cards": now},
                    {"type": "grid", "column_span": 2, "cards": past},
                ],
            }
        ]
    }
