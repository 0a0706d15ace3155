"""What an entity writes, and when: all that is new of it, and nothing that it shows already."""

from collections.abc import Generator
from copy import deepcopy
from typing import Any
from unittest.mock import patch

from homeassistant.const import EVENT_STATE_CHANGED, EVENT_STATE_REPORTED
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_component import DATA_INSTANCES
import pytest

from tests.integration.conftest import state_of
from tests.integration.scripted_hub import CHARGER, Line
from tests.support.waiting import until

SIGNAL = "sensor.garage_scooter_signal_strength"
HEALTH = "sensor.garage_scooter_battery_health"
MODE = "select.garage_scooter_mode"
FULL = "sensor.garage_scooter_estimated_full"
LATER = {**CHARGER["reading"], "time": "2026-11-21T07:45:30Z"}

# A little of everything that a hub may say of a charger, one after the other.
CHANGES: list[dict[str, Any]] = [
    {"last_seen": "2026-11-21T07:46:02Z"},
    {"reading": {"power_w": 80.5}},
    {"reading": {"voltage_v": 229.9, "current_a": 0.6}},
    {"reading": {"power_factor": None, "apparent_power_va": None}},
    {"reading": {"energy_wh": 12350.0, "time": "2026-11-21T07:46:00Z"}},
    {"supply_v": 3.9},
    {"signal_dbm": None},
    {"firmware": "0.0.9"},
    {"state": "full"},
    {"charge": {"phase": "inrush"}},
    {"charge": {"full": {"expected": "2026-11-21T11:12:40Z"}}},
    {"charge": {"full": {"latest": "2026-11-21T12:12:40Z", "learned": False}}},
    {"session": {"energy_wh": 121.0, "cost": 0.04, "unpriced_wh": 2.5}},
    {"session": {"currency": "PLN"}},
    {"session": {"end": "2026-11-21T07:45:30Z", "end_reason": "unplugged"}},
    {"session": {"start": "2026-11-21T07:31:00Z"}},
    {"state": "idle"},
    {"relay": {"reported": "off"}},
    {"relay": {"reported": None}},
    {"trips": ["over_current"], "state": "tripped"},
    {"trips": ["over_current", "welded"]},
    {"progress": {"step": "locked", "why": "time", "ready": None}},
    {"settings": {"cutoff_w": 12, "max_hours": 5, "max_wh": 900, "balance_min": 30}},
    {"mode": {"name": "manual", "target_percent": None}},
    {"mode": {"target_wh": 250, "hours": 3.5, "ready_by": None}},
    {"name": "Cellar scooter"},
    {"online": False},
    {"online": True, "reading": {"energy_wh": 12360.0}, "trips": []},
]


@pytest.fixture
def everything_enabled() -> Generator[None]:
    """Enable also what is disabled by default."""
    with patch(
        "homeassistant.helpers.entity.Entity.entity_registry_enabled_default", True
    ):
        yield


class Written:
    """The entities whose states were written since, be it unchanged."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin to listen."""
        self.entities: list[str] = []
        for event_type in (EVENT_STATE_CHANGED, EVENT_STATE_REPORTED):
            # One of them is offered only to whoever has a filter.
            everything = callback(lambda _: True)
            hass.bus.async_listen(event_type, self._see, event_filter=everything)

    @callback
    def _see(self, event: Event[Any]) -> None:
        self.entities.append(event.data["entity_id"])


@pytest.fixture
async def written(hass: HomeAssistant, line: Line) -> Written:
    """Return what is written after all entities have heard of the charger once.

    The battery's health is asked for once the entity is there, and is answered whenever.
    """
    await until(lambda: state_of(hass, HEALTH) == "96.4")
    await line.change(11, signal_dbm=-80)
    await until(lambda: state_of(hass, SIGNAL) == "-80")
    return Written(hass)


def entities_of(hass: HomeAssistant) -> list[Entity]:
    """Return all entities, of all platforms."""
    return [
        entity
        for component in hass.data[DATA_INSTANCES].values()
        for entity in component.entities
    ]


def merged(before: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return a charger with changes, also of parts of its parts."""
    after = deepcopy(before)
    for key, value in changes.items():
        part = after.get(key)
        both = isinstance(part, dict) and isinstance(value, dict)
        after[key] = merged(part, value) if both else value
    return after


@pytest.mark.usefixtures("everything_enabled")
async def test_whatever_changes_every_entity_shows_what_it_should(
    hass: HomeAssistant, line: Line
) -> None:
    charger = CHARGER
    number = 10
    for changes in CHANGES:
        charger = merged(charger, changes)
        number += 1
        await line.change(number, **charger)
        if not charger["online"]:
            await until(lambda: state_of(hass, SIGNAL) == "unavailable")
        else:
            # Comes after it, so when it is shown, the other one is too.
            number += 1
            charger = {**charger, "signal_dbm": -number}
            await line.change(number, **charger)
            await until(lambda shown=f"-{number}": state_of(hass, SIGNAL) == shown)
        for entity in entities_of(hass):
            state = hass.states.get(entity.entity_id)
            assert state is not None
            should = entity._async_calculate_state()
            assert (entity.entity_id, state.state, dict(state.attributes)) == (
                entity.entity_id,
                should.state,
                should.attributes,
            ), changes


async def test_what_a_message_leaves_as_it_was_is_not_written_again(
    hass: HomeAssistant, line: Line, written: Written
) -> None:
    await line.change(12, signal_dbm=-81, last_seen="2026-11-21T07:45:32Z")
    await until(lambda: state_of(hass, SIGNAL) == "-81")
    assert written.entities == [SIGNAL]


async def test_what_is_measured_is_reported_with_each_reading_also_if_it_is_the_same(
    hass: HomeAssistant, line: Line, written: Written
) -> None:
    await line.change(12, signal_dbm=-81, reading=LATER)
    await until(lambda: state_of(hass, SIGNAL) == "-81")
    measured = {
        state.entity_id
        for state in hass.states.async_all("sensor")
        if "state_class" in state.attributes
        and not state.entity_id.endswith("battery_health")
    }
    assert set(written.entities) == measured
    assert len(written.entities) == len(measured) == 8


async def test_a_new_attribute_is_news(
    hass: HomeAssistant, line: Line, written: Written
) -> None:
    progress = {**CHARGER["progress"], "why": "resumed"}
    await line.change(12, signal_dbm=-80, progress=progress)
    await until(lambda: bool(written.entities))
    assert written.entities == [MODE]
    state = hass.states.get(MODE)
    assert state is not None
    assert state.attributes["reason"] == "resumed"


async def test_an_estimate_is_written_when_it_moved_and_not_when_it_trembles(
    hass: HomeAssistant, line: Line, written: Written
) -> None:
    full = CHARGER["charge"]["full"]
    for number, expected in ((12, "09:12:50"), (13, "09:14:00"), (14, "10:50:00")):
        forecast = full | {"expected": f"2026-11-21T{expected}Z"}
        charge = {**CHARGER["charge"], "full": forecast}
        await line.change(number, signal_dbm=-80, charge=charge)
    await until(lambda: state_of(hass, FULL) == "2026-11-21T10:50:00+00:00")
    assert written.entities == [FULL]


async def test_all_are_unavailable_once_while_the_hub_is_away_and_back_once(
    hass: HomeAssistant, line: Line, written: Written
) -> None:
    everything = {entity.entity_id for entity in entities_of(hass)}
    await line.hang_up()
    await until(lambda: state_of(hass, SIGNAL) == "unavailable")
    assert set(written.entities) == everything
    assert len(written.entities) == len(everything)
