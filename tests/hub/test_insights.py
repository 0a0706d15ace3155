"""What the brain has found out, over the API: phases, forecasts, decisions, what was learned, health."""

from datetime import datetime
from math import exp
from typing import Any

import aiohttp
from msgspec.structs import replace
import pytest

from kickwatt_hub.brain import board_decisions
from kickwatt_hub.forecast import Forecasts, forecast_of
from kickwatt_hub.model import Said
from tests.support.hub_process import RunningHub
from tests.support.s1_device import S1Device
from tests.support.waiting import until

from .test_native import Api


@pytest.fixture
async def reader(hub: RunningHub, http: aiohttp.ClientSession) -> Api:
    """Somebody who may look."""
    return Api(hub, http, await hub.add_token("read"))


def _curve(minute: int) -> float:
    return 2.0 + (90.0 if minute < 90 else 90.0 * exp((90 - minute) / 15.0))


async def _report(board: S1Device, minutes: range, left: int = 0) -> None:
    """Report a stretch of the charge, a sample a minute, in batches as a board sends them."""
    for minute in minutes:
        board.energy_wh += round(_curve(minute) / 60)
        board.measure(_curve(minute), age_s=(minutes.stop - minute + left) * 60)
    while board.queue:
        await board.send()


async def _charging(board: S1Device) -> None:
    board.relay, board.state, board.why = 1, "charging", "order"


async def test_a_running_charge_has_a_phase_and_says_when_it_will_be_full(
    hub: RunningHub,
    board: S1Device,
    reader: Api,
) -> None:
    """Wide on the first charge, and none without a charge."""
    _, charger = await reader.call("GET", "/api/v1/chargers/scooter")
    assert charger["charge"] == {"phase": "idle", "full": None}
    await _charging(board)
    await _report(board, range(60))
    entry = hub.hub.context.fleet.find("scooter")
    assert entry is not None
    await until(lambda: entry.charger.forecast is not None)
    _, charger = await reader.call("GET", "/api/v1/chargers/scooter")
    charge = charger["charge"]
    assert charge["phase"] == "constant_current"
    full = charge["full"]
    times = [
        datetime.fromisoformat(full[name])
        for name in ("as_of", "earliest", "expected", "latest")
    ]
    assert times == sorted(times)
    assert (times[3] - times[1]).total_seconds() > 1800
    assert full["learned"] is False
    board.relay, board.state, board.why = 0, "off", "order"
    await board.report(0.0)
    _, charger = await reader.call("GET", "/api/v1/chargers/scooter")
    assert charger["charge"] == {"phase": "idle", "full": None}


async def test_every_decision_is_told_with_its_rule_and_its_numbers(
    board: S1Device,
    reader: Api,
) -> None:
    """The hub's about the session, and the board's beside them."""
    await _charging(board)
    await _report(board, range(200), left=1)
    board.relay, board.state, board.why = 0, "done", "cut_off"
    await board.report(0.0)
    _, found = await reader.call("GET", "/api/v1/chargers/scooter/sessions")
    (session,) = found["sessions"]
    _, of_session = await reader.call(
        "GET", f"/api/v1/chargers/scooter/sessions/{session['id']}/decisions"
    )
    told = [
        (each["by"], each["decision"], each["rule"]) for each in of_session["decisions"]
    ]
    assert told[:3] == [
        ("hub", "started", "armed"),
        ("hub", "phase", "constant_current"),
        ("hub", "phase", "constant_voltage"),
    ]
    assert ("board", "cut_off", "board") in told
    ended = next(e for e in of_session["decisions"] if e["decision"] == "ended")
    assert ended["rule"] in {"little_left", "stopped"}
    assert ended["numbers"]["rest_w"] < ended["numbers"]["low_w"]
    assert len(ended["levels"]) == 16
    assert ended["since"] <= ended["time"]
    _, everything = await reader.call(
        "GET", "/api/v1/chargers/scooter/decisions?limit=2"
    )
    assert everything["decisions"] == of_session["decisions"][::-1][:2]
    _, learned = await reader.call("GET", "/api/v1/chargers/scooter/learned")
    (charge,) = learned["charges"]
    assert len(charge["power_w"]) == 48
    assert (learned["trusted"], learned["plateau_w"]) == (False, 92.0)
    _, health = await reader.call("GET", "/api/v1/chargers/scooter/health")
    assert (health["charges"], health["needed"]) == (1, 5)
    assert health["capacity_percent"] is None


@pytest.mark.parametrize("session", ["0", "99", "x", "9" * 30])
async def test_a_session_that_is_not_there_has_no_decisions(
    board: S1Device,
    reader: Api,
    session: str,
) -> None:
    """404, whatever is asked for."""
    await board.report(0.0)
    status, _ = await reader.call(
        "GET", f"/api/v1/chargers/scooter/sessions/{session}/decisions"
    )
    assert status == 404


SAID = Said(
    fw="0.1.0",
    up=1,
    reset="power_on",
    clock=None,
    csq=17,
    state="charging",
    relay=1,
    why="order",
    trips=(),
    order=3,
    refused=None,
    rev=0,
    left=0,
)


def _changed(**changes: Any) -> Said:

    return replace(SAID, **changes)


@pytest.mark.parametrize(
    ("before", "now", "decisions"),
    [
        (SAID, SAID, []),
        (SAID, _changed(why="cut_off"), [("cut_off", "board")]),
        (_changed(why="cut_off"), _changed(why="cut_off"), []),
        (None, _changed(trips=("welded",)), [("tripped", "welded")]),
        (
            _changed(trips=("welded",)),
            _changed(trips=("welded", "sensor_lost")),
            [("tripped", "sensor_lost")],
        ),
        (SAID, _changed(refused="trip"), [("refused", "trip")]),
        (_changed(refused="trip"), _changed(refused="trip"), []),
        (
            _changed(refused="trip"),
            _changed(refused="trip", order=4),
            [("refused", "trip")],
        ),
    ],
)
def test_what_a_board_decides_is_told_once(
    before: Said | None, now: Said, decisions: list[tuple[str, str]]
) -> None:
    found = board_decisions(before, now, 1000)
    assert [(each.what, each.rule) for each in found] == decisions


async def test_a_forecast_is_made_once_a_minute_of_the_chargers_time(
    hub: RunningHub, board: S1Device
) -> None:
    """Not with every reading: it takes a hundred times as long."""
    entry = None
    await _charging(board)
    await _report(board, range(30))
    entry = hub.hub.context.fleet.find("scooter")
    assert entry is not None
    await until(lambda: entry.charger.forecast is not None)
    own = Forecasts(hub.hub.context.fleet)
    own.look(entry)
    assert own._due == {}
    assert forecast_of(entry) == entry.charger.forecast
