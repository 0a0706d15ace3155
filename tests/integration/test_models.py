"""Reading what a hub says, whatever it says."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from custom_components.kickwatt.models import (
    Charger,
    ChargingState,
    Forecast,
    Mode,
    ModeName,
    Progress,
    Reading,
    Relay,
    Session,
    Settings,
    chargers_from_json,
)
from tests.integration.scripted_hub import CHARGER

FULL = Charger(
    id="scooter",
    name="Garage scooter",
    kind="s1",
    simulated=False,
    online=True,
    last_seen=datetime(2026, 11, 21, 7, 45, 2, tzinfo=UTC),
    firmware="0.1.0",
    signal_dbm=-79,
    supply_v=4.01,
    clock_off_s=None,
    state=ChargingState.CHARGING,
    trips=(),
    relay=Relay(reported=True, desired=True, pending=False, reason="order"),
    reading=Reading(
        time=datetime(2026, 11, 21, 7, 45, tzinfo=UTC),
        voltage_v=230.1,
        current_a=0.712,
        power_w=91.2,
        apparent_power_va=163.8,
        power_factor=0.56,
        energy_wh=12345.0,
    ),
    session=Session(
        id=3,
        start=datetime(2026, 11, 21, 6, 30, tzinfo=UTC),
        end=None,
        energy_wh=120.4,
        peak_power_w=95.1,
        end_reason=None,
        cost=0.0361,
        currency="EUR",
        unpriced_wh=0.0,
    ),
    phase="constant_current",
    full=Forecast(
        expected=datetime(2026, 11, 21, 9, 12, 40, tzinfo=UTC),
        earliest=datetime(2026, 11, 21, 8, 50, 10, tzinfo=UTC),
        latest=datetime(2026, 11, 21, 9, 40, tzinfo=UTC),
        learned=True,
    ),
    settings=Settings(
        cutoff_w=11.5,
        hold_s=300,
        max_hours=12,
        max_wh=2000,
        max_a=3.0,
        balance_min=0,
        pending=False,
    ),
    mode=Mode(
        name=ModeName.READY_BY,
        target_wh=None,
        target_percent=80,
        hours=None,
        ready_by=time(7, 0),
    ),
    progress=Progress(
        step="charging",
        why="planned",
        ready=datetime(2026, 11, 22, 6, 0, tzinfo=UTC),
    ),
)

EMPTY = Charger(
    id="scooter",
    name="scooter",
    kind=None,
    simulated=False,
    online=False,
    last_seen=None,
    firmware=None,
    signal_dbm=None,
    supply_v=None,
    clock_off_s=None,
    state=None,
    trips=(),
    relay=Relay(reported=None, desired=None, pending=False, reason=None),
    reading=Reading(
        time=None,
        voltage_v=None,
        current_a=None,
        power_w=None,
        apparent_power_va=None,
        power_factor=None,
        energy_wh=None,
    ),
    session=Session(
        id=None,
        start=None,
        end=None,
        energy_wh=None,
        peak_power_w=None,
        end_reason=None,
        cost=None,
        currency=None,
        unpriced_wh=None,
    ),
    phase=None,
    full=Forecast(expected=None, earliest=None, latest=None, learned=False),
    settings=Settings(
        cutoff_w=None,
        hold_s=None,
        max_hours=None,
        max_wh=None,
        max_a=None,
        balance_min=None,
        pending=False,
    ),
    mode=Mode(
        name=None, target_wh=None, target_percent=None, hours=None, ready_by=None
    ),
    progress=Progress(step=None, why=None, ready=None),
)


def test_the_example_of_the_contract_is_read_whole() -> None:
    assert Charger.from_json(CHARGER) == FULL


def test_a_charger_needs_only_an_id() -> None:
    assert Charger.from_json({"id": "scooter"}) == EMPTY


def test_an_unknown_field_is_ignored() -> None:
    assert Charger.from_json(CHARGER | {"colour": "teal"}) == FULL


@pytest.mark.parametrize("wrong", [None, True, [], {}, "x", 7, float("nan")])
def test_a_value_of_another_type_never_breaks_the_rest(wrong: Any) -> None:
    charger = Charger.from_json(dict.fromkeys(CHARGER, wrong) | {"id": "scooter"})
    assert charger is not None
    assert replace(
        charger,
        name=EMPTY.name,
        kind=None,
        simulated=False,
        online=False,
        firmware=None,
        signal_dbm=None,
        supply_v=None,
        clock_off_s=None,
    ) == replace(EMPTY)


@pytest.mark.parametrize("wrong", [None, True, [], {}, "x", float("inf")])
def test_a_measured_value_of_another_type_is_unknown(wrong: Any) -> None:
    reading = dict.fromkeys(CHARGER["reading"], wrong)
    charger = Charger.from_json(CHARGER | {"reading": reading})
    assert charger == replace(FULL, reading=EMPTY.reading)


@pytest.mark.parametrize("time", ["2026-11-21T07:45:00", "yesterday", 1795247100])
def test_a_time_without_a_zone_is_no_time(time: Any) -> None:
    charger = Charger.from_json(CHARGER | {"last_seen": time})
    assert charger == replace(FULL, last_seen=None)


def test_a_time_in_another_zone_becomes_utc() -> None:
    charger = Charger.from_json(CHARGER | {"last_seen": "2026-11-21T09:45:02+02:00"})
    assert charger == FULL
    assert charger.last_seen is not None
    assert charger.last_seen.tzinfo is UTC


@pytest.mark.parametrize(
    ("state", "read"),
    [
        ("off", ChargingState.OFF),
        ("idle", ChargingState.IDLE),
        ("charging", ChargingState.CHARGING),
        ("full", ChargingState.FULL),
        ("tripped", ChargingState.TRIPPED),
        ("unknown", None),
        ("levitating", None),
        (None, None),
    ],
)
def test_a_state_that_says_nothing_is_none(
    state: str | None, read: ChargingState | None
) -> None:
    assert Charger.from_json(CHARGER | {"state": state}) == replace(FULL, state=read)


@pytest.mark.parametrize(
    ("reported", "read"), [("on", True), ("off", False), ("ajar", None), (None, None)]
)
def test_a_relay_is_closed_open_or_unknown(
    reported: str | None, read: bool | None
) -> None:
    relay = Relay.from_json({"reported": reported, "desired": reported})
    assert relay == Relay(reported=read, desired=read, pending=False, reason=None)


@pytest.mark.parametrize("nameless", [{}, {"id": ""}, {"id": 7}, {"id": None}])
def test_what_has_no_id_is_no_charger(nameless: dict[str, Any]) -> None:
    assert Charger.from_json(nameless) is None
    assert chargers_from_json([nameless, CHARGER, "?"]) == {"scooter": FULL}


@pytest.mark.parametrize("nothing", [None, {}, "x", 3])
def test_no_list_is_no_chargers(nothing: Any) -> None:
    assert chargers_from_json(nothing) == {}


@pytest.mark.parametrize(
    ("state", "phase", "end_reason", "plugged_in"),
    [
        ("charging", "constant_current", None, True),
        ("charging", "constant_current", "unplugged", True),
        ("idle", "inrush", "unplugged", True),
        ("idle", "idle", "full", False),
        ("idle", "idle", None, False),
        ("full", "idle", "full", True),
        ("full", "idle", "cut_off", True),
        ("full", "idle", "unplugged", False),
        ("off", "idle", "full", None),
        ("off", "idle", "unplugged", None),
        ("tripped", "idle", "trip", None),
        ("unknown", None, None, None),
    ],
)
def test_a_plug_is_seen_only_where_power_could_flow(
    state: str, phase: str | None, end_reason: str | None, plugged_in: bool | None
) -> None:
    session = {"start": "2026-11-21T06:30:00Z", "end_reason": end_reason}
    if end_reason:
        session["end"] = "2026-11-21T07:30:00Z"
    said = {"state": state, "session": session, "charge": {"phase": phase}}
    charger = Charger.from_json(CHARGER | said)
    assert charger is not None
    assert charger.plugged_in is plugged_in


@pytest.mark.parametrize(
    ("trips", "step", "why", "problems"),
    [
        ([], "charging", "person", ()),
        (["over_current"], "locked", "trip", ("over_current",)),
        ([], "locked", "trip", ()),
        ([], "locked", "energy", ("guard_energy",)),
        ([], "charging", "energy", ()),
        (["welded"], "locked", "stuck", ("welded", "guard_stuck")),
    ],
)
def test_a_problem_is_a_trip_or_a_guard_that_has_locked(
    trips: list[str], step: str, why: str, problems: tuple[str, ...]
) -> None:
    said = {"trips": trips, "progress": {"step": step, "why": why}}
    charger = Charger.from_json(CHARGER | said)
    assert charger is not None
    assert charger.problems == problems


@pytest.mark.parametrize(
    ("end", "measured", "duration"),
    [
        ("2026-11-21T08:00:00Z", "2026-11-21T09:00:00Z", timedelta(minutes=90)),
        (None, "2026-11-21T07:45:00Z", timedelta(minutes=75)),
        (None, "2026-11-21T06:00:00Z", timedelta()),
        (None, None, None),
    ],
)
def test_a_running_charge_lasts_until_its_newest_reading(
    end: str | None, measured: str | None, duration: timedelta | None
) -> None:
    session = {"start": "2026-11-21T06:30:00Z", "end": end}
    charger = Charger.from_json(
        CHARGER | {"session": session, "reading": {"time": measured}}
    )
    assert charger is not None
    assert charger.session_duration == duration


@pytest.mark.parametrize("clock", ["25:00", "7", 700, None, "07:00+01:00"])
def test_what_is_no_time_of_day_is_none(clock: Any) -> None:
    charger = Charger.from_json(CHARGER | {"mode": {"ready_by": clock}})
    assert charger is not None
    assert charger.mode.ready_by is None
