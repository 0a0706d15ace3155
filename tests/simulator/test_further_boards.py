"""One simulator plays several chargers: each has a board, a world and a key of its own, and the keys stay with it."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
import json
import signal
import threading
import time
from typing import Any
import urllib.error
import urllib.request

import pytest

from kickwatt_sim import Device, World, scenario
from kickwatt_sim.control import Boards, Panel, boards as module
from kickwatt_sim.control.errors import WrongError
from kickwatt_sim.pace import RealPace
from tests.support.scooter import NOBODY, scooter

FIRST, KEY, OTHER_KEY = "ab" * 32, "cd" * 32, "ef" * 32
PATIENCE_S = 120.0


@dataclass(frozen=True)
class Control:
    """The control of a simulated scooter in a process of its own."""

    port: int

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        kind: str = "application/json",
    ) -> tuple[int, Any]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={} if body is None else {"Content-Type": kind},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def play(self, charger: str, key: str = KEY) -> tuple[int, Any]:
        return self.ask("PUT", f"/boards/{charger}", {"key": key})

    def stop(self, charger: str) -> tuple[int, Any]:
        return self.ask("DELETE", f"/boards/{charger}")

    def state(self, charger: str) -> dict[str, Any]:
        status, state = self.ask("GET", f"/?charger={charger}")
        assert status == 200
        assert isinstance(state, dict)
        return state

    def played(self) -> list[str]:
        _, told = self.ask("GET", "/boards")
        return [each["charger"] for each in told["boards"]]

    def until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.fixture(scope="module")
def control() -> Iterator[Control]:
    """A simulator that prints whatever its firmware prints; at the end, none of it was a key."""
    said: list[str] = []
    with scooter(key=FIRST, options=()) as running:
        stdout = running.process.stdout
        assert stdout is not None
        # A pipe that nobody empties would hold the simulator up.
        reader = threading.Thread(target=lambda: said.extend(stdout))
        reader.start()
        yield Control(running.port)
        running.process.send_signal(signal.SIGINT)
        reader.join()
    assert running.process.returncode == 0
    printed = "".join(said)
    assert "bike: " in printed
    assert not any(key in printed for key in (FIRST, KEY, OTHER_KEY))


def test_a_second_charger_has_a_world_of_its_own(control: Control) -> None:
    status, told = control.play("bike")
    assert status == 200
    assert told["boards"] == [
        {"charger": "scooter", "first": True},
        {"charger": "bike", "first": False},
    ]
    control.until(lambda: control.state("bike")["plugged_in"])
    assert control.state("bike")["scenario"] == "already_plugged"
    _, state = control.ask("POST", "/do?charger=bike", {"do": "fault", "fault": "no_network"})  # fmt: skip
    assert (state["charger"], state["faults"]) == ("bike", ["no_network"])
    assert control.state("scooter")["faults"] == []
    # Without a name the first one is meant.
    assert control.ask("GET", "/")[1]["charger"] == "scooter"


def test_its_modem_talks_and_is_heard_by_its_name(control: Control) -> None:
    control.play("bike")
    control.until(lambda: control.ask("GET", "/dialogue?charger=bike")[1]["lines"])


def test_played_again_it_goes_on_and_with_another_key_it_begins_anew(
    control: Control,
) -> None:
    control.play("board", KEY)
    control.ask("POST", "/do?charger=board", {"do": "fault", "fault": "no_network"})
    assert control.play("board", KEY)[0] == 200
    assert control.state("board")["faults"] == ["no_network"]
    assert control.play("board", OTHER_KEY)[0] == 200
    assert control.state("board")["faults"] == []
    assert control.played().count("board") == 1


def test_it_is_stopped_alone(control: Control) -> None:
    control.play("short")
    assert "short" in control.played()
    status, told = control.stop("short")
    assert status == 200
    assert "short" not in [each["charger"] for each in told["boards"]]
    for method, path in (("GET", "/?charger=short"), ("GET", "/dialogue?charger=short"), ("DELETE", "/boards/short")):  # fmt: skip
        status, refused = control.ask(method, path)
        assert (status, refused["error"]["field"]) == (404, "charger")
    assert control.play("short")[0] == 200


def test_the_first_one_is_played_already_and_ends_with_the_process_only(
    control: Control,
) -> None:
    assert control.play("scooter", FIRST)[0] == 200
    for status, refused in (control.play("scooter", KEY), control.stop("scooter")):
        assert (status, refused["error"]["field"]) == (409, "charger")
        assert "started with" in refused["error"]["message"]
    assert control.played()[0] == "scooter"


@pytest.mark.parametrize("key", [None, "", "cd" * 31, "CD" * 32, KEY + "\n"])
def test_what_is_no_key_is_refused_and_not_repeated(
    control: Control, key: str | None
) -> None:
    status, refused = control.ask("PUT", "/boards/bike2", {"key": key})
    assert (status, refused["error"]["field"]) == (422, "key")
    assert not key or key.strip() not in refused["error"]["message"]
    assert "bike2" not in control.played()


def test_what_is_no_id_is_refused(control: Control) -> None:
    assert control.play("Bike!")[0] == 404
    assert control.play("b" * 33)[0] == 404


def test_a_form_of_another_site_starts_nothing(control: Control) -> None:
    status, _ = control.ask("PUT", "/boards/bike3", {"key": KEY}, kind="text/plain")
    assert status == 415
    assert "bike3" not in control.played()


def _first() -> Panel:
    settings = {"KICKWATT_ID": "scooter", "KICKWATT_KEY": FIRST, "KICKWATT_URL": NOBODY, "KICKWATT_APN": "internet"}  # fmt: skip
    device = Device(settings, world=World(seed=7))
    script = scenario.load("commute")
    pace = RealPace(1.0, epoch_s=device.world.epoch_s)
    return Panel(device, pace, script, scenario.play(script, device))


def test_a_further_board_is_built_as_the_first_one_was() -> None:
    first, prepared = _first(), list[Device]()
    with closing(Boards(first, prepared.append)) as boards:
        boards.play("bike", KEY)
        (device,) = prepared
        assert device.board.settings == {
            **first.device.board.settings,
            "KICKWATT_ID": "bike",
            "KICKWATT_KEY": KEY,
        }
        assert device.board.model is first.device.board.model
        assert device.board.drive == first.device.board.drive
        # Its dice are not those of the first: two scooters are never alike.
        assert device.world.seed != first.device.world.seed


def test_there_are_only_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    with closing(Boards(_first(), lambda _device: None)) as boards:
        boards.play("bike", KEY)
        with pytest.raises(WrongError, match="plays 2 chargers already") as refused:
            boards.play("board", KEY)
        assert refused.value.status == 409
        boards.stop("bike")
        boards.play("board", KEY)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_one_that_breaks_down_is_gone_and_takes_no_other_with_it() -> None:
    def break_bikes(device: Device) -> None:
        if device.board.settings["KICKWATT_ID"] == "bike":
            device.world.after(0.1, lambda: 1 // 0)

    with closing(Boards(_first(), break_bikes)) as boards:
        boards.play("board", KEY)
        boards.play("bike", KEY)
        for thread in threading.enumerate():
            if thread.name == "charger bike":
                thread.join(PATIENCE_S)
        assert [each["charger"] for each in boards.all()["boards"]] == ["scooter", "board"]  # fmt: skip
        with pytest.raises(WrongError, match="does not play this charger"):
            boards.panel("bike")


def test_all_end_with_the_process() -> None:
    boards = Boards(_first(), lambda _device: None)
    boards.play("bike", KEY)
    boards.play("board", KEY)
    names = {"charger bike", "charger board"}
    threads = [each for each in threading.enumerate() if each.name in names]
    assert len(threads) == len(names)
    boards.close()
    for each in threads:
        each.join(PATIENCE_S)
        assert not each.is_alive()
