"""What a person has to do comes up as an issue, and goes when it is done."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from homeassistant.components.repairs import repairs_flow_manager
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.kickwatt.const import DOMAIN
from custom_components.kickwatt.issues import LOOK_AGAIN
from tests.integration.conftest import Load, entry_for
from tests.integration.scripted_hub import CHARGER, HUB_ID, Line, ScriptedHub
from tests.support.hub_process import RunningHub
from tests.support.s1_device import S1Device
from tests.support.waiting import until

PREFIX = f"{HUB_ID}-charger-scooter:"


def issues(hass: HomeAssistant) -> dict[str, ir.IssueEntry]:
    """Return our issues by the last part of their ids."""
    return {
        issue.issue_id.rpartition(":")[2]: issue
        for issue in ir.async_get(hass).issues.values()
        if issue.domain == DOMAIN and issue.active
    }


class Clock:
    """Home Assistant's clock, set to when the scripted hub's charger was heard."""

    now = datetime(2026, 11, 21, 7, 45, 2, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Let the test say what time it is; the event loop's own time goes on."""
    clock = Clock()
    monkeypatch.setattr("homeassistant.util.dt.utcnow", lambda: clock.now)
    return clock


async def changed(hass: HomeAssistant, line: Line, number: int, **changes: Any) -> None:
    """Have the charger changed, and wait until that has come."""
    entry = hass.config_entries.async_entries(DOMAIN)[0]
    await line.change(number, **changes)
    await until(lambda: entry.runtime_data.live.number == number)
    await asyncio.sleep(0)


async def test_a_charger_that_is_well_has_no_issue(
    hass: HomeAssistant, line: Line
) -> None:
    assert issues(hass) == {}


@pytest.mark.parametrize(
    ("changes", "key", "placeholders"),
    [
        (
            {"trips": ["over_current", "resets"]},
            "tripped",
            {"reasons": "Too much current, The board restarts again and again"},
        ),
        ({"trips": ["welded"]}, "stuck", {"reasons": "Relay does not open"}),
        ({"trips": ["meteor"]}, "tripped", {"reasons": "meteor"}),
        (
            {"progress": {"step": "locked", "why": "energy"}},
            "tripped",
            {"reasons": "Hub: took too much energy"},
        ),
        ({"last_seen": "2026-11-20T06:00:00Z"}, "silent", None),
        ({"kind": "legacy"}, "legacy", {}),
        ({"clock_off_s": -5_400}, "clock_wrong", {"minutes": "90"}),
        (
            {"firmware": "0.0.9"},
            "firmware_too_old",
            {"firmware": "0.0.9", "needed": "0.1.0"},
        ),
    ],
)
async def test_what_a_person_has_to_do_comes_and_goes(
    hass: HomeAssistant,
    line: Line,
    changes: dict[str, Any],
    key: str,
    placeholders: dict[str, str] | None,
) -> None:
    await changed(hass, line, 11, **changes)
    assert set(issues(hass)) == {key}
    found = issues(hass)[key]
    assert found.is_fixable is (key in {"tripped", "stuck"})
    assert found.translation_placeholders is not None
    assert found.translation_placeholders["charger"] == "Garage scooter"
    if placeholders is not None:
        assert found.translation_placeholders == {
            "charger": "Garage scooter",
            **placeholders,
        }
    await changed(hass, line, 12)
    assert issues(hass) == {}


@pytest.mark.parametrize("firmware", ["0.1.0", "0.10.0", "built by hand", None])
async def test_firmware_that_is_new_enough_or_says_nothing_is_no_issue(
    hass: HomeAssistant, line: Line, firmware: str | None
) -> None:
    await changed(hass, line, 11, firmware=firmware)
    assert issues(hass) == {}


async def test_a_charger_becomes_silent_without_a_word(
    hass: HomeAssistant, line: Line, clock: Clock
) -> None:
    clock.now += timedelta(hours=24, minutes=1)
    async_fire_time_changed(hass, datetime.now(UTC) + LOOK_AGAIN * 2)
    await hass.async_block_till_done()
    assert set(issues(hass)) == {"silent"}


async def test_a_charger_that_is_removed_takes_its_issues_along(
    hass: HomeAssistant, line: Line
) -> None:
    await changed(hass, line, 11, kind="legacy")
    assert set(issues(hass)) == {"legacy"}
    await line.say(
        "event", number=12, event="charger_removed", charger_id=CHARGER["id"]
    )
    await until(lambda: not issues(hass))


async def test_an_issue_that_was_ignored_stays_ignored_after_a_reload(
    hass: HomeAssistant,
    line: Line,
    scripted: ScriptedHub,
    scripted_entry: MockConfigEntry,
) -> None:
    await changed(hass, line, 11, kind="legacy")
    ir.async_ignore_issue(hass, DOMAIN, PREFIX + "legacy", True)
    reload = asyncio.create_task(
        hass.config_entries.async_reload(scripted_entry.entry_id)
    )
    await (await scripted.accept()).welcome(CHARGER | {"kind": "legacy"})
    await reload
    assert issues(hass)["legacy"].dismissed_version is not None


async def test_a_hub_that_is_removed_leaves_no_issue(
    hass: HomeAssistant, line: Line, scripted_entry: MockConfigEntry
) -> None:
    await changed(hass, line, 11, trips=["welded"])
    await hass.config_entries.async_remove(scripted_entry.entry_id)
    assert issues(hass) == {}


@pytest.mark.parametrize(("api", "key"), [(0, "hub_too_old"), (2, "hub_too_new")])
async def test_a_hub_that_does_not_fit_is_an_issue_until_it_does(
    hass: HomeAssistant,
    scripted: ScriptedHub,
    scripted_entry: MockConfigEntry,
    api: int,
    key: str,
) -> None:
    scripted.info["api"] = api

    async def set_up() -> None:
        setup = asyncio.create_task(
            hass.config_entries.async_reload(scripted_entry.entry_id)
        )
        line = await scripted.accept()
        if scripted.info["api"] == api:
            await line.say("hello", **line.hello)
        else:
            await line.welcome()
        await setup

    await set_up()
    assert scripted_entry.state is ConfigEntryState.SETUP_RETRY
    assert [each.rpartition("-")[2] for each in issues(hass)] == [key]
    scripted.info["api"] = 1
    await set_up()
    assert scripted_entry.state is ConfigEntryState.LOADED
    assert issues(hass) == {}
    await hass.config_entries.async_unload(scripted_entry.entry_id)


# --- the way out of a safety stop ------------------------------------------------------------------------------------


async def fix(hass: HomeAssistant, issue_id: str) -> tuple[Any, Any]:
    """Begin to fix an issue, as a person does under repairs."""
    await async_setup_component(hass, "repairs", {})
    manager = repairs_flow_manager(hass)
    assert manager is not None
    return manager, await manager.async_init(DOMAIN, data={"issue_id": issue_id})


async def test_a_safety_stop_is_cleared_from_the_repair(
    hass: HomeAssistant, hub: RunningHub, board: S1Device, load: Load, clock: Clock
) -> None:
    clock.now = datetime.now(UTC)
    board.trips, board.state, board.remote_clear = ["over_current"], "tripped", True
    await board.report()
    entry = await load(await entry_for(hub))
    assert set(issues(hass)) == {"tripped"}
    manager, form = await fix(hass, f"{hub.hub_id}-charger-scooter:tripped")
    assert form["step_id"] == "confirm"
    assert form["description_placeholders"] == {
        "charger": "Garage scooter",
        "reasons": "Too much current",
    }
    clearing = asyncio.create_task(manager.async_configure(form["flow_id"], {}))
    await until(lambda: entry.runtime_data.data["scooter"].relay.pending)
    await board.report()
    await board.report()
    result = await clearing
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await until(lambda: not issues(hass))
    assert board.trips == []


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        ({"code": "refused", "reason": "remote"}, "refused_remote"),
        ({"code": "refused", "reason": "firmware"}, "refused_firmware"),
        ({"code": "offline", "reason": None}, "offline_do"),
        ({"code": "busy", "reason": None}, "failed"),
        ({"code": "forbidden", "reason": None}, "failed"),
    ],
)
async def test_a_stop_that_stays_latched_says_why_and_may_be_tried_again(
    hass: HomeAssistant, line: Line, error: dict[str, Any], shown: str
) -> None:
    await changed(hass, line, 11, trips=["over_current"])
    manager, form = await fix(hass, PREFIX + "tripped")
    trying = asyncio.create_task(manager.async_configure(form["flow_id"], {}))
    command = await line.hear("command")
    assert (command["command"], command["charger"]) == ("clear_trip", "scooter")
    await line.say(
        "result",
        id=command["id"],
        ok=False,
        error={"message": "No.", "field": None, **error},
    )
    assert (await trying)["errors"] == {"base": shown}

    trying = asyncio.create_task(manager.async_configure(form["flow_id"], {}))
    await line.hear("command")
    await line.hang_up()
    assert (await trying)["errors"] == {"base": "hub_away"}


async def test_a_stop_that_was_cleared_at_the_board_meanwhile_is_done(
    hass: HomeAssistant, line: Line
) -> None:
    await changed(hass, line, 11, trips=["over_current"])
    manager, form = await fix(hass, PREFIX + "tripped")
    await changed(hass, line, 12)
    result = await manager.async_configure(form["flow_id"], {})
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_nothing_is_cleared_while_the_hub_is_not_loaded(
    hass: HomeAssistant, line: Line, scripted_entry: MockConfigEntry
) -> None:
    await changed(hass, line, 11, trips=["over_current"])
    await hass.config_entries.async_unload(scripted_entry.entry_id)
    _, result = await fix(hass, PREFIX + "tripped")
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "hub_away"
