"""What the events of a veCharge-style server mean."""

from contextlib import suppress
import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from kickwatt_hub.sources.vecharge.events import (
    MOST,
    Complaint,
    Held,
    Logged,
    Switched,
    happened,
)
from kickwatt_hub.sources.vecharge.frames import Event, NonsenseError

NOW_MS = 1_800_000_000_000
# As the seed's text prints it.
LOG = {
    "deviceId": "veChargePoint0125896",
    "voltage": "230.00",
    "current": "7.00",
    "power": "1577.80",
    "energy": 0.23,
    "createdAt": "2022-01-10T13:57:59.124Z",
    "userId": "pulse-test-user",
    "chargerId": "test",
}


def _log(**changes: Any) -> Logged:
    found = happened(Event("newLog", json.dumps(LOG | changes)), NOW_MS)
    assert isinstance(found, Logged)
    return found


def test_a_log_of_the_text_is_a_reading_with_its_own_time() -> None:
    """Text becomes numbers, and kilowatt-hours watt-hours."""
    reading = _log().reading(relay_on=True, meter_wh=230)
    assert (reading.voltage_v, reading.current_a, reading.power_w) == (230.0, 7.0, 1577.8)  # fmt: skip
    assert (reading.power_factor, reading.meter_wh) == (0.98, 230)
    assert reading.time_ms == 1_641_823_079_124
    assert _log().session_wh == 230.0


def test_numbers_are_taken_as_numbers_too() -> None:
    """New servers may send them."""
    assert _log(voltage=230, current=7.0, power=1577.8) == _log()


@pytest.mark.parametrize(
    "created",
    [None, 7, "yesterday", "1970-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "9" * 30],
)
def test_a_time_that_cannot_be_is_the_time_of_arrival(created: Any) -> None:
    """Missing, no time, a clock that was never set, one far ahead."""
    assert _log(createdAt=created).time_ms == NOW_MS


@pytest.mark.parametrize("name", MOST)
@pytest.mark.parametrize(
    "value", ["much", "-1", "NaN", "1e400", "inf", True, [], {}, 10**400]
)
def test_a_value_that_cannot_be_is_never_a_reading(name: str, value: Any) -> None:
    """Whichever it is."""
    with pytest.raises(NonsenseError, match=name):
        _log(**{name: value})


def test_a_log_without_any_measurement_is_none() -> None:
    """Energy alone says nothing of now."""
    with pytest.raises(NonsenseError):
        _log(voltage=None, current=None, power=None)


@pytest.mark.parametrize("status", ["ON", "OFF"])
def test_both_shapes_of_charger_connected_are_read(status: str) -> None:
    """Flat, and below `_doc`; as text, and as an object."""
    flat = {"status": status, "energy": 0}
    for data in (flat, {"_doc": flat, "isNew": False}):
        for sent in (data, json.dumps(data)):
            assert happened(Event("chargerConnected", sent), NOW_MS) == Held(status == "ON")  # fmt: skip
    assert happened(Event("statusChanged", flat), NOW_MS) == Switched(status == "ON")


@pytest.mark.parametrize("data", ["on", {"status": "on"}, {"status": 1}, {}, [], None])
def test_a_status_that_is_none_is_nonsense(data: Any) -> None:
    """Power is never guessed."""
    with pytest.raises(NonsenseError):
        happened(Event("statusChanged", data), NOW_MS)


def test_an_error_is_words_for_a_person() -> None:
    """On one line, not endless."""
    for data in ("already  in\nuse", {"message": "already in use"}):
        assert happened(Event("error", data), NOW_MS) == Complaint("already in use")
    long = happened(Event("error", "x" * 1000), NOW_MS)
    assert isinstance(long, Complaint)
    assert len(long.words) == 200


@given(st.sampled_from(["chargerConnected", "statusChanged", "newLog", "error", "x"]), st.text() | st.binary().map(str) | st.none())  # fmt: skip
def test_nothing_that_a_server_says_is_another_error(name: str, data: Any) -> None:
    """Nonsense is called so."""
    with suppress(NonsenseError):
        happened(Event(name, data), NOW_MS)
