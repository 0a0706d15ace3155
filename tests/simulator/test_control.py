"""A running simulation is looked at and changed over its control, by a person at the hub's page."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
import json
import time
from typing import Any
import urllib.error
import urllib.request

import pytest

from kickwatt_sim.control import Address
from kickwatt_sim.pace import AheadError, RealPace
from tests.support.scooter import scooter

PATIENCE_S = 60.0


@dataclass
class Control:
    """The control of a simulated scooter in a process of its own."""

    port: int

    def ask(
        self, path: str, body: object = None, kind: str = "application/json"
    ) -> tuple[int, Any]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={} if body is None else {"Content-Type": kind},
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def do(self, what: str, **more: object) -> tuple[int, Any]:
        return self.ask("/do", {"do": what, **more})

    def until(self, condition: Callable[[dict[str, Any]], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition(state := self.ask("/")[1]):
            assert time.monotonic() < deadline, state
            time.sleep(0.05)


@pytest.fixture(scope="module")
def control() -> Iterator[Control]:
    """A scooter of yesterday."""
    with scooter(start="-24h") as running:
        yield Control(running.port)
    assert running.process.returncode == 0


def test_it_says_how_it_stands(control: Control) -> None:
    status, state = control.ask("/")
    assert status == 200
    assert state["charger"] == "scooter"
    assert state["scenario"] == "commute"
    assert state["behind"] is True
    assert state["relay_on"] is False


def test_scenarios_and_faults_are_told_in_words(control: Control) -> None:
    _, catalog = control.ask("/catalog")
    assert "commute" in [each["name"] for each in catalog["scenarios"]]
    faults = {each["name"]: each for each in catalog["faults"]}
    assert len(faults) >= 30
    assert all(each["about"] for each in faults.values())
    (status,) = faults["http_error"]["parameters"]
    assert status["name"] == "status"
    assert "one of" in status["allowed"] or "number" in status["allowed"]


def test_the_battery_is_plugged_in_and_taken_away(control: Control) -> None:
    _, state = control.do("unplug")
    assert state["plugged_in"] is False
    _, state = control.do("plug_in", charge=0.25)
    assert state["plugged_in"] is True
    assert state["charge"] == pytest.approx(0.25, abs=0.01)


def test_a_fault_strikes_and_is_mended(control: Control) -> None:
    _, state = control.do("fault", fault="no_network")
    assert state["faults"] == ["no_network"]
    _, state = control.do("mend", fault="no_network")
    assert state["faults"] == []
    status, refused = control.do("mend", fault="no_network")
    assert status == 409
    assert refused["error"]["message"] == "This fault is not going on."


def test_a_scenario_begins_now_and_ends_what_was_broken(control: Control) -> None:
    control.do("fault", fault="no_network")
    control.do("unplug")
    _, state = control.do("play_scenario", scenario="already_plugged")
    assert state["scenario"] == "already_plugged"
    assert state["faults"] == []
    control.until(lambda state: state["plugged_in"])


def test_the_speed_changes_as_long_as_the_clock_is_in_the_past(
    control: Control,
) -> None:
    _, state = control.do("set_speed", speed=120)
    assert state["speed"] == 120
    began = datetime.fromisoformat(state["clock"])
    soon = began + timedelta(minutes=5)  # within seconds
    control.until(lambda state: datetime.fromisoformat(state["clock"]) > soon)
    _, state = control.do("set_speed", speed=1)
    assert state["speed"] == 1


def test_the_dialogue_comes_in_numbered_lines(control: Control) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not (lines := control.ask("/dialogue")[1]["lines"]):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert {each["by"] for each in lines} <= {"board", "modem"}
    numbers = [each["number"] for each in lines]
    assert numbers == list(range(numbers[0], numbers[0] + len(lines)))
    later = control.ask(f"/dialogue?after={numbers[-1]}")[1]["lines"]
    assert all(each["number"] > numbers[-1] for each in later)


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"do": "dance"}, 422, "do"),
        ({"do": "fault", "fault": "gremlins"}, 422, "fault"),
        ({"do": "fault", "fault": "no_network", "parameters": {"x": 1}}, 422, "fault"),
        ({"do": "play_scenario", "scenario": "/etc/passwd"}, 422, "scenario"),
        ({"do": "set_speed", "speed": 0}, 422, "speed"),
        ({"do": "plug_in", "charge": 2}, 422, "charge"),
        ({"do": "press_button", "lasts_s": 1000}, 422, "lasts_s"),
        ([], 422, None),
    ],
)
def test_what_cannot_be_done_is_said(
    control: Control, body: object, status: int, field: str | None
) -> None:
    got, refused = control.ask("/do", body)
    assert (got, refused["error"]["field"]) == (status, field)
    assert refused["error"]["message"].endswith(".")


def test_a_form_of_another_site_does_nothing(control: Control) -> None:
    status, _ = control.ask("/do", {"do": "unplug"}, kind="text/plain")
    assert status == 415


def test_a_world_of_the_present_does_not_go_into_the_future() -> None:
    pace = RealPace(1.0, epoch_s=time.time())
    with pytest.raises(AheadError, match="caught up"):
        pace.set_speed(2.0)
    pace.set_speed(0.5)
    assert pace.speed == 0.5


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("8424", Address("127.0.0.1", 8424)),
        ("0.0.0.0:1", Address("0.0.0.0", 1)),
        ("[::1]:2", Address("::1", 2)),
    ],
)
def test_an_address_is_a_port_or_host_and_port(text: str, address: Address) -> None:
    assert Address.parse(text) == address


@pytest.mark.parametrize("text", ["", "host", "70000", "a:b", ":1"])
def test_another_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not like"):
        Address.parse(text)
