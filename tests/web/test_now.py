"""The first view: what every charger is doing, and its relay."""

from playwright.async_api import Browser, expect
import pytest

from kickwatt_hub.app import now_ms
from tests.support.hub_process import RunningHub
from tests.support.s1_device import S1Device

from .looking import PHONE, Looker

HOUR_MS = 3_600_000


async def charge(board: S1Device, minutes: int = 20) -> None:
    """Let it charge until now."""
    board.relay, board.state, board.why = 1, "charging", "order"
    for minute in range(minutes, -1, -1):
        board.energy_wh = int((minutes - minute) * 1.5)
        board.measure(90.0, age_s=minute * 60)
    while board.queue:
        await board.send()


async def test_a_hub_without_chargers_says_how_to_add_one(looker: Looker) -> None:
    await looker.go("now")
    await looker.sees("No chargers yet")
    await looker.page.get_by_role("link", name="Add a charger").click()
    await expect(looker.page.get_by_label("Name", exact=True)).to_be_visible()


async def test_a_charge_is_told_in_words_in_figures_and_as_a_curve(
    looker: Looker, board: S1Device
) -> None:
    await charge(board)
    await looker.go("now")
    card = looker.card("Garage scooter")
    await expect(card.get_by_role("status")).to_contain_text("Charging")
    await expect(card).to_contain_text("90 W")
    await expect(card).to_contain_text("Wh")
    await expect(
        card.get_by_role("img", name="Power during the charge")
    ).to_be_visible()
    await expect(card.locator("canvas")).to_be_visible()
    assert looker.complaints == []
    assert looker.strays == []


async def test_what_changes_is_shown_without_a_reload(
    looker: Looker, board: S1Device
) -> None:
    await looker.go("now")
    card = looker.card("Garage scooter")
    await expect(card).to_contain_text("Waiting for its first contact")
    await board.report(0.0, state="off")
    await expect(card.get_by_role("status")).to_contain_text("Off")
    await charge(board, 5)
    await expect(card.get_by_role("status")).to_contain_text("Charging")


async def test_the_switch_shows_what_was_ordered_and_then_what_the_board_reports(
    looker: Looker, board: S1Device
) -> None:
    await board.report(0.0, state="off")
    await looker.go("now")
    switch = looker.page.get_by_role("switch", name="Power of Garage scooter")
    await expect(switch).to_have_attribute("aria-checked", "false")
    await switch.click()
    await expect(switch).to_contain_text("Switching on")
    await expect(switch).to_have_attribute("aria-checked", "false")
    await board.report()  # hears of the order,
    await board.report()  # and says that it obeyed
    await expect(switch).to_have_attribute("aria-checked", "true")
    await expect(switch).to_have_text("On")


async def test_a_refusal_says_why_and_what_to_do(
    looker: Looker, board: S1Device
) -> None:
    await board.report(0.0, state="off")
    await looker.go("now")
    board.refuse_next = "sensor"
    await looker.page.get_by_role("switch").click()
    card = looker.card("Garage scooter")
    await expect(card.get_by_role("switch")).to_contain_text("Switching on")
    await board.report()
    await board.report()
    await expect(card.get_by_role("alert")).to_contain_text("its meter does not answer")
    await card.get_by_role("button", name="Understood").click()
    await expect(card.get_by_role("alert")).to_have_count(0)


async def test_a_trip_says_its_reason_and_what_to_do(
    phone: Looker, board: S1Device
) -> None:
    board.trips = ["over_current"]
    await board.report(0.0, state="tripped")
    await phone.go("now")
    card = phone.card("Garage scooter")
    await expect(card).to_contain_text("Safety stop: too much current")
    await expect(card).to_contain_text("hold its button for 5 seconds")


async def test_a_board_that_fell_silent_is_not_shown_as_if_it_were_there(
    looker: Looker,
    board: S1Device,
    hub: RunningHub,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await charge(board, 5)
    await looker.go("now")
    card = looker.card("Garage scooter")
    await expect(card.get_by_role("status")).to_contain_text("Charging")
    monkeypatch.setattr(hub.hub.context.fleet, "_now_ms", lambda: now_ms() + HOUR_MS)
    await expect(card.get_by_role("status")).to_contain_text("Silent")


@pytest.mark.parametrize("size", [PHONE, (1280, 860)], ids=["phone", "desk"])
async def test_fifty_chargers_fit_and_keep_their_place(
    size: tuple[int, int], hub: RunningHub, browser: Browser
) -> None:
    keys = {
        f"bike-{number:02}": await hub.add_charger(f"bike-{number:02}")
        for number in range(50)
    }
    boards = [S1Device(hub.device_url, name, key) for name, key in keys.items()]
    for each in boards:
        await each.report(0.0, state="idle")
        await each.close()
    looker = await Looker.open(
        browser, hub.url, await hub.add_token("admin"), size=size
    )
    await looker.go("now")
    await expect(looker.page.get_by_role("article")).to_have_count(50)
    names = await looker.page.get_by_role("heading", level=2).all_inner_texts()
    assert names == sorted(keys)
    assert not await looker.overflows()
    assert looker.complaints == []


async def test_it_speaks_the_browsers_language_and_english_where_it_knows_none(
    hub: RunningHub, board: S1Device, browser: Browser
) -> None:
    token = await hub.add_token("admin")
    for language, text in {
        "de": "Wartet auf den ersten Kontakt",
        "it": "In attesa del primo contatto",
        "pl": "Czeka na pierwszy kontakt",
        "ro": "Așteaptă primul contact",
        "hi": "पहले संपर्क की प्रतीक्षा",
        "fi": "Waiting for its first contact",
    }.items():
        looker = await Looker.open(browser, hub.url, token, language=language)
        await looker.go("now")
        await expect(looker.card("Garage scooter")).to_contain_text(text)
