"""A run leaves a transcript, a table and a picture, and is not changed by being recorded."""

import csv
import io
from math import nan
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from kickwatt_sim import Device, World
from kickwatt_sim.internet import Answer
from kickwatt_sim.recorder import Recorder
from kickwatt_sim.recorder.course import Course, Upload
from kickwatt_sim.recorder.picture import draw
from kickwatt_sim.recorder.transcript import Transcript

from .s1_hub import KEY, S1Hub
from .test_command_line import sim

SVG = "{http://www.w3.org/2000/svg}"


def elements(picture: str) -> list[ET.Element]:
    return list(ET.fromstring(picture).iter(f"{SVG}text"))  # noqa: S314 - we wrote it


def texts(picture: str) -> list[str]:
    return ["".join(each.itertext()) for each in elements(picture)]


def test_a_recorded_run_leaves_three_files(tmp_path: Path) -> None:
    scenario = tmp_path / "evening.toml"
    scenario.write_text(
        'about = "an evening"\n'
        '[[step]]\nafter = "5m"\ndo = "plug_in"\ncharge = 0.45\n'
        '[[step]]\nafter = "12m"\ndo = "fault"\nfault = "no_network"\nlasts = "2m"\n'
        '[[step]]\nafter = "16m"\ndo = "fault"\nfault = "modem_restart"\n'
    )
    folder = tmp_path / "run"
    with S1Hub() as hub:
        options = ["--virtual", "--duration", "20m", "--quiet", "--record"]
        result = sim(
            *(
                "run",
                "--hub",
                hub.url,
                "--scenario",
                str(scenario),
                *options,
                str(folder),
            )
        )
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == f"Recorded in {folder}."

    dialogue = (folder / "at.log").read_text().splitlines()
    assert dialogue[0].startswith("# AT dialogue")
    assert any(line.endswith("> AT+HTTPACTION=1") for line in dialogue)
    assert any(line.endswith("< DOWNLOAD") for line in dialogue)
    moments = [float(line[:14]) for line in dialogue[1:]]
    assert moments == sorted(moments)

    rows = list(csv.DictReader((folder / "world.csv").open()))
    assert {"time_s", "power_w", "voltage_v", "current_a", "relay"} < set(rows[0])
    assert float(rows[-1]["time_s"]) == pytest.approx(1200, abs=1)
    charging = [row for row in rows if float(row["power_w"]) > 80]
    assert charging
    assert {row["relay"] for row in charging} == {"1"}
    assert float(charging[-1]["battery_share"]) > 0.45
    assert charging[-1]["state"] == "charging"
    assert "200" in {row["upload"] for row in rows}
    assert [row["event"] for row in rows if row["event"]] == [
        "no_network strikes",
        "no_network is over",
        "modem_restart strikes",
    ]
    assert any(row["signal"] == "" for row in rows if 730 < float(row["time_s"]) < 830)
    for row in rows:
        watts = float(row["voltage_v"]) * float(row["current_a"])
        assert float(row["power_w"]) <= watts + 0.1

    picture = (folder / "run.svg").read_text()
    found = texts(picture)
    assert {"power (W)", "battery (%)", "no_network", "modem_restart"} < set(found)
    assert {"relay", "state", "uploads", "faults", "charging", "closed"} < set(found)
    assert "time since the start of the world (min)" in found
    everything = picture + "\n".join(dialogue) + (folder / "world.csv").read_text()
    assert KEY not in everything


def test_recording_changes_nothing(tmp_path: Path) -> None:
    def dialogue(folder: Path | None) -> list[tuple[str, bytes]]:
        heard: list[tuple[str, bytes]] = []
        settings = {
            "KICKWATT_URL": "http://hub.example",
            "KICKWATT_ID": "a",
            "KICKWATT_KEY": KEY,
            "KICKWATT_APN": "internet",
        }
        world = World(seed=3)
        world.epoch_s = 1_795_000_000
        with Device(settings, world=world, carry=lambda _: Answer(503)) as device:
            device.modem.dialogue.append(lambda who, data: heard.append((who, data)))
            recorder = folder and Recorder(device, folder, every_s=1)
            device.outlet.plug_in(0.5)
            device.run_for(300)
            if recorder:
                recorder.close()
                recorder.close()
                device.run_for(60)
                size = (folder / "world.csv").stat().st_size if folder else 0
                assert size > 300 * 20
        return heard[:200]

    plain = dialogue(None)
    assert len(plain) > 50
    assert dialogue(tmp_path) == plain


def test_a_transcript_keeps_no_pin_and_no_password() -> None:
    file = io.StringIO()
    transcript = Transcript(World(), file)
    for said in (
        b'AT+CPIN="1234"\r',
        b'AT+SAPBR=3,1,"PWD","hunter2"\r',
        b'AT+SAPBR=3,1,"USER","me"\r',
        b"\x00\xff\r",
        b"half",
    ):
        transcript.hear("host", said)
    transcript.hear("modem", b"\r\nOK\r\n")
    lines = [line[15:] for line in file.getvalue().splitlines()[1:]]
    assert lines == [
        "> AT+CPIN=***",
        '> AT+SAPBR=3,1,"PWD",***',
        '> AT+SAPBR=3,1,"USER","me"',
        "> \\x00\\xff",
        "> half",
        "< OK",
    ]


@pytest.mark.parametrize(
    ("length_s", "unit"),
    [(5, "s"), (900, "min"), (40_000, "h"), (40 * 86_400, "d"), (9e9, "d")],
)
def test_the_time_axis_has_a_unit_and_few_ticks(length_s: float, unit: str) -> None:
    course = Course()
    course.time_s.extend((0.0, length_s))
    course.power_w.extend((1.0, 2.0))
    course.battery.extend((nan, 0.5))
    found = texts(draw(course, name="<a>", epoch_s=0))
    assert f"time since the start of the world ({unit})" in found
    assert found.index(f"time since the start of the world ({unit})") <= 14
    assert any(each.startswith("<a>, ") for each in found)


def test_an_empty_run_and_a_crowded_one_can_be_drawn() -> None:
    assert texts(draw(Course(), name="a", epoch_s=0))
    course = Course()
    for second in range(200_000):
        course.time_s.append(second)
        course.power_w.append(90.0 if second % 2 else 0.0)
        course.battery.append(0.5)
        course.uploads.append(Upload(second, 200 if second % 3 else 601))
    for number in range(6):
        course.strike(f"fault_{number}", 199_000.0 + number)
    course.recover("fault_3", 199_500.0)
    course.recover("unheard_of", 199_500.0)
    picture = draw(course, name="a", epoch_s=0)
    assert len(picture) < 400_000
    ys = {
        each.get("y")
        for each in elements(picture)
        if (each.text or "").startswith("fault_")
    }
    assert len(ys) == 6


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--record", "/proc/nowhere"), "cannot record in /proc/nowhere"),
        (("--record", "/tmp", "--record-every", "0"), "a step of more than 0 s"),
        (("--record", __file__), "is a file"),
    ],
)
def test_what_cannot_be_recorded_is_said(
    options: tuple[str, ...], complaint: str
) -> None:
    result = sim("run", "--hub", "http://127.0.0.1:9", "--duration", "1", *options)
    assert result.returncode == 2
    assert complaint in result.stderr
