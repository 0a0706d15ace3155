"""`scripts/demo`, as a newcomer types it."""

from collections.abc import Iterator
import json
import os
from pathlib import Path
import signal
import socket
import subprocess
import sys
import time
from typing import Any
import uuid

from PIL import Image
import pytest

from .processes import MARK, marked

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "scripts/demo"
# A charge in 75 s; the photographs still find it at its best.
SPEED = "180"


@pytest.fixture
def mark() -> Iterator[str]:
    """A mark for the processes of one test, of which none may be left."""
    mark = uuid.uuid4().hex
    yield mark
    left = marked(mark)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert left == {}


def start(mark: str, folder: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [DEMO, *options],
        stdout=subprocess.PIPE,
        stderr=(folder / "progress.log").open("w"),
        env={**os.environ, MARK: mark, "TMPDIR": str(folder)},
        text=True,
        start_new_session=True,
    )


def until_it_says(
    words: str, folder: Path, demo: subprocess.Popen[str], limit_s: float = 90
) -> None:
    deadline = time.monotonic() + limit_s
    while words not in (said := (folder / "progress.log").read_text()):
        assert demo.poll() is None, said
        assert time.monotonic() < deadline, said
        time.sleep(0.1)


@pytest.mark.needs("chromium")
@pytest.mark.timeout(420)
def test_once_sees_a_whole_charge_in_home_assistant_and_reports_it(
    tmp_path: Path, mark: str
) -> None:
    pictures = tmp_path / "pictures"
    demo = start(
        mark,
        tmp_path,
        *("--once", "--speed", SPEED, "--with", "meter"),
        *("--screenshots", str(pictures)),
    )
    printed, _ = demo.communicate(timeout=400)
    assert demo.returncode == 0, (tmp_path / "progress.log").read_text()
    report: dict[str, Any] = json.loads(printed)

    assert report["stages"][0] == "full"  # since yesterday
    seen = iter(report["stages"][1:])
    assert all(stage in seen for stage in ("idle", "charging", "full"))
    assert report["relay"] == "off"

    # From 45 % of 10.2 Ah: 4.1 Ah at 39.8 V, then 1.4 Ah at 42 V until the cut-off; 0.898 of that and 1.5 W at the wall.
    assert report["session"]["energy_wh"] == pytest.approx(251, rel=0.05)
    # Board and hub look for the end by the same rule; whichever saw it first.
    assert report["session"]["end_reason"] in ("cut_off", "full")
    assert report["energy_kwh"] == pytest.approx(
        report["session"]["energy_wh"] / 1000, rel=0.03
    )
    assert report["peak_power_w"] == pytest.approx(95, abs=3)

    at_the_end = by_kind(report["entities"])
    assert at_the_end["switch", "outlet"]["state"] == "off"
    assert at_the_end["binary_sensor", "battery_charging"]["state"] == "off"
    assert at_the_end["sensor", "enum"]["state"] == "full"
    assert float(at_the_end["sensor", "power"]["state"]) < 1
    while_charging = by_kind(report["entities_while_charging"])
    assert while_charging["switch", "outlet"]["state"] == "on"
    assert while_charging["binary_sensor", "battery_charging"]["state"] == "on"
    assert while_charging["sensor", "enum"]["state"] == "charging"
    assert 11.5 < float(while_charging["sensor", "power"]["state"]) < 95
    assert 210 < float(while_charging["sensor", "voltage"]["state"]) < 250
    energy = next(
        entity
        for entity in report["entities"].values()
        if entity.get("unit_of_measurement") == "kWh"
    )
    assert (energy["device_class"], energy["state_class"]) == ("energy", "total")

    assert report["seconds"]["stages"]["charging"] > 30
    assert report["peak_memory_mib"].keys() == {
        "hub",
        "simulator",
        "home_assistant",
        "meter",
    }
    assert all(20 < used < 600 for used in report["peak_memory_mib"].values())
    assert len(report["screenshots"]) == 26
    for file in report["screenshots"]:
        # An empty page has a few colours, Home Assistant's "Loading" about 550, a page of cards over a thousand;
        # that a stop is cleared is a line on a page without repairs.
        least = 400 if file.endswith("repair-cleared.png") else 700
        with Image.open(file) as picture:
            assert picture.size == (1440, 900)
            assert len(picture.convert("RGB").getcolors(1 << 20) or ()) > least
    assert list(tmp_path.glob("kickwatt-demo-*")) == []


def by_kind(
    entities: dict[str, dict[str, Any]],
) -> dict[tuple[str, str | None], dict[str, Any]]:
    return {
        (entity_id.partition(".")[0], entity.get("device_class")): entity
        for entity_id, entity in entities.items()
    }


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("moment", "to_its_group"),
    [
        pytest.param(
            "Starting Home Assistant", False, id="while Home Assistant starts"
        ),
        pytest.param(
            "The hub is up", True, id="from a terminal, before Home Assistant is up"
        ),
        pytest.param(
            "has switched the charger on", True, id="from a terminal, in mid-charge"
        ),
    ],
)
def test_ctrl_c_ends_it_and_leaves_nothing(
    tmp_path: Path, mark: str, moment: str, to_its_group: bool
) -> None:
    demo = start(mark, tmp_path)
    until_it_says(moment, tmp_path, demo)
    assert marked(mark)
    if to_its_group:
        os.killpg(demo.pid, signal.SIGINT)
    else:
        demo.send_signal(signal.SIGINT)
    printed, _ = demo.communicate(timeout=30)
    assert (demo.returncode, printed) == (0, "")
    assert marked(mark) == {}
    assert list(tmp_path.glob("kickwatt-demo-*")) == []


@pytest.mark.needs("setpriv", package="util-linux")
@pytest.mark.timeout(120)
def test_its_parts_end_when_it_is_killed_itself(tmp_path: Path, mark: str) -> None:
    demo = start(mark, tmp_path)
    until_it_says("has switched the charger on", tmp_path, demo)
    demo.kill()
    demo.communicate(timeout=30)
    deadline = time.monotonic() + 20
    while marked(mark) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert marked(mark) == {}


@pytest.mark.timeout(120)
def test_when_a_part_dies_it_says_which_with_its_last_words(
    tmp_path: Path, mark: str
) -> None:
    demo = start(mark, tmp_path, "--once")
    until_it_says("has switched the charger on", tmp_path, demo)
    (hub,) = (
        pid for pid, command in marked(mark).items() if "kickwatt-hub serve" in command
    )
    os.kill(hub, signal.SIGKILL)
    printed, _ = demo.communicate(timeout=30)
    said = (tmp_path / "progress.log").read_text()
    assert (demo.returncode, printed) == (1, "")
    assert "the hub was killed by SIGKILL. Its last words (" in said
    assert "/logs/hub.log" in said
    assert list(tmp_path.glob("kickwatt-demo-*/logs/hub.log"))


def test_a_port_that_is_in_use_is_named(tmp_path: Path, mark: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        demo = start(mark, tmp_path, "--port", str(port))
        demo.communicate(timeout=60)
    assert demo.returncode == 2
    assert f"Port {port} is in use" in (tmp_path / "progress.log").read_text()


def test_without_a_browser_it_says_what_to_install(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "kickwatt_demo", "--screenshots", tmp_path],
        env={"PYTHONPATH": str(ROOT / "scripts"), "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 2
    assert "apt-get install chromium fonts-noto-core" in done.stderr
