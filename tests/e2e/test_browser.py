"""A person at Home Assistant's frontend: from the discovered hub to a charge, a safety stop, and the way out of it."""

import asyncio
from pathlib import Path
import sys

import aiohttp
from kickwatt_demo import homeassistant
from kickwatt_demo.homeassistant import HomeAssistant
from kickwatt_demo.process import free_ports
from kickwatt_demo.supervisor import TOKEN, pretend_supervisor
from playwright.async_api import Locator, Page
import pytest

from kickwatt_sim.device import Device
from kickwatt_sim.faults import Injection

from .app import ROOT, App
from .browser import person
from .living_board import LivingBoard
from .running import board

SPEED = 60
NAME = "Scooter"


async def add_what_is_discovered(page: Page) -> None:
    await page.goto("/config/integrations/dashboard")
    await page.get_by_role("button", name="Add", exact=True).first.click()
    await page.get_by_role("button", name="Submit").click()
    await page.get_by_role("button", name="Skip and finish").click()


async def add_charger(page: Page, url: str) -> str:
    """Add a charger with Configure; return its key, as it is read from the dialog."""
    await page.goto("/config/integrations/integration/kickwatt")
    await page.get_by_role("button", name="Configure").first.click()
    await page.get_by_text("Add a charger").click()
    await page.get_by_role("textbox", name="Name").fill(NAME)
    await page.get_by_role("textbox", name="Address for the board").fill(url)
    # Its world is at another time than ours, and runs faster: nobody shall complain about its clock.
    await page.get_by_role("switch", name="Simulated").press("Space")
    await page.get_by_role("button", name="Submit").click()
    await page.locator("ha-qr-code canvas").wait_for()
    lines = await page.locator("ha-markdown code", has_text="KICKWATT_KEY").inner_text()
    await page.get_by_role("button", name="Submit").click()
    await page.get_by_text(f"Waiting until {NAME} reports").wait_for()
    return lines.split('KICKWATT_KEY = "')[1].split('"')[0]


async def make_a_dashboard(page: Page) -> None:
    await page.goto("/config/lovelace/dashboards")
    await page.get_by_text("Add dashboard").click()
    await page.get_by_text("Every charger with its switch").click()
    dialog = page.locator("dialog-lovelace-dashboard-detail")
    await dialog.locator("input:not([type=checkbox])").first.fill("Kickwatt")
    create = dialog.get_by_role("button", name="Create")
    await create.click()
    await create.wait_for(state="hidden")
    await page.goto("/dashboard-kickwatt")


async def shows(tile: Locator, text: str) -> None:
    await tile.get_by_text(text, exact=True).wait_for()


@pytest.mark.timeout(300)
async def test_a_person_finds_the_hub_watches_a_charge_and_clears_a_safety_stop(
    tmp_path: Path,
) -> None:
    supervisor_port, hass_port, port, device_port = free_ports(4)
    config = tmp_path / "home-assistant"
    homeassistant.seed(config, hass_port, ROOT / "custom_components")
    async with (
        pretend_supervisor(supervisor_port) as supervisor,
        aiohttp.ClientSession() as session,
    ):
        app = App(tmp_path, supervisor.address, port, device_port, Path(sys.executable))
        hub = await app.start()
        async with asyncio.timeout(60):
            await supervisor.told()  # Home Assistant asks once, at its start
        core = await homeassistant.start(
            config,
            tmp_path / "home-assistant.log",
            {"SUPERVISOR": supervisor.address, "SUPERVISOR_TOKEN": TOKEN},
        )
        hass = HomeAssistant(session, f"http://127.0.0.1:{hass_port}")
        try:
            async with asyncio.timeout(60):
                await hass.answers()
                await hass.onboard()
                await hass.is_running()
                await hass.connect()
            async with person(hass, tmp_path) as page:
                await add_what_is_discovered(page)
                url = f"http://127.0.0.1:{device_port}"
                key = await add_charger(page, url)

                def scooter() -> Device:
                    device = board(url, key, KICKWATT_REMOTE_CLEAR=1)
                    device.outlet.plug_in(charge=0.3)
                    return device

                with LivingBoard(scooter, SPEED) as living:
                    await page.get_by_text(f"{NAME} has reported").wait_for()
                    await look(page, living)
        finally:
            await hass.close()
            await core.stop()
            await hub.stop()


async def look(page: Page, scooter: LivingBoard) -> None:
    """What a person does and sees, once there is a charger."""
    await make_a_dashboard(page)
    relay = page.locator("hui-tile-card", has_text="Relay")
    switch = relay.locator("ha-control-switch")
    state = page.locator("hui-tile-card", has_text="Charging state")

    await switch.click()
    await shows(state, "Charging")
    await page.locator("ha-chart-base canvas").first.wait_for()
    await switch.click()
    await shows(relay, "Off")

    await switch.click()
    await shows(state, "Charging")
    faults: list[Injection] = []
    scooter.do(lambda device: faults.append(device.inject("runaway_current")))
    await shows(state, "Tripped")
    await shows(relay, "Off")
    scooter.do(lambda _: faults[0].end())

    await page.goto("/config/repairs")
    await page.get_by_text(f"{NAME} was switched off for safety").click()
    dialog = page.locator("dialog-repairs-issue, step-flow-form, ha-dialog")
    await dialog.get_by_text("Too much current").first.wait_for()
    await page.get_by_role("button", name="Submit").click()
    await page.get_by_text("The issue is repaired!").wait_for()
    await page.get_by_role("button", name="Finish").click()
    await page.get_by_text("There are currently no repairs pending").wait_for()

    # A stop that is cleared gives no power: that takes a person again.
    await page.goto("/dashboard-kickwatt")
    await shows(relay, "Off")
    await shows(state, "Off")
