"""`kickwatt-sim` as a person meets it."""

import os
from pathlib import Path
import re
import signal
import subprocess
import sys
import time

import pytest

from .s1_hub import ID, KEY, S1Hub

SECRET_FREE = {"KICKWATT_ID": ID, "KICKWATT_KEY": KEY}


def sim(
    *arguments: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kickwatt_sim", *arguments],
        env={
            **os.environ,
            "COLUMNS": "200",
            **(SECRET_FREE if environment is None else environment),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "Which one? Give --hub, or KICKWATT_URL in the settings file."),
        (
            ("--hub", "hub.example:8422"),
            "--hub must be an address such as http://192.168.1.5:8422;",
        ),
        (("--hub", "https://hub.example"), "https needs --modem a7670 or wifi"),
        (("--modem", "sim900"), "'sim900' is not one of 'sim800', 'a7670', 'wifi'"),
        (
            ("--hub", "http://h", "--key", "123"),
            "--key must be the 64 hexadecimal digits",
        ),
        (("--hub", "http://h", "--id", "Ä"), "--id must be 1 to 32 of a-z"),
        (
            ("--hub", "http://h", "--scenario", "nope"),
            "there is no scenario 'nope'; known are",
        ),
        (
            ("--hub", "http://h", "--start", "yesterday"),
            "'yesterday' is not an instant;",
        ),
        (("--hub", "http://h", "--start", "-1x"), "'-1x' is not an instant;"),
        (("--hub", "http://h", "--duration", "long"), "'long' is not a duration;"),
        (("--hub", "http://h", "--speed", "0"), "0.0 is not in the range"),
        (
            ("--hub", "http://h", "--settings", "nowhere.toml"),
            "cannot read nowhere.toml: No such file or directory",
        ),
        (
            ("--hub", "http://h", "--nvm", "/nowhere/board.nvm", "--duration", "1"),
            "cannot use /nowhere/board.nvm: No such file or directory",
        ),
        (("--hub", "http://h", "--nvm", __file__), "is not an image of 4096 bytes"),
        (
            ("--hub", "http://h", "--firmware", "nowhere"),
            "there is no code.py in nowhere",
        ),
        (
            ("--board", "uno"),
            "'uno' is not one of 'pico', 'pico_w', 'pico2', 'pico2_w'",
        ),
        (("--nonsense",), "No such option '--nonsense'."),
    ],
)
def test_a_wrong_argument_is_one_sentence_and_exit_code_2(
    arguments: tuple[str, ...], complaint: str
) -> None:
    result = sim("run", *arguments)
    assert result.returncode == 2
    assert complaint in result.stderr
    assert result.stderr.startswith("kickwatt-sim: ")
    assert result.stderr.count("\n") == 1
    assert KEY not in result.stderr


def test_scenarios_are_listed_in_words() -> None:
    result = sim("scenarios")
    assert result.returncode == 0
    assert "commute" in result.stdout
    assert "the meter does not answer" in result.stdout
    assert "with seconds: a number from 0 to 3600; usually 40.0" in result.stdout


def test_a_fault_is_told_as_it_strikes_and_as_it_ends(tmp_path: Path) -> None:
    file = tmp_path / "slow.toml"
    file.write_text(
        '[[step]]\nafter = "1m"\ndo = "fault"\nfault = "hub_slow"\nlasts = "1m"\nwith.seconds = 9'
    )
    with S1Hub() as hub:
        result = sim(
            *("run", "--hub", hub.url, "--virtual", "--duration", "4m", "--quiet"),
            *("--board", "pico", "--scenario", str(file)),
        )
    assert result.returncode == 0
    told = [line[18:] for line in result.stdout.splitlines() if "  fault: " in line]
    assert told == ["fault: hub_slow strikes (seconds 9)", "fault: hub_slow is over"]


def test_a_coarse_run_lets_two_days_pass_in_seconds() -> None:
    with S1Hub() as hub:
        result = sim(
            *("run", "--hub", hub.url, "--virtual", "--coarse", "--quiet"),
            *("--scenario", "already_plugged", "--duration", "2d"),
        )
        assert result.returncode == 0
        assert hub.messages[-1]["state"] == "done"
        assert hub.messages[-1]["up"] > 170_000


def test_a_virtual_run_charges_against_a_hub_and_keeps_the_memory(
    tmp_path: Path,
) -> None:
    nvm = tmp_path / "board.nvm"
    with S1Hub() as hub:
        result = sim(
            "run",
            "--hub",
            hub.url,
            "--virtual",
            "--duration",
            "30m",
            "--scenario",
            "already_plugged",
            "--nvm",
            str(nvm),
        )
        assert result.returncode == 0
        assert "charging, relay closed (order)" in result.stdout
        assert hub.messages[-1]["state"] == "charging"
        assert nvm.stat().st_size == 4096
        again = sim(
            "run",
            "--hub",
            hub.url,
            "--virtual",
            "--duration",
            "3m",
            "--nvm",
            str(nvm),
            "--quiet",
        )
        assert hub.messages[-1]["boot"] == 2
    last = again.stdout.splitlines()[-1]
    assert "relay on" in last
    assert "no battery" in last
    assert "0 failed" in last
    assert KEY not in result.stdout + result.stderr


@pytest.mark.parametrize("way", ["a7670", "wifi"])
def test_a_board_charges_over_lte_and_over_wifi_as_well(way: str) -> None:
    with S1Hub() as hub:
        result = sim(
            *("run", "--hub", hub.url, "--modem", way, "--virtual"),
            *("--duration", "20m", "--scenario", "already_plugged"),
        )
        assert result.returncode == 0
        assert f"{'wifi' if way == 'wifi' else 'modem'}: online" in result.stdout
        assert hub.messages[-1]["state"] == "charging"
        assert "0 failed" in result.stdout.splitlines()[-1]
        assert ("supply_mv" in hub.messages[-1]) is (way == "a7670")


def test_settings_come_from_a_file_and_arguments_win(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    with S1Hub() as hub:
        file.write_text(
            f'KICKWATT_URL = "http://127.0.0.1:9"\nKICKWATT_ID = "other"\nKICKWATT_KEY = "{KEY}"\n'
        )
        result = sim(
            *(
                "run",
                "--settings",
                str(file),
                "--hub",
                hub.url,
                "--id",
                ID,
                "--virtual",
                "--duration",
                "2m",
            ),
            environment={},
        )
    assert result.returncode == 0
    assert hub.messages
    assert hub.forged == 0


def test_a_hub_that_refuses_is_no_error() -> None:
    result = sim("run", "--hub", "http://127.0.0.1:9", "--virtual", "--duration", "5m")
    assert result.returncode == 0
    assert "relay off" in result.stdout
    assert " 0 ok" in result.stdout.splitlines()[-1]


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_when_asked_and_saves_the_memory(
    tmp_path: Path, end: signal.Signals
) -> None:
    nvm = tmp_path / "board.nvm"
    with S1Hub() as hub:
        process = subprocess.Popen(
            [
                # As a shell starts what runs in the background of a script.
                *("sh", "-c", 'trap "" INT; exec "$@"', "sh"),
                sys.executable,
                "-m",
                "kickwatt_sim",
                "run",
                "--hub",
                hub.url,
                "--speed",
                "60",
                "--nvm",
                str(nvm),
            ],
            env={**os.environ, **SECRET_FREE},
            stdout=subprocess.PIPE,
            text=True,
        )
        deadline = time.monotonic() + 60
        while len(hub.messages) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(end)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Stopped." in output
    # At sixty times real time, a hub that stands still for a second has not answered for a minute.
    assert re.search(r"\d ok, \d+ failed", output.splitlines()[-1])
    assert nvm.stat().st_size == 4096


def test_the_past_catches_up_with_the_present() -> None:
    began_s = time.time()
    with S1Hub() as hub:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "kickwatt_sim",
                "run",
                "--hub",
                hub.url,
                "--speed",
                "200",
                "--start",
                "-5m",
            ],
            env={**os.environ, **SECRET_FREE, "COLUMNS": "200"},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        said = ""
        while "The simulated clock has caught up with the present" not in said:
            said = process.stdout.readline()
            assert said, "it ended before that"
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert began_s - 300 < hub.messages[-1]["clock"] <= time.time() + 1
