"""Modes and tariffs from the command line, beside a hub that runs."""

import asyncio
import json
from pathlib import Path

from click.testing import CliRunner
import pytest

from kickwatt_hub import __main__ as program
from tests.support.engine import environment_for
from tests.support.hub_process import RunningHub, cli
from tests.support.s1_device import S1Device


@pytest.fixture
def folder(tmp_path: Path) -> str:
    """A data folder with a charger in it and no hub running."""
    data = str(tmp_path / "alone")
    _run("charger", "add", "scooter", "--data", data)
    return data


def _run(*arguments: str) -> str:
    done = CliRunner(env=environment_for(arguments)).invoke(
        program.cli, arguments, standalone_mode=False
    )
    assert done.exception is None, done.exception
    return done.output


def _refusal(*arguments: str) -> str:
    done = CliRunner(env=environment_for(arguments)).invoke(program.cli, arguments)
    assert done.exit_code == 2
    return done.output


async def test_a_running_hub_takes_up_what_the_command_line_sets(
    hub: RunningHub, board: S1Device, tmp_path: Path
) -> None:
    """And begins with it."""
    data = str(tmp_path / "data")
    await board.report(0.0)
    for arguments in (
        ("charger", "mode", "scooter", "to_target", "--target-wh", "50"),
        ("tariff", "set", "fixed", "0.31", "--currency", "EUR"),
    ):
        await asyncio.to_thread(cli, *arguments, "--data", data)
    context = hub.hub.context
    while context.tariffs.currency(0) is None:
        await hub.hub.refresh()
    await context.scheduler.look()
    entry = context.fleet.find("scooter")
    assert entry is not None
    assert (entry.charger.mode.mode, entry.charger.mode.target_wh) == ("to_target", 50)
    assert entry.charger.progress.step == "charging"


def test_a_mode_is_shown_and_changed_in_part(folder: str) -> None:
    where = ("--data", folder)
    assert _run("charger", "mode", "scooter", *where) == "mode: manual\nprefer: cheap\n"
    ready = ("ready_by", "--ready-by", "07:00", "--zone", "Europe/Warsaw")
    _run("charger", "mode", "scooter", *ready, *where)
    shown = _run("charger", "mode", "scooter", "--probe", *where)
    assert shown.splitlines() == [
        "mode: ready_by",
        "ready_by: 07:00",
        "zone: Europe/Warsaw",
        "prefer: cheap",
        "probe: yes",
    ]


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("fast",), "until_full"),
        (("ready_by",), "--ready-by: The mode ready_by needs a time"),
        (("ready_by", "--ready-by", "7"), "--ready-by:"),
        (("ready_by", "--ready-by", "07:00", "--zone", "X"), "--zone:"),
        (("to_target", "--target-percent", "80"), "--target-percent:"),
        (("to_target", "--target-wh", "3000"), "--target-wh:"),
    ],
)
def test_a_mode_that_makes_no_sense_is_refused(
    folder: str, arguments: tuple[str, ...], what: str
) -> None:
    assert what in _refusal(
        "charger", "mode", "scooter", *arguments, "--data", folder
    ).replace("\n", " ")


def test_tariffs_are_set_and_shown(folder: str) -> None:
    where = ("--data", folder)
    _run("tariff", "set", "fixed", "0.31", "--currency", "EUR", *where)
    bands = ("--band", "22:00-06:00 0.55", "--band", "weekend 13:00-15:00 0.5")
    zone = ("--currency", "PLN", "--zone", "Europe/Warsaw")
    _run("tariff", "set", "time-of-use", "0.95", *bands, *zone, *where)
    _run("tariff", "set", "feed", "--currency", "SEK", *where)
    assert "none" in _run("tariff", "set", "none", *where)
    shown = json.loads(_run("tariff", "show", *where))
    assert [each["kind"] for each in shown] == ["fixed", "time_of_use", "feed", "none"]
    assert shown[0]["from"] == "1970-01-01T00:00:00Z"
    assert shown[1]["bands"][1] == {
        "start": "13:00",
        "end": "15:00",
        "per_kwh": 0.5,
        "days": "weekend",
    }


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("fixed", "cheap", "--currency", "EUR"), "cheap"),
        (("fixed", "0.3", "--currency", "euro"), "currency:"),
        (("time-of-use", "0.3", "--currency", "EUR", "--zone", "X"), "zone:"),
        (("time-of-use", "0.3", "--currency", "EUR", "--band", "night"), "--band"),
        (
            ("time-of-use", "0.3", "--currency", "EUR", "--band", "22:00-26:00 1"),
            "bands[0].end:",
        ),
    ],
)
def test_a_tariff_that_makes_no_sense_is_refused(
    folder: str, arguments: tuple[str, ...], what: str
) -> None:
    assert what in _refusal("tariff", "set", *arguments, "--data", folder)
