"""A simulated veCharge-style server of the old kind, with a second scooter on its charger."""

from pathlib import Path
from typing import Final

import aiohttp

from .homeassistant import USER, HomeAssistant
from .parts import Hub, program
from .process import Process, free_ports
from .screenshots import Picture

NAME: Final = "Street charger"
REMOTE_ID: Final = "test"
TOKEN: Final = "demo"
LIMIT_S: Final = 120


async def start(hub: Hub, session: aiohttp.ClientSession, log: Path) -> Process:
    """Start it, and add its charger to a hub that runs."""
    (port,) = free_ports(1)
    process = await Process.start(
        "the simulated veCharge-style server",
        program("kickwatt-sim"),
        *("vecharge", "--port", str(port), "--id", REMOTE_ID),
        *("--speed", "60", "--log", "1s"),
        log=log,
        environment={"KICKWATT_VECHARGE_TOKEN": TOKEN},
    )
    token = await hub.add_token(USER, "admin")
    where = {
        "url": f"http://127.0.0.1:{port}",
        "token": TOKEN,
        "remote_id": REMOTE_ID,
    }
    await hub.call(
        session,
        token,
        "POST",
        "chargers",
        {"name": NAME, "kind": "vecharge", "vecharge": where},
    )
    return process


async def show(hass: HomeAssistant) -> Picture:
    """Switch it on from Home Assistant, and wait until that shows what it measures."""
    entity = NAME.lower().replace(" ", "_")
    relay, power = f"switch.{entity}_relay", f"sensor.{entity}_power"

    def is_there() -> bool:
        state = hass.states.get(relay)
        return state is not None and state.state in ("on", "off")

    def charges() -> bool:
        state = hass.states.get(power)
        return state is not None and (state.number or 0.0) > 1

    await hass.until("the charger behind the server is there", is_there, LIMIT_S)
    await hass.act("switch.turn_on", relay)
    await hass.until("the charger behind the server charges", charges, LIMIT_S)
    device = next(
        each["id"]
        for each in await hass.command("config/device_registry/list")
        if each["name"] == NAME
    )
    return Picture("vecharge", f"/config/devices/device/{device}", "text=Device info")
