"""Energy meters and sites: added, watched, changed, and taken away."""

from collections.abc import AsyncIterator
import re
from typing import Any

from kickwatt_demo.process import free_ports
from playwright.async_api import Dialog, Locator, expect
import pytest

from kickwatt_sim.energy_meter import House, SimulatedMeter
from tests.support.hub_process import RunningHub
from tests.support.s1_device import S1Device
from tests.support.waiting import until

from .looking import Looker


@pytest.fixture
async def house() -> AsyncIterator[SimulatedMeter]:
    """A simulated SDM630 with a house behind it."""
    async with SimulatedMeter(House()) as meter:
        yield meter


@pytest.fixture
async def looker(sidebar: Looker) -> Looker:
    """These views are looked at as Home Assistant's sidebar shows them."""
    return sidebar


def field(looker: Looker, name: str) -> Locator:
    return looker.page.get_by_label(name, exact=True)


async def add(looker: Looker, host: str, port: int, *, name: str) -> None:
    """Add a meter through the page, asked every second."""
    await looker.go("meters/add")
    await field(looker, "Name").fill(name)
    await field(looker, "Host").fill(host)
    await field(looker, "Port").fill(str(port))
    await field(looker, "Asked every").fill("1")
    await looker.page.get_by_label("Site meter").check()
    await looker.button("Add a meter").click()
    await expect(looker.page.get_by_role("heading", level=1)).to_have_text(name)


async def test_a_meter_is_added_from_the_empty_view_and_its_values_are_live_and_become_history(
    looker: Looker, house: SimulatedMeter
) -> None:
    await looker.go("meters")
    await looker.sees("No meters yet")
    await looker.page.get_by_role("link", name="Add a meter").click()
    await expect(looker.page.get_by_role("heading", level=1)).to_have_text(
        "Add a meter"
    )
    await add(looker, house.host, house.port, name="House")
    await looker.sees("Answers, asked every 1 s")
    power = looker.page.get_by_role("row", name="Power L1")
    await expect(power).to_contain_text(" W")
    await expect(looker.page.get_by_role("row", name="Energy in all")).to_contain_text(
        "kWh"
    )
    await field(looker, "Measurement").select_option("voltage_l1")
    await looker.button("Day").click()
    await expect(looker.page.get_by_role("img", name="Voltage L1 from")).to_be_visible()
    assert not await looker.overflows()
    assert looker.complaints == []


async def test_a_site_shows_its_chargers_against_its_meter_and_the_unexplained_rest(
    phone: Looker, house: SimulatedMeter, board: S1Device
) -> None:
    looker = phone
    await board.report(92.0, state="charging")
    await add(looker, house.host, house.port, name="House")
    await looker.sees("Answers, asked every 1 s")
    await looker.go("meters")
    site = looker.page.get_by_role("region").filter(has_text="Whole site")
    await site.get_by_text("Which chargers stand here?").click()
    await site.get_by_label("Garage scooter").check()
    await expect(site.get_by_text("92 W")).to_be_visible()
    await expect(site.get_by_role("img", name="of the power")).to_be_visible()
    await expect(site.get_by_text("Everything else")).to_be_visible()
    assert not await looker.overflows()


async def test_a_dead_meter_says_why_and_when_it_is_asked_again(
    looker: Looker, hub: RunningHub
) -> None:
    (nobody,) = free_ports(1)
    await add(looker, "127.0.0.1", nobody, name="Cellar")
    state = looker.page.get_by_role("status").filter(has_text="Has never answered")
    await expect(state).to_contain_text("cannot be reached")
    await expect(state).to_contain_text("Asked again at")


async def test_what_is_wrong_with_a_meter_is_said_at_its_field(looker: Looker) -> None:
    await looker.go("meters/add")
    await field(looker, "Host").fill("my meter")
    await looker.button("Add a meter").click()
    host = field(looker, "Host")
    await expect(host).to_have_attribute("aria-invalid", "true")
    described = await host.get_attribute("aria-describedby")
    await expect(looker.page.locator(f"#{described} [role=alert]")).to_be_visible()


async def test_a_meter_is_renamed_and_removed_after_a_question(
    looker: Looker, house: SimulatedMeter, hub: RunningHub
) -> None:
    await add(looker, house.host, house.port, name="House")
    await looker.page.get_by_role("link", name="Settings").click()
    await field(looker, "Name").fill("Whole house")
    await looker.button("Save").click()
    await looker.sees("Settings of Whole house")
    asked: list[str] = []

    async def agree(dialog: Dialog) -> None:
        asked.append(dialog.message)
        await dialog.accept()

    looker.page.on("dialog", agree)
    await looker.page.locator("summary", has_text="Remove this meter").click()
    await looker.button("Remove this meter").click()
    await expect(looker.page).to_have_url(re.compile("#/meters$"))
    assert "cannot be undone" in asked[0]
    await until(lambda: hub.hub.context.meters.snapshot() == [])
    await looker.sees("No meters yet")
    gone = looker.page.get_by_text("Whole house", exact=True)
    await expect(gone).to_have_count(0)


async def test_who_may_only_look_is_offered_nothing_to_change(
    looker: Looker, hub: RunningHub, house: SimulatedMeter, browser: Any
) -> None:
    await add(looker, house.host, house.port, name="House")
    reader = await Looker.open(browser, hub.url, await hub.add_token("read"))
    await reader.go("meters")
    await expect(reader.page.get_by_role("link", name="House")).to_be_visible()
    await expect(reader.page.get_by_role("link", name="Add a meter")).to_have_count(0)
    await expect(reader.page.get_by_role("link", name="Manage")).to_have_count(0)
    await reader.go("manage/users")
    await reader.sees("You may look, but not change this.")
