"""What an administrator manages: users, tokens, locations and meter models."""

from typing import Literal

import aiohttp
from playwright.async_api import Browser, Dialog, Locator, expect
import pytest

from tests.support.hub_process import RunningHub

from .looking import DESK, PHONE, Looker

VIEWS = {
    "meters": "No meters yet",
    "meters/add": "Its address in your network",
    "manage/users": "Administrator",
    "manage/tokens": "Revoke",
    "manage/locations": "Add a location",
    "manage/models": "Eastron SDM630",
}
MODEL = """
title = "Acme"
source = "its manual"
bidirectional = false
longest_read = 60
[defaults]
function_code = 4
kind = "float32"
[instantaneous]
active_power = { address = 0x000C, unit = "W" }
[cumulative]
energy_import = { address = 0x0048, unit = "kWh" }
"""


@pytest.fixture
async def looker(sidebar: Looker) -> Looker:
    """These views are looked at as Home Assistant's sidebar shows them."""
    return sidebar


def field(looker: Looker, name: str) -> Locator:
    return looker.page.get_by_label(name, exact=True)


def agree(looker: Looker) -> list[str]:
    """Say yes to every question; return the questions."""
    asked: list[str] = []

    async def say_yes(dialog: Dialog) -> None:
        asked.append(dialog.message)
        await dialog.accept()

    looker.page.on("dialog", say_yes)
    return asked


async def may(hub: RunningHub, token: str, method: str = "GET") -> int:
    """Return the status of asking with a token who one is."""
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as http,
        http.request(method, f"{hub.url}/api/v1/me") as answer,
    ):
        return answer.status


@pytest.mark.parametrize(
    ("size", "theme"),
    [(DESK, "dark"), (PHONE, "light")],
    ids=["desk-dark", "phone-light"],
)
async def test_no_view_of_the_administration_has_a_barrier(
    size: tuple[int, int],
    theme: Literal["light", "dark"],
    hub: RunningHub,
    browser: Browser,
) -> None:
    token = await hub.add_token("admin")
    looker = await Looker.open(browser, hub.url, token, size=size, theme=theme)
    found = {}
    for path, text in VIEWS.items():
        await looker.go(path)
        await looker.sees(text)
        if barriers := await looker.barriers():
            found[path] = barriers
        assert not await looker.overflows(), path
    assert found == {}
    assert looker.complaints == []


TITLES = {
    "de": "Benutzer",
    "it": "Utenti",
    "pl": "Użytkownicy",
    "hi": "उपयोगकर्ता",
    "ro": "Utilizatori",
}


async def test_the_administration_speaks_the_readers_language(
    hub: RunningHub, browser: Browser
) -> None:
    token = await hub.add_token("admin")
    for language, title in TITLES.items():
        looker = await Looker.open(
            browser, hub.url, token, size=PHONE, language=language
        )
        await looker.go("manage/users")
        await expect(looker.page.get_by_role("heading", level=1)).to_have_text(title)
        assert not await looker.overflows(), language


async def test_a_user_is_added_signs_in_gets_another_password_and_is_removed(
    looker: Looker, hub: RunningHub, browser: Browser
) -> None:
    await looker.go("manage/users")
    await field(looker, "Name").fill("ann")
    await field(looker, "Password").fill("short")
    await looker.button("Add a user").click()
    await expect(field(looker, "Password")).to_have_attribute("aria-invalid", "true")
    await field(looker, "Password").fill("the first password")
    await looker.button("Add a user").click()
    await looker.page.locator("summary", has_text="ann").click()
    own = looker.page.locator(
        "details", has=looker.page.locator("summary", has_text="ann")
    )
    await own.get_by_label("New password").fill("the second password")
    await own.get_by_role("button", name="Change password").click()
    await expect(own.get_by_text("Saved")).to_be_visible()
    other = await Looker.open(browser, hub.url, None)
    await other.go("")
    await field(other, "Name").fill("ann")
    await field(other, "Password").fill("the second password")
    await other.button("Sign in").click()
    await other.sees("No chargers yet")
    await expect(other.page.get_by_role("link", name="Manage")).to_have_count(0)
    asked = agree(looker)
    await own.get_by_role("button", name="Remove").click()
    await expect(own).to_have_count(0)
    assert "ann" in asked[0]


async def test_a_name_that_is_taken_is_said(looker: Looker) -> None:
    await looker.go("manage/users")
    await field(looker, "Name").fill("owner")
    await field(looker, "Password").fill("a long enough password")
    await looker.button("Add a user").click()
    await expect(looker.page.get_by_role("alert")).to_contain_text("owner")


async def test_a_token_is_shown_once_works_and_is_revoked(
    looker: Looker, hub: RunningHub
) -> None:
    await looker.go("manage/tokens")
    await field(looker, "What for?").fill("Home Assistant")
    await field(looker, "May").select_option("read")
    await looker.button("New token").click()
    secret = (await looker.page.locator("pre").inner_text()).strip()
    assert await may(hub, secret) == 200
    await looker.page.reload()
    await looker.sees("Home Assistant")
    await expect(looker.page.get_by_text(secret)).to_have_count(0)
    agree(looker)
    await looker.button("Revoke: Home Assistant").click()
    await expect(looker.button("Revoke: Home Assistant")).to_have_count(0)
    assert await may(hub, secret) == 401


async def test_a_location_is_added_changed_and_removed_and_a_wrong_code_is_said_at_its_field(
    looker: Looker,
) -> None:
    await looker.go("manage/locations")
    await looker.sees("No locations yet")
    for name, value in {
        "Street": "Long Street",
        "Number": "7",
        "City": "Katowice",
        "Postal code": "40750",
    }.items():
        await field(looker, name).fill(value)
    await looker.button("Add a location").click()
    await expect(field(looker, "Postal code")).to_have_attribute("aria-invalid", "true")
    await field(looker, "Postal code").fill("40-750")
    await looker.button("Add a location").click()
    one = looker.page.locator("details", has_text="Long Street 7, Katowice")
    await one.locator("summary").click()
    await one.get_by_label("Number").fill("9")
    await one.get_by_role("button", name="Save").click()
    changed = looker.page.locator("details", has_text="Long Street 9, Katowice")
    await expect(changed).to_be_visible()
    agree(looker)
    await changed.get_by_role("button", name="Remove").click()
    await looker.sees("No locations yet")


async def test_a_model_is_added_from_a_file_shows_its_registers_and_a_mistake_in_it_is_said(
    looker: Looker,
) -> None:
    await looker.go("manage/models")
    await field(looker, "Short name").fill("acme")
    await field(looker, "Its file").fill(MODEL.replace("0x000C", "70000"))
    await looker.button("Add a model").click()
    await expect(field(looker, "Its file")).to_have_attribute("aria-invalid", "true")
    await field(looker, "Its file").fill(MODEL)
    await looker.button("Add a model").click()
    one = looker.page.locator("details", has_text="acme")
    await one.locator("summary").click()
    await expect(one.get_by_role("row", name="Power")).to_contain_text("0x000C")
    agree(looker)
    await one.get_by_role("button", name="Remove").click()
    await expect(one).to_have_count(0)
