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
    status = page.get_by_label("status", exact=True)
    await status.fill("700")
    assert not await status.evaluate("input => input.validity.valid")
    await status.fill("603")
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


async def test_a_further_charger_is_played_looked_at_and_stopped(
    beside: Beside, browser: Browser
) -> None:
    await beside.hub.add_charger("bike", name="Anna's e-bike", simulated=True)
    await beside.hub.add_charger("garage", name="With a real board")
    token = await beside.hub.add_token("admin")
    looker = await Looker.open(browser, beside.hub.url, token, size=PHONE)
    await looker.go("simulator")
    await looker.sees("Simulated, but not played here")
    await expect(looker.page.get_by_text("With a real board")).to_have_count(0)
    await looker.button("Let the simulator play this charger: Anna's e-bike").click()
    await looker.page.get_by_role("link", name="Anna's e-bike").click()
    await looker.sees("What you do here happens to Anna's e-bike.")
    await looker.sees("Playing: already plugged")
    await looker.button("Break it").click()
    await looker.sees("Mend")
    await looker.page.get_by_role("link", name="Garage scooter").click()
    await looker.sees("What you do here happens to Garage scooter.")
    await looker.sees("Nothing is broken.")
    assert await looker.barriers() == []
    assert not await looker.overflows()
    await looker.go("simulator/bike")
    await looker.button("Stop: Anna's e-bike").click()
    await looker.sees("The simulator does not play Anna's e-bike.")
    assert looker.complaints == []


async def test_a_charger_that_is_added_is_played_and_its_key_is_seen_no_more(
    beside: Beside, browser: Browser
) -> None:
    token = await beside.hub.add_token("admin")
    looker = await Looker.open(browser, beside.hub.url, token)
    await looker.go("add")
    await looker.page.get_by_label("Name", exact=True).fill("Anna's e-bike")
    await looker.page.get_by_role("radio", name="A simulated scooter").check()
    await looker.button("Add").click()
    play = looker.page.get_by_role(
        "button", name="Let the simulator play this charger", exact=True
    )
    await expect(play).to_be_visible()
    assert await looker.barriers() == []
    await play.click()
    await looker.sees("The simulator plays it.")
    assert not re.search("[0-9a-f]{64}", await looker.page.content())
    assert await looker.barriers() == []
    await looker.page.get_by_role("link", name="Look at its world").click()
    await looker.sees("What you do here happens to Anna's e-bike.")
    assert looker.complaints == []


async def test_each_new_key_of_a_simulated_charger_is_to_be_played_anew(
    beside: Beside, browser: Browser
) -> None:
    await beside.hub.add_charger("bike", name="Anna's e-bike", simulated=True)
    token = await beside.hub.add_token("admin")
    looker = await Looker.open(browser, beside.hub.url, token)
    await looker.go("chargers/bike")
    await looker.page.locator("summary", has_text="New key").click()
    play = looker.button("Let the simulator play this charger")
    for _ in range(2):
        await looker.page.get_by_role("button", name="New key", exact=True).click()
        await play.click()
        await expect(play).to_have_count(0)
        await looker.sees("The simulator plays it.")
    assert looker.complaints == []


@pytest.mark.parametrize(
    ("language", "fault", "scenario"),
    [
        ("en-GB", "no network", "bad reception"),
        ("de-DE", "Kein Mobilfunknetz", "Schlechter Empfang"),
        ("hi-IN", "नेटवर्क नहीं", "कमज़ोर सिग्नल"),
    ],
)
async def test_scenarios_and_faults_speak_the_readers_language(
    beside: Beside, browser: Browser, language: str, fault: str, scenario: str
) -> None:
    token = await beside.hub.add_token("admin")
    looker = await Looker.open(
        browser, beside.hub.url, token, size=PHONE, language=language
    )
    await looker.go("simulator")
    await looker.page.locator("#fault-fault").select_option(label=fault)
    await looker.page.locator("#scenario-scenario").select_option(label=scenario)
    english = looker.page.locator("p.sentence[lang=en]")
    await expect(english).to_have_count(2 if language == "en-GB" else 0)
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
