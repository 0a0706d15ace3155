"""The past: found, looked at closely, taken home, and explained; and what it would have cost otherwise."""

from pathlib import Path

from playwright.async_api import expect

from tests.support.hub_process import RunningHub
from tests.support.s1_device import S1Device

from .charges import tell_a_charge
from .looking import Looker

YESTERDAY_S = 86_400


async def test_yesterdays_charge_is_found_with_its_curve_and_the_reason_of_its_end(
    looker: Looker, board: S1Device
) -> None:
    await tell_a_charge(board, ended_s_ago=YESTERDAY_S)
    await looker.go("now")
    await looker.card("Garage scooter").get_by_role("link", name="History").click()
    await looker.page.get_by_role("link", name="full").click()
    await expect(looker.page.get_by_role("heading", level=1)).to_contain_text("–")
    await expect(
        looker.page.get_by_role("img", name="Power during this charge")
    ).to_be_visible()
    await looker.sees("The charge had begun")
    await looker.sees("The charge was over")
    over = looker.page.get_by_role("article").filter(has_text="The charge was over")
    await over.get_by_text("The readings behind it").click()
    await expect(over.get_by_role("img")).to_be_visible()
    await looker.page.get_by_role("link", name="Garage scooter").click()
    await looker.page.get_by_role("link", name="Why?").click()
    await looker.sees("The charge was over")
    assert looker.complaints == []


async def test_any_span_is_shown_from_an_hour_to_years(
    phone: Looker, board: S1Device
) -> None:
    await tell_a_charge(board, ended_s_ago=600)
    await phone.go("history/scooter")
    for name in ("Hour", "Day", "Month", "Year", "All"):
        await phone.button(name).click()
        await expect(phone.button(name)).to_have_attribute("aria-pressed", "true")
        await expect(phone.page.get_by_role("img", name="Power from")).to_be_visible()
    await phone.button("Hour").click()
    await phone.button("Earlier").click()
    await expect(phone.button("Later")).to_be_enabled()
    for _ in range(3):
        await phone.button("Earlier").click()
    await phone.sees("Nothing was measured in this time.")
    assert not await phone.overflows()


async def test_readings_and_charges_are_saved_as_csv(
    looker: Looker, board: S1Device, tmp_path: Path
) -> None:
    await tell_a_charge(board, ended_s_ago=600)
    await looker.go("history/scooter")
    for button, name, column in (
        ("Readings as CSV", "scooter-readings.csv", "power_w"),
        ("CSV", "scooter-sessions.csv", "energy_wh"),
    ):
        async with looker.page.expect_download() as saved:
            await looker.page.get_by_role("button", name=button, exact=True).click()
        file = await saved.value
        assert file.suggested_filename == name
        await file.save_as(tmp_path / name)
        head, *rows = (tmp_path / name).read_text().splitlines()
        assert column in head
        assert rows


async def test_a_tariff_prices_the_past_and_a_mode_shows_its_plan(
    looker: Looker, board: S1Device, hub: RunningHub
) -> None:
    await tell_a_charge(board, ended_s_ago=YESTERDAY_S)
    await looker.go("tariff")
    await looker.page.get_by_label("Kind").select_option("By time of day")
    await looker.page.get_by_label("Price").fill("0.19")
    await looker.page.get_by_label("At all other times").fill("0.34")
    tariff = looker.page.locator("kw-tariff-form")
    await tariff.get_by_role("button", name="Save").click()
    await expect(tariff.get_by_text("Saved")).to_be_visible()
    await expect(looker.page.get_by_role("img", name="Prices")).to_be_visible()
    await looker.button("What would it have cost?").click()
    await looker.sees("Under this tariff the last 1 charges would have cost")
    plan = looker.page.locator("kw-plan-card")
    await plan.get_by_label("Mode").select_option("Ready by a time")
    await plan.get_by_label("Ready by").fill("06:30")
    await plan.get_by_role("button", name="Save").click()
    await expect(plan.get_by_text("Saved")).to_be_visible()
    await expect(plan.locator(".note")).to_contain_text("Wh")
    entry = hub.hub.context.fleet.find("scooter")
    assert entry is not None
    assert entry.charger.mode.ready_by == "06:30"
    assert entry.charger.mode.zone == "Europe/Warsaw"
    assert looker.complaints == []
