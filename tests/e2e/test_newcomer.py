"""Somebody who has never seen Kickwatt does what the README promises, with nothing but its words."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
import re
import signal

from kickwatt_demo.screenshots import browser
from playwright.async_api import Page, async_playwright, expect
import pytest

from .test_demo import SPEED, mark, start, until_it_says

__all__ = ["mark"]  # a fixture

README = (Path(__file__).parents[2] / "README.md").read_text()
PATIENCE_MS = 90_000  # a board has to start, and to find its network
A_CHARGE_MS = 200_000


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    """A browser's tab; what it shows last is kept as a picture."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=browser(), args=["--no-sandbox", "--disable-gpu"]
        )
        page = await chromium.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(PATIENCE_MS)
        yield page
        await page.screenshot(path=tmp_path / "last.png", full_page=True)
        await chromium.close()


async def see_the_demo(page: Page, said: str, name: str, password: str) -> None:
    """The dashboard in Home Assistant, where the scooter charges."""
    dashboard = re.search(r"(http://\S+/kickwatt-demo/\S+)", said)
    assert dashboard is not None
    await page.goto(dashboard[1])
    await page.locator("input[name=username]").fill(name)
    await page.locator("input[name=password]").fill(password)
    await page.locator("input[name=password]").press("Enter")
    await expect(page.get_by_text("Garage scooter").first).to_be_visible()
    await expect(page.get_by_text("Charging", exact=True).first).to_be_visible()


@pytest.mark.needs("chromium")
@pytest.mark.timeout(400)
async def test_from_the_demo_to_why_the_power_went_off(
    tmp_path: Path, mark: str, page: Page
) -> None:
    expect.set_options(timeout=PATIENCE_MS)
    for promise in (
        "scripts/demo",
        "--speed",
        "*A simulated scooter*",
        "*Let the simulator play this charger*",
    ):
        assert promise in README
    demo = start(mark, tmp_path, "--speed", SPEED)
    began = datetime.now(UTC) - timedelta(days=1)
    until_it_says("password", tmp_path, demo)
    said = (tmp_path / "progress.log").read_text()
    address = re.search(r"The hub's own page: (http://\S+)", said)
    user = re.search(r"user (\S+), password (\S+)", said)
    assert address is not None
    assert user is not None
    try:
        until_it_says("switched the charger on", tmp_path, demo)
        await see_the_demo(page, said, user[1], user[2])

        await page.goto(address[1])
        await page.get_by_label("Name", exact=True).fill(user[1])
        await page.get_by_label("Password", exact=True).fill(user[2])
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("article", name="Garage scooter")).to_be_visible()

        # A second simulated charger.
        await page.get_by_role("link", name="Chargers", exact=True).click()
        await page.get_by_role("link", name="Add a charger").click()
        await page.get_by_label("Name", exact=True).fill("Anna's e-bike")
        await page.get_by_role("radio", name="A simulated scooter").check()
        await page.get_by_role("button", name="Add", exact=True).click()
        await page.get_by_role(
            "button", name="Let the simulator play this charger", exact=True
        ).click()
        await expect(page.get_by_text("It has been heard")).to_be_visible()
        await expect(page.get_by_text("First reading: 0.0 W at")).to_be_visible()
        await page.get_by_role("link", name="Go to Now").click()
        await expect(page.get_by_role("article", name="Anna's e-bike")).to_be_visible()

        # Yesterday's charge.
        await page.get_by_role("link", name="History", exact=True).click()
        await page.get_by_label("Charger").select_option(label="Garage scooter")
        charge = page.locator("a.line").last
        await expect(charge).to_contain_text("full", timeout=A_CHARGE_MS)
        await charge.click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("yesterday")
        await expect(
            page.get_by_text("the power had fallen, and stayed low")
        ).to_be_visible()

        # Why the power went off: board and hub look for the end by one rule, and either may be first.
        why = page.get_by_role("article").filter(has_text="The charge was over")
        off = await why.last.locator("time").get_attribute("datetime")
        assert off is not None
        assert began < datetime.fromisoformat(off) < began + timedelta(hours=6)
        await why.last.get_by_text("The readings behind it").click()
        await expect(why.last.get_by_role("img")).to_be_visible()

        # Another cut-off.
        await page.get_by_role("link", name="Chargers", exact=True).click()
        await page.get_by_role("link", name="Garage scooter").click()
        await page.get_by_role("spinbutton", name="Cut-off").fill("12")
        await page.get_by_role("button", name="Save").first.click()
        await expect(page.get_by_text("Saved", exact=True)).to_be_visible()
        unconfirmed = page.get_by_text("The board has not yet confirmed")
        await expect(unconfirmed).to_have_count(0)
        await page.reload()
        await expect(page.get_by_role("spinbutton", name="Cut-off")).to_have_value("12")
    finally:
        demo.send_signal(signal.SIGINT)
        demo.communicate(timeout=60)
    assert demo.returncode == 0, (tmp_path / "progress.log").read_text()
