"""The simulated world beside the hub, seen and changed on the page."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
import re
import subprocess

from kickwatt_demo.process import free_ports
from playwright.async_api import Browser, expect
import pytest

from tests.support.hub_process import RunningHub, running_hub
from tests.support.scooter import scooter

from .ingress import ingress
from .looking import DESK, PHONE, Looker


@dataclass
class Beside:
    """A hub, and a simulated scooter that reports to it."""

    hub: RunningHub
    process: subprocess.Popen[str]


@pytest.fixture
async def beside(tmp_path: Path, unused_tcp_port: int) -> AsyncIterator[Beside]:
    """A scooter whose clock is a day behind."""
    settings = {
        "simulator_control": str(unused_tcp_port),
        "ingress_from": "127.0.0.1",
    }
    async with running_hub(tmp_path / "data", **settings) as hub:
        key = await hub.add_charger("scooter", name="Garage scooter", simulated=True)
        with scooter(
            hub.device_url, key, control=unused_tcp_port, start="-24h"
        ) as running:
            yield Beside(hub, running.process)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
async def test_the_world_is_changed_below_the_sidebars_path_and_the_board_notices(
    beside: Beside, browser: Browser, size: tuple[int, int]
) -> None:
    (port,) = free_ports(1)
    olga = {"X-Remote-User-Id": "cd34", "X-Remote-User-Name": "olga"}
    with ingress(beside.hub.url, port, olga) as address:
        await _change_the_world(await Looker.open(browser, address, None, size=size))


async def _change_the_world(looker: Looker) -> None:
    page = looker.page
    await looker.go("now")
    await page.get_by_role("link", name="Simulator", exact=True).click()
    await looker.sees("What you do here happens to Garage scooter.")

    await page.get_by_label("How full").fill("55")
    await looker.button("Plug it in").click()
    await looker.sees("On the charger, 55 % full")

    await page.get_by_label("Times as fast as real time").fill("60")
    await looker.button("Set").click()
    await expect(page.get_by_role("log")).to_contain_text("> AT+", timeout=60_000)
    await expect(page.get_by_text(re.compile(r"[1-9]\d* delivered"))).to_be_visible()

    await page.get_by_label("What may break").select_option("http_error")
    await page.get_by_label("status", exact=True).fill("gremlins")
    await looker.button("Break it").click()
    await expect(page.get_by_role("alert")).to_contain_text("'status' of the fault")
    await page.get_by_label("status", exact=True).fill("603")
    await looker.button("Break it").click()
    await looker.button("Mend: http error").click()
    await looker.sees("Nothing is broken.")

    await page.get_by_label("What happens around the charger").select_option(
        "rough_day"
    )
    await looker.button("Play it from now on").click()
    await looker.sees("Playing: rough day")

    await looker.button("Pause").click()
    await expect(looker.button("Go on")).to_have_attribute("aria-pressed", "true")
    assert await looker.barriers() == []
    assert not await looker.overflows()
    assert looker.complaints == []


async def test_a_simulation_that_ends_is_said_to_be_silent(
    beside: Beside, browser: Browser
) -> None:
    token = await beside.hub.add_token("admin")
    looker = await Looker.open(browser, beside.hub.url, token)
    await looker.go("simulator")
    await looker.sees("How it stands")
    beside.process.kill()
    await expect(looker.page.get_by_role("alert")).to_contain_text("does not answer")
    assert looker.complaints == []


async def test_without_a_simulation_the_navigation_has_no_word_of_it(
    looker: Looker,
) -> None:
    await looker.go("now")
    await expect(looker.page.get_by_role("link", name="Manage")).to_be_visible()
    await expect(looker.page.get_by_role("link", name="Simulator")).to_have_count(0)
