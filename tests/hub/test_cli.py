"""The command line, as the real program: what it prints, and what it says when it cannot."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
import getpass
import io
import json
import math
import os
from pathlib import Path
import signal
import socket
import sqlite3
import stat
import tomllib

import aiohttp
import click
from click.testing import CliRunner
import pytest

from kickwatt_hub import __main__ as program
from kickwatt_hub.cli.common import Refused
from kickwatt_hub.cli.people import read_password
from kickwatt_hub.cli.serve import run
from kickwatt_hub.settings import Settings
from tests.support.engine import environment_for
from tests.support.hub_process import HubProcess, cli
from tests.support.s1_device import S1Device
from tests.support.stored import stored_readings


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    """One hub for all tests that only add to it."""
    with HubProcess(tmp_path_factory.mktemp("cli") / "data") as process:
        yield process


class Refusals:
    """Runs commands that must fail with one sentence and exit code 2."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Both are of the test."""
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments: str, stdin: str = "") -> str:
        """Run one in this process and return its sentence."""
        self._monkeypatch.setattr("sys.argv", ["kickwatt-hub", *arguments])
        self._monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        for name, value in environment_for(arguments).items():
            self._monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as ended:
            program.main()
        output = self._capsys.readouterr()
        return _one_sentence(ended.value.code, output.out, output.err)


@pytest.fixture
def refusal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Refusals:
    """Run a command that must fail."""
    return Refusals(monkeypatch, capsys)


def _one_sentence(code: object, output: str, errors: str) -> str:
    assert (code, output) == (2, ""), errors
    lines = errors.splitlines()
    assert len(lines) == 1, errors
    assert lines[0].startswith("kickwatt-hub: ")
    assert lines[0].endswith("."), lines[0]
    return lines[0]


# --- a running hub notices what the command line does --------------------------------------------------------------


async def test_a_charger_from_the_command_line_works_at_once(
    running: HubProcess,
) -> None:
    """Standard output is the board's settings.toml and nothing else."""
    lines = await running.acli(
        "charger",
        "add",
        "scooter",
        "--name",
        "Garage",
        "--url",
        "http://hub.example:9000/",
    )
    settings = tomllib.loads(lines)
    assert set(settings) == {
        "KICKWATT_ID",
        "KICKWATT_KEY",
        "KICKWATT_URL",
        "KICKWATT_APN",
    }
    assert (settings["KICKWATT_ID"], settings["KICKWATT_URL"]) == (
        "scooter",
        "http://hub.example:9000",
    )
    assert settings["KICKWATT_APN"] == "internet"
    async with S1Device(
        running.device_url, "scooter", settings["KICKWATT_KEY"]
    ) as board:
        assert (await board.report(5.0)).status == 200
    table = await running.acli("charger", "list")
    assert "scooter" in table
    assert "Garage" in table


async def test_a_token_from_the_command_line_works_at_once_and_sees_changes_live(
    running: HubProcess,
) -> None:
    """What is added and removed reaches a live client within a few seconds."""
    await running.acli("user", "add", "anna", stdin="correct horse\n")
    token = (await running.acli("token", "create", "anna", "--scope", "read")).strip()
    assert len(token) == 64
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session,
        session.ws_connect(f"{running.url}/api/v1/live") as live,
    ):
        async with session.get(f"{running.url}/api/v1/me") as response:
            me = await response.json()
            assert (me["user"], me["scope"]) == ("anna", "read")
        await live.receive_json()
        await live.send_json({"type": "auth", "token": token})
        await live.receive_json()
        await live.send_json({"type": "subscribe", "id": 1})
        await live.receive_json()
        await running.acli("charger", "add", "late", "--simulated")
        event = await live.receive_json(timeout=60)
        assert (event["event"], event["charger"]["id"]) == ("charger", "late")
        assert event["charger"]["simulated"] is True
        told = await running.acli(
            "charger", "set", "late", "--rule", "threshold", "--balance-min", "30"
        )
        assert "rule threshold" in told
        event = await live.receive_json(timeout=60)
        assert event["charger"]["settings"]["balance_min"] == 30
        assert event["charger"]["settings"]["cutoff_w"] == 11.5
        await running.acli("charger", "remove", "late")
        event = await live.receive_json(timeout=60)
        assert (event["event"], event["charger_id"]) == ("charger_removed", "late")


async def test_a_user_can_log_in_with_the_password_that_was_typed(
    running: HubProcess,
) -> None:
    """One line of standard input."""
    await running.acli(
        "user",
        "add",
        "boss",
        "--admin",
        "--email",
        "b@example.org",
        stdin="tröt tröt\r\n",
    )
    body = {"name": "boss", "password": "tröt tröt"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{running.url}/api/v1/login", json=body) as response,
    ):
        assert (response.status, (await response.json())["scope"]) == (200, "admin")


async def test_many_chargers_from_the_command_line_work_at_once(
    running: HubProcess,
) -> None:
    """Their ids and keys are one JSON object; all are added or none."""
    keys = json.loads(await running.acli("charger", "add-many", "12", "--prefix", "m-"))
    assert list(keys) == [f"m-{number:02}" for number in range(1, 13)]
    async with S1Device(running.device_url, "m-12", keys["m-12"]) as board:
        assert (await board.report(power_w=12.0)).status == 200


def test_of_many_chargers_all_are_added_or_none(
    running: HubProcess, refusal: Refusals
) -> None:
    """The third of them is there already."""
    running.cli("charger", "add", "row-3")
    data = ("--data", str(running.data))
    assert "row-3" in refusal("charger", "add-many", "9", "--prefix", "row-", *data)
    assert "row-1" not in running.cli("charger", "list")


async def test_a_legacy_charger_from_the_command_line(running: HubProcess) -> None:
    """With what the seed's format leaves open."""
    lines = await running.acli(
        "charger", "add", "old", "--legacy", "--ampere-unit", "dA", "--zone", "-03:30", "--power-factor", "0.5"
    )  # fmt: skip
    settings = tomllib.loads(lines)
    assert set(settings) == {"api_key", "url"}
    row = {"amper": 5, "data": "22/04/05,11:39:33", "signal": 10, "volt": 2330}
    async with (
        aiohttp.ClientSession(headers={"api_key": settings["api_key"]}) as session,
        session.post(running.device_url + "/", json={"msg": [row]}) as response,
    ):
        assert response.status == 204
    (stored,) = await stored_readings(running.data, "old")
    assert (stored.current_a, stored.time_ms) == (0.5, 1_649_171_373_000)


def test_what_is_there_already_or_not_there_is_refused(
    running: HubProcess, refusal: Refusals
) -> None:
    """By name."""
    data = ("--data", str(running.data))
    running.cli("charger", "add", "twice")
    assert "twice" in refusal("charger", "add", "twice", *data)
    assert "nobody" in refusal("charger", "remove", "nobody", *data)
    assert "nobody" in refusal("charger", "set", "nobody", *data)
    assert "nobody" in refusal("token", "create", "nobody", "--scope", "read", *data)
    running.cli("user", "add", "double", stdin="correct horse\n")
    assert "double" in refusal("user", "add", "double", *data, stdin="correct horse\n")


@pytest.mark.once
def test_keys_and_the_database_are_for_the_owner_alone(running: HubProcess) -> None:
    """Mode 0600, and no key in clear in the database."""
    key = running.add_charger("sealed")
    for name in ("kickwatt.sqlite", "hub.secret"):
        mode = stat.S_IMODE((running.data / name).stat().st_mode)
        assert mode == 0o600, name
    for file in running.data.iterdir():
        content = file.read_bytes()
        assert key.encode() not in content
        assert bytes.fromhex(key) not in content


def test_a_second_hub_on_the_same_data_is_refused(
    running: HubProcess, refusal: Refusals
) -> None:
    """Two would contradict each other."""
    flags = (
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        "--device-port",
        "0",
        "--no-zeroconf",
    )
    assert "Another hub" in refusal("serve", "--data", str(running.data), *flags)


def test_serve_prints_one_line_per_address(running: HubProcess) -> None:
    """And nothing else on standard output."""
    assert running.output.splitlines() == [
        f"main port: {running.url}",
        f"device port: {running.device_url}",
    ]


# --- one sentence and exit code 2 ------------------------------------------------------------------------------------


@pytest.mark.parametrize("flag", ["--port", "--device-port"])
def test_a_port_in_use_is_named(tmp_path: Path, flag: str, refusal: Refusals) -> None:
    """With the system's reason."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ports = {"--port": "0", "--device-port": "0", flag: port}
        flags = [text for pair in ports.items() for text in pair]
        sentence = refusal(
            "serve",
            "--data",
            str(tmp_path),
            "--host",
            "127.0.0.1",
            "--no-zeroconf",
            *flags,
        )
    assert f"127.0.0.1:{port}" in sentence
    assert "in use" in sentence


def test_a_host_that_is_none_is_named(tmp_path: Path, refusal: Refusals) -> None:
    """An address of another machine."""
    assert "192.0.2.99:0" in refusal(
        "serve", "--data", str(tmp_path), "--host", "192.0.2.99", "--port", "0"
    )


@pytest.mark.once
def test_a_data_folder_that_cannot_be_used_is_named(
    tmp_path: Path, refusal: Refusals
) -> None:
    """Here: a file is in its place, so it is one for root, too."""
    (tmp_path / "file").write_text("")
    assert "file/data" in refusal("serve", "--data", str(tmp_path / "file" / "data"))
    assert "file" in refusal("charger", "list", "--data", str(tmp_path / "file"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_data_folder_without_permission_is_named(
    tmp_path: Path, refusal: Refusals
) -> None:
    """The system's word for it."""
    tmp_path.chmod(0o500)
    assert "Permission denied" in refusal("serve", "--data", str(tmp_path))


@pytest.mark.once
def test_a_database_of_a_newer_version_is_named(
    tmp_path: Path, refusal: Refusals
) -> None:
    """And left as it is."""
    cli("charger", "list", "--data", str(tmp_path))
    with closing(sqlite3.connect(tmp_path / "kickwatt.sqlite")) as database, database:
        database.execute("UPDATE alembic_version SET version_num='9999'")
    assert "newer Kickwatt" in refusal("serve", "--data", str(tmp_path))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["serve", "--port", "70000"], "--port"),
        (["serve", "--port", "x"], "--port"),
        (["serve", "--colour"], "--colour"),
        (["serve", "more"], "more"),
        (["explode"], "explode"),
        (["token", "create", "owner"], "--scope"),
        (["token", "create", "owner", "--scope", "root"], "--scope"),
        (["charger", "add"], "ID"),
        (["charger", "set", "scooter", "--rule", "plain"], "--rule"),
        (["charger", "set", "scooter", "--balance-min", "241"], "--balance-min"),
        (["charger", "add", "Scooter"], "lower-case"),
        (["charger", "add", "a\n"], "lower-case"),
        (["charger", "add", "a", "--url", "https://x"], "http://"),
        (["charger", "add", "a", "--url", 'http://x"'], "http://"),
        (["charger", "add", "a", "--legacy", "--zone", "CET"], "--zone"),
        (["charger", "add", "a", "--legacy", "--zone", "+15:00"], "--zone"),
        (["charger", "add", "a", "--legacy", "--power-factor", "2"], "--power-factor"),
        (["charger", "add-many", "0"], "100000"),
        (["charger", "add-many", "2", "--prefix", "A-"], "--prefix"),
        (["charger", "add-many", "2", "--prefix", "a" * 32], "--prefix"),
        (["user", "add", "a b"], "name"),
    ],
)
def test_a_bad_option_is_named(
    arguments: list[str], words: str, refusal: Refusals
) -> None:
    """Without a usage text or a traceback."""
    assert words in refusal(*arguments)


@pytest.mark.parametrize("password", ["", "short\n", "x" * 300])
def test_a_password_that_is_too_short_or_too_long_is_refused(
    tmp_path: Path, password: str, refusal: Refusals
) -> None:
    """Before anything is stored."""
    assert "8 to 256" in refusal(
        "user", "add", "anna", "--data", str(tmp_path), stdin=password
    )


def test_options_of_the_app_are_checked(tmp_path: Path, refusal: Refusals) -> None:
    """Missing, no JSON, wrong value."""
    options = tmp_path / "options.json"
    serve = ("serve", "--data", str(tmp_path / "data"), "--options", str(options))
    assert "options.json" in refusal(*serve)
    options.write_text("{")
    assert "options.json" in refusal(*serve)
    options.write_text(json.dumps({"log_level": "loud", "simulator": True}))
    assert "log_level" in refusal(*serve)


def test_a_damaged_secret_is_named(tmp_path: Path, refusal: Refusals) -> None:
    """Every key in the database depends on it."""
    (tmp_path / "hub.secret").write_text("not hexadecimal")
    assert "hub.secret" in refusal("charger", "add", "a", "--data", str(tmp_path))


# --- what a person sees ------------------------------------------------------------------------------------------------


def test_the_program_itself_ends_with_exit_code_2(tmp_path: Path) -> None:
    """As a process, without a traceback."""
    done = cli("charger", "remove", "nobody", "--data", str(tmp_path), check=False)
    assert "nobody" in _one_sentence(done.returncode, done.stdout, done.stderr)


def test_help_and_version() -> None:
    """Exit code 0."""
    assert "Run the hub" in cli("--help").stdout
    assert "--device-port" in cli("serve", "--help").stdout
    assert cli("--version").stdout.strip() == "kickwatt-hub, version 0.1.0"


def test_on_a_terminal_the_password_is_asked_for_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And never shown."""
    answers = iter(
        ["correct horse", "battery staple", "correct horse", "correct horse"]
    )
    monkeypatch.setattr(getpass, "getpass", lambda _: next(answers))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    with pytest.raises(Refused, match="differ"):
        read_password()
    assert read_password() == "correct horse"


def test_ctrl_c_at_a_question_ends_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the usual exit code."""

    def interrupted(**_: object) -> None:
        raise click.Abort

    monkeypatch.setattr(program.cli, "main", interrupted)
    with pytest.raises(SystemExit) as stopped:
        program.main()
    assert stopped.value.code == 130


@pytest.mark.once
def test_the_data_folder_can_come_from_the_environment(tmp_path: Path) -> None:
    """As every other option can."""
    environment = {"KICKWATT_HUB_CHARGER_ADD_DATA": str(tmp_path / "data")}
    cli("charger", "add", "scooter", environment=environment)
    assert (tmp_path / "data" / "kickwatt.sqlite").exists()


async def test_serving_in_this_process(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Until the signal comes."""
    chosen = Settings(
        data=tmp_path, host="127.0.0.1", port=0, device_port=0, zeroconf=False
    )
    serving = asyncio.create_task(run(chosen))
    while "device port" not in (output := capsys.readouterr().out):
        await asyncio.sleep(0.02)
    assert output.startswith("main port: http://127.0.0.1:")
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(serving, 60)


async def test_ctrl_c_stops_the_hub(tmp_path: Path) -> None:
    """Like SIGTERM."""
    process = await asyncio.to_thread(HubProcess(tmp_path / "data").start)
    assert process._process is not None
    process._process.send_signal(2)
    assert await asyncio.to_thread(process._process.wait, 10) == 0


def test_the_commands_run_in_process_as_well(tmp_path: Path) -> None:
    """As a script that embeds them would."""
    runner = CliRunner()
    data = ["--data", str(tmp_path)]
    added = runner.invoke(
        program.cli, ["charger", "add", "scooter", "--simulated", *data]
    )
    assert added.exit_code == 0
    assert "KICKWATT_KEY" in added.output
    listed = runner.invoke(program.cli, ["charger", "list", *data])
    assert "s1, simulated" in listed.output
    assert "never" in listed.output
    removed = runner.invoke(program.cli, ["charger", "remove", "scooter", *data])
    assert removed.output == "Removed charger scooter.\n"
    user = runner.invoke(
        program.cli, ["user", "add", "anna", *data], input="correct horse\n"
    )
    assert user.output == "Added user anna.\n"
    token = runner.invoke(
        program.cli, ["token", "create", "anna", "--scope", "admin", *data]
    )
    assert len(token.output.strip()) == 64
    assert runner.invoke(program.cli, ["serve", "--help"]).exit_code == 0


# --- a recording ------------------------------------------------------------------------------------------------------


def _recording(path: Path, *, tail_s: float = 2_400) -> Path:
    """Six hours at 15 s: a charge, steady at first, then falling to rest."""
    lines = ["time,power_w"]
    for time_s in range(0, 21_600, 15):
        power_w = 90.0
        if time_s > 9_000:
            power_w = max(1.5, 90 * math.exp((9_000 - time_s) / tail_s))
        lines.append(f"{time_s},{power_w:.1f}")
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_recording_is_replayed_in_words_and_as_json(tmp_path: Path) -> None:
    recording = str(_recording(tmp_path / "charge.csv"))
    runner = CliRunner()
    found = runner.invoke(program.cli, ["replay", recording, "--json"])
    assert found.exit_code == 0, found.output
    (session,) = json.loads(found.stdout)["sessions"]
    assert session["end_reason"] == "full"
    assert 9_000 < session["end"] <= session["cut_at"] < 21_600
    assert 225 < session["energy_wh"] < 300
    told = runner.invoke(program.cli, ["replay", recording])
    assert "full" in told.output
    taught = runner.invoke(
        program.cli, ["replay", recording, "--json", *["--learn", recording] * 2]
    )
    (again,) = json.loads(taught.stdout)["sessions"]
    first, taught_first = session["estimates"][0], again["estimates"][0]
    assert (
        taught_first["high"] - taught_first["low"] < (first["high"] - first["low"]) / 2
    )
    assert abs(taught_first["full_at"] - session["end"]) < 900


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_a_recording_is_drawn_the_same_every_time(tmp_path: Path, suffix: str) -> None:
    recording = str(_recording(tmp_path / "charge.csv"))
    pictures = [tmp_path / f"{name}{suffix}" for name in "ab"]
    for picture in pictures:
        drawn = CliRunner().invoke(
            program.cli, ["replay", recording, "--plot", str(picture)]
        )
        assert drawn.exit_code == 0, drawn.output
    first, second = (picture.read_bytes() for picture in pictures)
    assert first == second
    assert first.startswith(b"<?xml" if suffix == ".svg" else b"\x89PNG")


def test_a_picture_that_cannot_be_drawn_is_refused_in_a_sentence(
    tmp_path: Path, refusal: Refusals
) -> None:
    recording = str(_recording(tmp_path / "charge.csv"))
    assert "ends in .png or .svg" in refusal("replay", recording, "--plot", "a.pdf")
    nowhere = str(tmp_path / "nowhere" / "a.svg")
    assert "No such file" in refusal("replay", recording, "--plot", nowhere)


def test_times_on_the_calendar_are_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "charge.csv"
    lines = _recording(path).read_text().splitlines()[1:]
    moved = [line.split(",") for line in lines]
    path.write_text(
        "t;v;a\n"
        + "".join(f"{1795248000 + int(t)};230,0;{float(w) / 230}\n" for t, w in moved)
    )
    told = CliRunner().invoke(program.cli, ["replay", str(path)], terminal_width=200)
    assert "2026-11" in told.output
    assert "apparent" in told.output


def test_a_recording_without_a_charge_says_so(tmp_path: Path) -> None:
    path = tmp_path / "idle.csv"
    path.write_text("time,power_w\n0,0.4\n60,0.4\n")
    told = CliRunner().invoke(program.cli, ["replay", str(path)])
    assert told.output == "No charge in this recording.\n"


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"time,power_w\n0,x\n", "column power_w"),
        (b"when,watts\n0,1\n", "time"),
        (b"\x00\x01", "not a text file"),
    ],
)
def test_a_recording_that_cannot_be_read_is_named(
    tmp_path: Path, refusal: Refusals, content: bytes, named: str
) -> None:
    path = tmp_path / "charge.csv"
    path.write_bytes(content)
    sentence = refusal("replay", str(path))
    assert str(path) in sentence
    assert named in sentence
