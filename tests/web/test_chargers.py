"""Adding a charger, changing what it does, and taking it away."""

import re

from playwright.async_api import expect
import pytest

from tests.support.hub_process import RunningHub
from tests.support.s1_device import S1Device

from .charges import tell_a_charge
from .looking import Looker


@pytest.fixture(params=["desk", "phone"])
def anywhere(request: pytest.FixtureRequest) -> Looker:
    """A browser at a desk, and on a phone."""
    looker: Looker = request.getfixturevalue(
        "looker" if request.param == "desk" else "phone"
    )
    return looker


async def test_a_charger_is_added_by_its_name_and_followed_to_its_first_reading(
    anywhere: Looker, hub: RunningHub
) -> None:
    looker = anywhere
    await looker.go("add")
    await looker.page.get_by_label("Name", exact=True).fill("Anna's e-bike")
    await expect(looker.page.get_by_label("Id", exact=True)).to_have_value(
        "anna-s-e-bike"
    )
    await looker.button("Add").click()
    lines = await looker.page.get_by_label("settings.toml").inner_text()
    key = re.search(r'^KICKWATT_KEY = "([0-9a-f]{64})"$', lines, re.MULTILINE)
    assert key is not None
    await looker.button("QR code").click()
    await expect(looker.page.get_by_role("img", name="QR code")).to_be_visible()
    await looker.sees("Waiting for its first contact")
    async with S1Device(hub.device_url, "anna-s-e-bike", key[1]) as board:
        await board.send()
        await looker.sees("It has been heard")
        await board.report(42.0, state="idle")
        await looker.sees("First reading: 42 W at 230 V")
    await looker.page.get_by_role("link", name="Go to Now").click()
    await expect(looker.card("Anna's e-bike")).to_be_visible()
    assert not await looker.overflows()
    assert looker.complaints == []


async def test_an_id_that_is_taken_is_said_at_the_id(
    looker: Looker, board: S1Device
) -> None:
    await looker.go("add")
    await looker.page.get_by_label("Name", exact=True).fill("Scooter")
    await looker.button("Add").click()
    wrong = looker.page.get_by_label("Id", exact=True)
    await expect(wrong).to_have_attribute("aria-invalid", "true")
    await looker.sees("There is a charger with this id already.")


async def test_the_cut_off_is_changed_before_the_curve_of_earlier_charges(
    looker: Looker, board: S1Device, hub: RunningHub
) -> None:
    await tell_a_charge(board, ended_s_ago=3600)
    await looker.go("chargers/scooter")
    await expect(
        looker.page.get_by_role("img", name="Its last charges")
    ).to_be_visible()
    cutoff = looker.page.get_by_role("spinbutton", name="Cut-off")
    await cutoff.fill("21.5")
    await looker.button("Save").first.click()
    await looker.sees("Saved")
    entry = hub.hub.context.fleet.find("scooter")
    assert entry is not None
    assert entry.charger.settings.cutoff_w == 21.5
    await looker.sees("The board has not yet confirmed")


async def test_a_value_out_of_bounds_is_said_at_its_field_and_changes_nothing(
    looker: Looker, board: S1Device, hub: RunningHub
) -> None:
    await board.report(0.0, state="off")
    await looker.go("chargers/scooter")
    current = looker.page.get_by_label("Maximum current")
    await current.fill("11")
    # The browser says so first; without it, the hub does.
    await looker.page.evaluate(
        "document.querySelectorAll('form').forEach((each) => (each.noValidate = true))"
    )
    await (
        looker.page.locator("form", has=current)
        .get_by_role("button", name="Save")
        .click()
    )
    await expect(current).to_have_attribute("aria-invalid", "true")
    described = await current.get_attribute("aria-describedby")
    await expect(looker.page.locator(f"#{described}")).to_contain_text("10")
    entry = hub.hub.context.fleet.find("scooter")
    assert entry is not None
    assert entry.charger.settings.max_a != 11


async def test_a_new_key_is_shown_once_and_the_old_one_proves_nothing(
    looker: Looker, board: S1Device
) -> None:
    await board.report(0.0, state="off")
    await looker.go("chargers/scooter")
    await looker.page.get_by_text("Another board").click()
    await looker.button("Lines for the new board").click()
    lines = await looker.page.get_by_label("settings.toml").inner_text()
    assert board.key not in lines
    assert (await board.report(0.0)).status == 401
    await looker.page.reload()
    await expect(looker.page.get_by_role("heading", name="Board")).to_be_visible()
    await expect(looker.page.get_by_label("settings.toml")).to_have_count(0)


async def test_a_charger_is_removed_after_a_question(
    looker: Looker, board: S1Device
) -> None:
    await board.report(0.0, state="off")
    questions: list[str] = []

    async def answer(dialog: object) -> None:
        questions.append(dialog.message)  # type: ignore[attr-defined]
        await dialog.accept()  # type: ignore[attr-defined]

    looker.page.on("dialog", answer)
    await looker.go("chargers/scooter")
    await looker.page.get_by_text("Remove", exact=True).click()
    await looker.button("Remove with its history").click()
    await looker.sees("No chargers yet")
    assert "cannot be undone" in questions[0]


@pytest.mark.parametrize(
    ("box", "field"),
    [("look once whether", "probe"), ("Learned limits, too", "learned_caps")],
)
async def test_what_is_ticked_is_kept_and_a_mode_is_else_left_alone(
    looker: Looker, board: S1Device, hub: RunningHub, box: str, field: str
) -> None:
    await board.report(0.0, state="off")
    entry = hub.hub.context.fleet.find("scooter")
    assert entry is not None
    before = entry.charger.mode
    await looker.go("chargers/scooter")
    ticked = looker.page.get_by_role("checkbox", name=box)
    form = looker.page.locator("form", has=ticked)
    await form.get_by_role("button", name="Save").click()
    await expect(form.get_by_text("Saved", exact=True)).to_be_visible()
    assert entry.charger.mode == before
    await ticked.check()
    async with looker.page.expect_response(lambda each: each.ok):
        await form.get_by_role("button", name="Save").click()
    assert getattr(entry.charger.mode, field) is True
    await looker.page.reload()
    await expect(ticked).to_be_checked()


async def test_a_safety_stop_is_cleared_from_afar_where_the_board_allows_it(
    anywhere: Looker, board: S1Device
) -> None:
    board.trips = ["over_current"]
    await board.report(0.0, state="tripped")
    await anywhere.go("chargers/scooter")
    clear = anywhere.page.get_by_role("button", name="Clear the safety stop")
    asked = anywhere.page.get_by_role("button", name="Asking the board").first
    await clear.click()
    await expect(asked).to_be_disabled()
    await board.report()  # hears of it,
    await board.report()  # and says that it does not
    await anywhere.sees("does not let its safety stop be cleared from afar")
    board.remote_clear = True
    await clear.click()
    await expect(asked).to_be_disabled()
    await board.report()
    await board.report()
    await anywhere.sees("The safety stop is cleared.")
    await expect(clear).to_have_count(0)
    assert not await anywhere.overflows()
    assert anywhere.complaints == []


async def test_a_board_is_restarted_and_one_that_is_silent_cannot_be_asked(
    looker: Looker, board: S1Device
) -> None:
    await looker.go("chargers/scooter")
    await looker.page.get_by_text("Restart the board").first.click()
    restart = looker.page.get_by_role("button", name="Restart the board")
    await restart.click()
    await looker.sees("The board is silent, so it cannot be asked.")
    await board.report(0.0, state="off")
    boot = board.boot
    await restart.click()
    await expect(looker.button("Asking the board").first).to_be_disabled()
    await board.report()
    await board.report()
    await looker.sees("The board restarts.")
    assert board.boot == boot + 1


async def test_a_removed_charger_is_brought_back_with_its_history_or_deleted_for_good(
    looker: Looker, board: S1Device, hub: RunningHub
) -> None:
    await tell_a_charge(board, ended_s_ago=3600)
    looker.page.on("dialog", lambda dialog: dialog.accept())
    await looker.go("chargers/scooter")
    await looker.page.get_by_text("Remove", exact=True).click()
    await looker.button("Remove, keep history").click()
    await looker.sees("Removed chargers")
    await looker.button("Bring back: Garage scooter").click()
    lines = await looker.page.get_by_label("settings.toml").inner_text()
    assert board.key not in lines
    await looker.page.get_by_role("link", name="Garage scooter").click()
    await expect(
        looker.page.get_by_role("img", name="Its last charges")
    ).to_be_visible()
    await looker.page.get_by_text("Remove", exact=True).click()
    await looker.button("Remove, keep history").click()
    await looker.button("Delete for good: Garage scooter").click()
    await expect(looker.page.get_by_text("Removed chargers")).to_have_count(0)
    assert await hub.hub.context.store.retired.all() == []
    assert looker.complaints == []


async def test_the_boards_way_to_the_hub_is_said_and_may_be_another(
    looker: Looker, hub: RunningHub
) -> None:
    await looker.go("add")
    await looker.page.get_by_label("Name", exact=True).fill("Scooter")
    await looker.page.get_by_label("Address for the board").fill("somewhere")
    await looker.button("Add").click()
    wrong = looker.page.get_by_label("Address for the board")
    await expect(wrong).to_have_attribute("aria-invalid", "true")
    await wrong.fill("http://192.0.2.5:8422")
    await looker.button("Add").click()
    await looker.sees("The board will report to http://192.0.2.5:8422.")
    lines = await looker.page.get_by_label("settings.toml").inner_text()
    assert 'KICKWATT_URL = "http://192.0.2.5:8422"' in lines
