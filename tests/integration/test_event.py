"""What happens to a charger is told once, and nothing else is."""

import asyncio
from typing import Any

from homeassistant.const import EVENT_STATE_CHANGED, STATE_UNKNOWN
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.integration.conftest import Load, entry_for, state_of
from tests.integration.scripted_hub import CHARGER, ScriptedHub
from tests.support.hub_process import RunningHub
from tests.support.s1_device import S1Device
from tests.support.waiting import until

CHARGE = "event.garage_scooter_charge"
COMMON = {"event_types", "friendly_name", "event_type"}

ENDED = CHARGER["session"] | {"end": "2026-11-21T08:00:00Z", "end_reason": "full"}
TRIPPED = {"state": "tripped", "trips": ["over_current"]}


class Told:
    """Everything that the event entity has told, in its order."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin to listen."""
        self.events: list[tuple[str, dict[str, Any]]] = []
        self._seen: set[tuple[str, str]] = set()
        hass.bus.async_listen(EVENT_STATE_CHANGED, self._see)

    @callback
    def _see(self, event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        if state is None or state.entity_id != CHARGE:
            return
        kind = state.attributes.get("event_type")
        if kind is None or (state.state, kind) in self._seen:
            return  # back from being unavailable
        self._seen.add((state.state, kind))
        data = {k: v for k, v in state.attributes.items() if k not in COMMON}
        self.events.append((kind, data))

    @property
    def kinds(self) -> list[str]:
        """What was told."""
        return [kind for kind, _ in self.events]


@pytest.fixture
def told(hass: HomeAssistant) -> Told:
    """Return what is told from now on."""
    return Told(hass)


async def test_a_charge_is_told_from_its_start_to_its_cut(
    hass: HomeAssistant, hub: RunningHub, load: Load, told: Told
) -> None:
    key = await hub.add_charger("scooter", name="Garage scooter", simulated=True)
    async with S1Device(hub.device_url, "scooter", key) as board:
        board.clock = 1_795_000_000
        await board.report(0.4, state="off", energy_wh=1500)
        await load(await entry_for(hub))
        assert state_of(hass, CHARGE) == STATE_UNKNOWN
        board.relay, board.why = 1, "button"
        for minute in range(20):
            board.clock += 60
            await board.report(
                90, state="charging", energy_wh=1500 + round(minute * 1.5)
            )
        board.relay, board.why = 0, "cut_off"
        board.clock += 60
        await board.report(0, state="done", energy_wh=1530)
        await until(lambda: told.kinds == ["started", "cut_off"])
    started, ended = (data for _, data in told.events)
    assert started["session"] == ended["session"]
    assert ended["reason"] == "cut_off"
    assert 20 <= ended["energy_wh"] <= 31
    assert 1000 <= ended["duration_s"] <= 1300
    assert ended["time"].startswith("2026-11-18T")


async def test_a_trip_and_its_recovery_are_told(
    hass: HomeAssistant, board: S1Device, loaded: MockConfigEntry, told: Told
) -> None:
    board.trips = ["over_current"]
    await board.report(0, state="tripped")
    await board.report(0, state="tripped")
    board.trips = []
    await board.report(0, state="off")
    await until(lambda: told.kinds == ["tripped", "recovered"])
    assert told.events[0][1]["by"] == "board"
    assert told.events[0][1]["reasons"] == ["over_current"]
    assert told.events[1][1]["reasons"] == ["over_current"]


async def test_a_guard_of_the_hub_is_told_as_a_trip(
    hass: HomeAssistant, board: S1Device, loaded: MockConfigEntry, told: Told
) -> None:
    board.relay, board.why = 1, "button"
    for _ in range(3):
        await board.report(2000, current_a=9, state="charging")
    await until(lambda: "tripped" in told.kinds)
    data = dict(told.events)["tripped"]
    assert data["by"] == "hub"
    assert data["reasons"] == ["guard_current"]


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("full", "finished"),
        ("switched_off", "finished"),
        ("power_lost", "finished"),
        ("trip", "finished"),
        ("cut_off", "cut_off"),
        ("unplugged", "unplugged"),
    ],
)
async def test_a_charge_ends_once_and_with_its_reason(
    hass: HomeAssistant,
    scripted: ScriptedHub,
    scripted_entry: MockConfigEntry,
    told: Told,
    reason: str,
    kind: str,
) -> None:
    setup = asyncio.create_task(
        hass.config_entries.async_setup(scripted_entry.entry_id)
    )
    line = await scripted.accept()
    await line.welcome()
    await setup
    session = ENDED | {"end_reason": reason}
    await line.happen(11, "session_ended", session=session)
    await line.happen(12, "session_corrected", session=session, removed=False)
    await line.happen(13, "parade")
    await until(lambda: told.kinds == [kind])
    assert told.events[0][1] == {
        "time": "2026-11-21T08:00:00Z",
        "session": 3,
        "reason": reason,
        "energy_wh": 120.4,
        "peak_power_w": 95.1,
        "duration_s": 5400,
    }
    await hass.config_entries.async_unload(scripted_entry.entry_id)


async def test_of_a_session_without_its_times_the_rest_is_told(
    hass: HomeAssistant,
    scripted: ScriptedHub,
    scripted_entry: MockConfigEntry,
    told: Told,
) -> None:
    setup = asyncio.create_task(
        hass.config_entries.async_setup(scripted_entry.entry_id)
    )
    line = await scripted.accept()
    await line.welcome()
    await setup
    await line.happen(11, "session_ended", session={"energy_wh": 5})
    await until(lambda: told.kinds == ["finished"])
    data = told.events[0][1]
    assert (data["energy_wh"], data["duration_s"], data["reason"]) == (5, None, None)
    await hass.config_entries.async_unload(scripted_entry.entry_id)


async def test_what_was_missed_is_told_after_a_resume_and_told_once(
    hass: HomeAssistant,
    scripted: ScriptedHub,
    scripted_entry: MockConfigEntry,
    told: Told,
    hurried: None,
) -> None:
    setup = asyncio.create_task(
        hass.config_entries.async_setup(scripted_entry.entry_id)
    )
    line = await scripted.accept()
    await line.welcome()
    await setup
    await line.happen(11, "session_ended", session=ENDED)
    await until(lambda: told.kinds == ["finished"])
    await line.hang_up()

    line = await scripted.accept()
    request = await line.greet()
    await line.say("resumed", id=request["id"], run="a", number=11, to=15)
    await line.happen(11, "session_ended", session=ENDED)
    await line.happen(12, "tripped", trips=["over_current"])
    await line.change(13, **TRIPPED)
    await line.change(14)
    await line.happen(15, "session_started", session=CHARGER["session"])
    expected = ["finished", "tripped", "recovered", "started"]
    await until(lambda: told.kinds == expected)
    await line.change(16, name="after")
    await hass.async_block_till_done()
    assert told.kinds == expected
    await hass.config_entries.async_unload(scripted_entry.entry_id)


async def test_nothing_is_made_up_after_a_snapshot(
    hass: HomeAssistant,
    scripted: ScriptedHub,
    scripted_entry: MockConfigEntry,
    told: Told,
    hurried: None,
) -> None:
    setup = asyncio.create_task(
        hass.config_entries.async_setup(scripted_entry.entry_id)
    )
    line = await scripted.accept()
    await line.welcome(CHARGER | TRIPPED)
    await setup
    await line.hang_up()
    # Meanwhile the trip was cleared, a charge ended, and the hub restarted.
    line = await scripted.accept()
    await line.welcome(CHARGER | {"session": ENDED, "state": "full"}, run="b")
    state = "sensor.garage_scooter_charging_state"
    await until(lambda: state_of(hass, state) == "full")
    assert told.events == []
    assert state_of(hass, CHARGE) == STATE_UNKNOWN
    await hass.config_entries.async_unload(scripted_entry.entry_id)


async def test_triggers_for_a_purpose_work_on_a_charger(
    hass: HomeAssistant, board: S1Device, loaded: MockConfigEntry
) -> None:
    ran: list[str] = []
    hass.services.async_register(
        "test", "note", lambda call: ran.append(call.data["what"])
    )
    triggers = {
        "tripped": {
            "trigger": "event.received",
            "target": {"entity_id": CHARGE},
            "options": {"event_type": "tripped"},
        },
        "charging": {
            "trigger": "battery.started_charging",
            "target": {"entity_id": "binary_sensor.garage_scooter_charging"},
        },
    }
    automations = [
        {
            "alias": what,
            "triggers": trigger,
            "actions": {"action": "test.note", "data": {"what": what}},
        }
        for what, trigger in triggers.items()
    ]
    assert await async_setup_component(hass, "automation", {"automation": automations})
    await hass.async_block_till_done()
    board.relay, board.why = 1, "button"
    await board.report(90, state="charging")
    await until(lambda: ran == ["charging"])
    board.relay, board.trips = 0, ["over_current"]
    await board.report(0, state="tripped")
    await until(lambda: ran == ["charging", "tripped"])
