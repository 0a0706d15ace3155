"""Everybody can use it: axe finds nothing against WCAG 2.2 AA in any view, and the keyboard reaches all."""

from typing import Literal

from playwright.async_api import Browser, expect
import pytest

from tests.support.hub_process import RunningHub
from tests.support.s1_device import S1Device

from .charges import tell_a_charge
from .looking import DESK, PHONE, Looker

VIEWS = {
    "now": "Garage scooter",
    "chargers": "Chargers",
    "add": "Add a charger",
    "chargers/scooter": "Limits",
    "history/scooter": "Battery health",
    "why/scooter": "The charge was over",
    "tariff": "When they charge",
    "nowhere": "There is no such page.",
}


@pytest.mark.parametrize(
    ("size", "theme"),
    [(DESK, "light"), (PHONE, "dark")],
    ids=["desk-light", "phone-dark"],
)
async def test_no_view_has_a_barrier(
    size: tuple[int, int],
    theme: Literal["light", "dark"],
    hub: RunningHub,
    board: S1Device,
    browser: Browser,
) -> None:
    await tell_a_charge(board, ended_s_ago=600)
    board.trips = ["over_current"]
    await board.report(0.0, state="tripped")
    token = await hub.add_token("admin")
    looker = await Looker.open(browser, hub.url, token, size=size, theme=theme)
    found = {}
    for path, text in VIEWS.items():
        await looker.go(path)
        await looker.sees(text)
        await looker.page.wait_for_load_state("networkidle")
        if barriers := await looker.barriers():
            found[path] = barriers
        assert not await looker.overflows(), path
    assert found == {}


async def test_the_login_has_no_barrier(browser: Browser, hub: RunningHub) -> None:
    looker = await Looker.open(browser, hub.url, None)
    await looker.go("")
    await expect(looker.button("Sign in")).to_be_visible()
    assert await looker.barriers() == []


async def test_the_keyboard_alone_switches_a_relay(
    looker: Looker, board: S1Device
) -> None:
    await board.report(0.0, state="off")
    await looker.go("now")
    switch = looker.page.get_by_role("switch")
    await expect(switch).to_be_enabled()
    await looker.page.keyboard.press("Tab")
    await expect(
        looker.page.get_by_role("link", name="Skip to content")
    ).to_be_focused()
    await looker.page.keyboard.press("Enter")
    await looker.page.keyboard.press("Tab")
    await expect(switch).to_be_focused()
    await looker.page.keyboard.press("Space")
    await expect(switch).to_contain_text("Switching on")
