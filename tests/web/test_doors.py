"""How people get in: by a password on the LAN, through Home Assistant's sidebar, and again after the hub was away."""

from pathlib import Path

from kickwatt_demo.process import free_ports
from playwright.async_api import Browser, expect

from tests.support.hub_process import RunningHub, running_hub
from tests.support.s1_device import S1Device

from .ingress import PREFIX, ingress
from .looking import PHONE, Looker
from .mortal import Mortal

SUPERVISOR = "127.0.0.1"
PASSWORD = "a long enough password"


async def test_a_person_signs_in_with_name_and_password_and_out_again(
    browser: Browser, hub: RunningHub, board: S1Device
) -> None:
    await board.report(0.0, state="off")
    looker = await Looker.open(browser, hub.url, None)
    await looker.go("")
    await looker.page.get_by_label("Name").fill("owner")
    await looker.page.get_by_label("Password").fill("a wrong password")
    await looker.button("Sign in").click()
    await expect(looker.page.get_by_role("alert")).to_have_text(
        "Name or password is wrong."
    )
    await looker.page.get_by_label("Password").fill(PASSWORD)
    await looker.button("Sign in").click()
    await expect(looker.card("Garage scooter")).to_be_visible()
    await looker.page.reload()
    await expect(looker.card("Garage scooter")).to_be_visible()
    await looker.button("Menu").click()
    await looker.button("Sign out").click()
    await expect(looker.button("Sign in")).to_be_visible()
    await looker.page.reload()
    await expect(looker.button("Sign in")).to_be_visible()


async def test_who_comes_through_the_sidebar_needs_no_password_and_all_works_below_its_path(
    browser: Browser, tmp_path: Path
) -> None:
    async with running_hub(tmp_path / "app", ingress_from=SUPERVISOR) as hub:
        key = await hub.add_charger("scooter", name="Garage scooter")
        (port,) = free_ports(1)
        ann = {"X-Remote-User-Id": "ab12", "X-Remote-User-Name": "ann"}
        with ingress(hub.url, port, ann) as address:
            looker = await Looker.open(browser, address, None, size=PHONE)
            await looker.go("")
            card = looker.card("Garage scooter")
            await expect(card).to_contain_text("Waiting for its first contact")
            async with S1Device(hub.device_url, "scooter", key) as board:
                await board.report(0.0, state="off")
                await expect(card.get_by_role("status")).to_contain_text("Off")
                await card.get_by_role("switch").click()
                await expect(card.get_by_role("switch")).to_contain_text("Switching on")
                await board.report()
                await board.report()
                await expect(card.get_by_role("switch")).to_have_text("On")
            for name in ("History", "Chargers", "Tariff & plan"):
                await looker.page.get_by_role("link", name=name, exact=True).click()
                await expect(
                    looker.page.get_by_role("heading", level=1, name=name)
                ).to_be_visible()
            await looker.button("Menu").click()
            await looker.sees("Signed in as ann")
            await expect(looker.button("Sign out")).to_have_count(0)
            assert PREFIX in looker.page.url
            assert looker.strays == []
            assert looker.complaints == []


async def test_a_hub_that_restarts_is_waited_for_and_then_shown_as_it_is(
    browser: Browser, mortal: Mortal
) -> None:
    looker = await Looker.open(browser, mortal.url, mortal.token)
    await looker.go("now")
    card = looker.card("Garage scooter")
    await expect(card.get_by_role("status")).to_contain_text("Off")
    mortal.dies()
    await looker.sees("The connection to the hub is lost")
    await expect(card).to_be_visible()
    mortal.comes_back()
    lost = looker.page.get_by_text("connection to the hub is lost")
    await expect(lost).to_have_count(0)
    mortal.board.trips = ["welded"]
    await mortal.board.report(0.0, state="tripped")
    await expect(card).to_contain_text("Pull the plug now")


async def test_the_first_load_is_small_and_asks_nobody_else(
    browser: Browser, hub: RunningHub, board: S1Device
) -> None:
    """Below 150 kB as it goes over the wire, the first view with its chart included."""
    await board.report(0.0, state="off")
    looker = await Looker.open(browser, hub.url, await hub.add_token("admin"))
    tab = await looker.page.context.new_cdp_session(looker.page)
    sizes: list[int] = []
    await tab.send("Network.enable")
    tab.on(
        "Network.loadingFinished", lambda done: sizes.append(done["encodedDataLength"])
    )
    await looker.go("now")
    await expect(looker.card("Garage scooter")).to_be_visible()
    await looker.page.wait_for_load_state("networkidle")
    assert len(sizes) > 5
    assert sum(sizes) < 150_000
    assert looker.strays == []
    assert looker.complaints == []
