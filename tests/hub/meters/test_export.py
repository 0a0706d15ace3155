"""`kickwatt-hub export meters`: what meters measured, for spreadsheets and other programs."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
import csv
import json
from pathlib import Path

from click.testing import CliRunner, Result
import pytest

from kickwatt_hub.__main__ import cli
from kickwatt_hub.meters.model import MeterRound
from kickwatt_hub.store import NotThereError
from tests.support.engine import environment_for, open_store
from tests.support.stored_meters import add_hosts

START_MS = 1_700_000_000_000


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with two meters that have measured."""

    async def fill() -> None:
        store = await open_store(tmp_path)
        for host in await add_hosts(store, 2, measurements=("frequency", "voltage")):
            rounds = [
                MeterRound(host, START_MS + at, {"frequency": 50.0, "voltage": 230.5})
                for at in (0, 1000)
            ]
            await store.meter_log.append(rounds)
        await store.close()

    asyncio.run(fill())
    return tmp_path


def _export(data: Path, *arguments: str) -> list[str]:
    def run() -> Result:
        command = ["export", "meters", "--data", str(data), *arguments]
        return CliRunner(env=environment_for(command)).invoke(
            cli, command, catch_exceptions=False, standalone_mode=False
        )

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(run).result().stdout.splitlines()


def test_readings_of_meters_are_exported_with_their_units(data: Path) -> None:
    """Of all meters or of one, all of the time or a part of it."""
    rows = list(csv.DictReader(_export(data)))
    assert len(rows) == 8
    assert rows[0] == {
        "meter": "1",
        "name": "Eastron SDM630-Modbus, three phases 1",
        "time": "2023-11-14T22:13:20.000Z",
        "measurement": "frequency",
        "value": "50.0",
        "unit": "Hz",
    }
    end = "2023-11-14T22:13:21Z"
    lines = _export(data, "--meter", "2", "--end", end, "--format", "json")
    found = [json.loads(line) for line in lines]
    assert [(each["meter"], each["value"]) for each in found] == [(2, 50), (2, 230.5)]
    with pytest.raises(NotThereError):
        _export(data, "--meter", "3")
