"""A fleet from the command line against a real hub from the command line."""

import asyncio
import json
from pathlib import Path
import signal
import subprocess

from kickwatt_demo.parts import program

from tests.support.engine import open_store
from tests.support.hub_process import HubProcess
from tests.support.stored import ALWAYS


def readings(hub: HubProcess) -> int:
    """How many readings the hub has stored."""
    return asyncio.run(_readings(hub.data))


async def _readings(data: Path) -> int:
    store = await open_store(data)
    try:
        pks = await store.chargers.keys()
        found = [await store.history.readings(pk, *ALWAYS, 10**9) for pk in pks]
    finally:
        await store.close()
    return sum(len(some) for some, _ in found)


def test_a_fleet_in_trouble_loses_and_doubles_nothing(tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    with HubProcess(tmp_path / "data") as hub:
        keys.write_text(hub.cli("charger", "add-many", "50", "--prefix", "flat-"))
        assert list(json.loads(keys.read_text()))[::49] == ["flat-01", "flat-50"]
        done = subprocess.run(
            [
                *(program("kickwatt-sim"), "fleet", "50", "--json"),
                *("--hub", hub.device_url, "--keys", str(keys)),
                *("--interval", "1s", "--ramp", "1s", "--duration", "5s"),
                *("--batch", "4", "--reboots", "0.05"),
                *("--duplicates", "0.1", "--reordered", "0.1"),
            ],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        summary = json.loads(done.stdout)
        assert set(summary["faults"]) == {"duplicates", "reordered", "reboots"}
        assert set(summary["statuses"]) == {"200", "409"}
        assert summary["failures"] == {}
        # What was under way at the end may be stored without having been counted.
        assert 0 <= readings(hub) - summary["samples_stored"] <= 50 * 40


def test_ctrl_c_ends_a_fleet_with_its_summary(tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"a": "00" * 32}))
    with subprocess.Popen(
        [
            *(program("kickwatt-sim"), "fleet", "1", "--duration", "1h"),
            *("--hub", "http://127.0.0.1:9", "--keys", str(keys)),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as fleet:
        assert fleet.stderr is not None
        assert "0 samples stored" in fleet.stderr.readline()
        fleet.send_signal(signal.SIGINT)
        said, complaint = fleet.communicate(timeout=20)
    assert fleet.returncode == 0
    assert "broken_promises: {}" in said
    assert "Traceback" not in complaint
