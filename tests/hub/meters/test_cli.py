"""`kickwatt-hub meter …`."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from click.testing import CliRunner, Result
import pytest

from kickwatt_hub.__main__ import cli
from kickwatt_hub.cli.common import Refused
from kickwatt_hub.meters.adding import UnfitError
from kickwatt_hub.sources.modbus.model import shipped
from kickwatt_hub.store import AlreadyThereError, NotThereError
from kickwatt_sim.energy_meter import SimulatedMeter
from tests.hub.management.conftest import Caller
from tests.support.engine import environment_for
from tests.support.until import until


def _run(data: Path, *arguments: str) -> str:
    """Run a command; in a thread, since it starts an event loop of its own."""

    def run() -> Result:
        command = [*arguments, "--data", str(data)]
        return CliRunner(env=environment_for(command)).invoke(
            cli, command, catch_exceptions=False, standalone_mode=False
        )

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(run).result().stdout


def _add_owner(data: Path) -> None:
    env = environment_for(["--data", str(data)])
    command = ["user", "add", "owner", "--admin", "--data", str(data)]
    CliRunner(env=env).invoke(cli, command, input="strong-password\n")


def test_a_meter_is_added_listed_and_removed(tmp_path: Path) -> None:
    """By its model's name; what is read is all that it has, or what was chosen."""
    with pytest.raises(NotThereError, match="user add"):
        _run(tmp_path, "meter", "add", "192.0.2.7", "--model", "sdm630")
    _add_owner(tmp_path)
    added = _run(
        tmp_path,
        *("meter", "add", "192.0.2.7", "--model", "sdm630", "--name", "House"),
        "--site-meter",
    )
    assert added == "Added meter 1.\n"
    only = ("--measurement", "frequency", "--measurement", "voltage")
    where = ("--unit", "2", "--interval", "60")
    _run(tmp_path, "meter", "add", "192.0.2.7", "--model", "sdm630", *where, *only)
    shown = _run(tmp_path, "meter", "list")
    assert "House" in shown
    assert str(len(shipped()["sdm630"].registers)) in shown
    assert "60 s" in shown
    assert _run(tmp_path, "meter", "remove", "1") == "Removed meter 1.\n"
    assert "House" not in _run(tmp_path, "meter", "list")


def test_models_are_shown_with_their_titles(tmp_path: Path) -> None:
    """All that come with the hub."""
    shown = _run(tmp_path, "meter", "models")
    for name, model in shipped().items():
        assert any(
            line.split(maxsplit=1) == [name, model.title] for line in shown.splitlines()
        )


def test_what_cannot_be_is_refused_with_a_sentence(tmp_path: Path) -> None:
    """And nothing is added."""
    _add_owner(tmp_path)
    add = ("meter", "add", "192.0.2.7", "--model")
    _run(tmp_path, *add, "sdm120")
    for wrong, error, says in (
        ((*add, "sdm9000"), UnfitError, "no meter model sdm9000"),
        ((*add, "sdm120"), AlreadyThereError, "already"),
        ((*add, "sdm120", "--measurement", "moon"), UnfitError, "has no moon"),
        ((*add, "sdm120", "--site", "9"), UnfitError, "no such site"),
        ((*add, "sdm120", "--user", "nobody"), NotThereError, "no user nobody"),
        (("meter", "add", "a b", "--model", "sdm120"), Refused, "HOST"),
        (("meter", "remove", "9"), NotThereError, "no meter 9"),
    ):
        with pytest.raises(error, match=says):
            _run(tmp_path, *wrong)
    assert _run(tmp_path, "meter", "list").count("192.0.2.7") == 1


async def test_a_hub_that_runs_asks_what_was_added_on_the_command_line(
    owner: Caller, sdm630: SimulatedMeter
) -> None:
    """Within a moment."""
    where = (sdm630.host, "--port", str(sdm630.port), "--model", "sdm630")
    _run(owner.hub.hub.settings.data, "meter", "add", *where, "--interval", "1")

    async def online() -> bool:
        found = await owner.get("/api/v1/meters")
        return bool(found and found[0]["online"])

    assert await until(online)
