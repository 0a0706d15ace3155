"""When things do not go smoothly: a hub that goes away in the middle of a form, a board that is slow or dead."""

from pathlib import Path

from kickwatt_demo.process import free_ports
from playwright.async_api import Browser, expect
import pytest

from kickwatt_hub.app import now_ms
from tests.support.hub_process import RunningHub, running_hub
from tests.support.s1_device import S1Device

from .charges import tell_a_charge
from .ingress import ingress
from .looking import DESK, PHONE, Looker
from .mortal import Mortal

SUPERVISOR = "127.0.0.1"
HOUR_MS = 3_600_000


async def test_a_form_outlives_a_hub_that_restarts_while_it_is_filled_in(
    browser: Browser, mortal: Mortal
) -> None:
    looker = await Looker.open(browser, mortal.url, mortal.token, size=PHONE)
    await looker.go("chargers/scooter")
    cutoff = looker.page.get_by_role("spinbutton", name="Cut-off")
    await cutoff.fill("21.5")
    mortal.dies()
    await looker.button("Save").first.click()
    await looker.sees("The hub does not answer.")
    await expect(cutoff).to_have_value("21.5")
    mortal.comes_back()
    lost = looker.page.get_by_text("connection to the hub is lost")
    await expect(lost).to_have_count(0)
    await expect(cutoff).to_have_value("21.5")
    await looker.button("Save").first.click()
    await expect(looker.page.get_by_text("Saved", exact=True)).to_be_visible()
    await looker.page.reload()
    await expect(cutoff).to_have_value("21.5")


async def test_a_slow_board_is_waited_for_in_view(
    phone: Looker, board: S1Device
) -> None:
    await board.report(0.0, state="off")
    await phone.go("now")
    switch = phone.page.get_by_role("switch", name="Power of Garage scooter")
    await switch.click()
    await expect(switch).to_contain_text("Switching on")
    await phone.page.reload()  # who looks again still sees that it is on its way
    await expect(switch).to_contain_text("Switching on")
    await expect(switch).to_have_attribute("aria-checked", "false")
    await board.report()
    await board.report()
    await expect(switch).to_have_text("On")


async def test_a_dead_board_is_not_switched_on_and_the_page_says_so(
    looker: Looker,
    board: S1Device,
    hub: RunningHub,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await board.report(0.0, state="off")
    await looker.go("now")
    card = looker.card("Garage scooter")
    await expect(card.get_by_role("status")).to_contain_text("Off")
    monkeypatch.setattr(hub.hub.context.fleet, "_now_ms", lambda: now_ms() + HOUR_MS)
    await expect(card.get_by_role("status")).to_contain_text("Silent")
    await card.get_by_role("switch").click()
    await expect(card.get_by_role("alert")).to_contain_text(
        "It is silent, so it cannot be switched on."
    )


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
async def test_what_a_person_does_works_below_the_sidebars_path(
    browser: Browser, tmp_path: Path, size: tuple[int, int]
) -> None:
    async with running_hub(tmp_path / "app", ingress_from=SUPERVISOR) as hub:
        key = await hub.add_charger("scooter", name="Garage scooter")
        (port,) = free_ports(1)
        ann = {"X-Remote-User-Id": "ab12", "X-Remote-User-Name": "ann"}
        with ingress(hub.url, port, ann) as address:
            async with S1Device(hub.device_url, "scooter", key) as board:
                await tell_a_charge(board, ended_s_ago=3600)
            looker = await Looker.open(browser, address, None, size=size)

            await looker.go("add")
            await looker.page.get_by_label("Name", exact=True).fill("Second")
            await looker.button("Add").click()
            await expect(looker.page.get_by_label("settings.toml")).to_be_visible()
            await looker.button("QR code").click()
            await expect(looker.page.get_by_role("img", name="QR code")).to_be_visible()

            await looker.go("history/scooter")
            await looker.page.get_by_role("link", name="full").click()
            await looker.sees("The charge was over")
            await looker.go("history/scooter")
            async with looker.page.expect_download() as saved:
                await looker.button("Readings as CSV").click()
            assert (await saved.value).suggested_filename == "scooter-readings.csv"

            await looker.go("chargers/scooter")
            await looker.page.get_by_role("spinbutton", name="Cut-off").fill("21.5")
            await looker.button("Save").first.click()
            await expect(looker.page.get_by_text("Saved", exact=True)).to_be_visible()

            await looker.go("tariff")
            await looker.page.get_by_label("Kind").select_option("One price")
            tariff = looker.page.locator("kw-tariff-form")
            await tariff.get_by_label("Price").fill("0.31")
            await tariff.get_by_role("button", name="Save").click()
            await expect(tariff.get_by_text("Saved")).to_be_visible()
            assert not await looker.overflows()
            assert looker.strays == []
            assert looker.complaints == []
