"""A simulated energy meter with a house behind it, in which the scooter charges."""

from pathlib import Path
from typing import Final

import aiohttp

from .homeassistant import USER, HomeAssistant
from .parts import CHARGER_ID, Hub, program
from .process import Process, free_ports
from .screenshots import Picture

NAME: Final = "House"
LIMIT_S: Final = 120


async def start(hub: Hub, session: aiohttp.ClientSession, log: Path) -> Process:
    """Start it, add it to a hub that runs, and say that the scooter charges behind it."""
    (port,) = free_ports(1)
    process = await Process.start(
        "the simulated meter",
        program("kickwatt-sim"),
        *("meter", "--port", str(port)),
        log=log,
    )
    token = await hub.add_token(USER, "admin")
    added = await hub.call(
        session,
        token,
        "POST",
        "meters",
        {
            "host": "127.0.0.1",
            "port": port,
            "model": "sdm630",
            "name": NAME,
            "interval_s": 2,
            "site_meter": True,
        },
    )
    charger = f"sites/{added['site']}/chargers/{CHARGER_ID}"
    await hub.call(session, token, "PUT", charger)
    return process


async def show(hass: HomeAssistant) -> Picture:
    """Wait until Home Assistant shows what it measures, and give it to the energy dashboard."""
    power = f"sensor.{NAME.lower()}_power"

    def measures() -> bool:
        state = hass.states.get(power)
        return state is not None and state.number is not None

    await hass.until("the meter measures", measures, LIMIT_S)
    await hass.command(
        "energy/save_prefs",
        energy_sources=[
            {
                "type": "grid",
                "stat_energy_from": f"sensor.{NAME.lower()}_energy_import",
                "stat_energy_to": f"sensor.{NAME.lower()}_energy_export",
                "stat_rate": power,
                "cost_adjustment_day": 0,
            }
        ],
    )
    device = next(
        each["id"]
        for each in await hass.command("config/device_registry/list")
        if each["name"] == NAME
    )
    return Picture("meter", f"/config/devices/device/{device}", "text=Device info")
