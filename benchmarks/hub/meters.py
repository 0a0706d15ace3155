"""A thousand SDM630 at one hub, each read whole every five seconds and kept; fifty of them are dead.

The meters are simulated in processes of their own. The hub's time is the processor's, so that whatever else runs on the
machine does not count; how late a meter is read is the wall clock's, as the hub has stored it.
"""

import asyncio
from contextlib import closing
from itertools import pairwise
from pathlib import Path
import sqlite3
from statistics import quantiles
import subprocess
import sys
import time

from kickwatt_hub.meters.model import Polling
from kickwatt_hub.model import Scope, User
from kickwatt_hub.sources.modbus.model import shipped
from kickwatt_hub.sources.modbus.plan import plan
from kickwatt_hub.store import Store, management
from kickwatt_hub.store.engines import FILE

from .. import hub_process, machine
from ..programs import scratch
from ..report import Report

METERS = 1_000
DEAD = 50
INTERVAL_S = 5.0
SETTLE_S = 30.0  # after the start, for the first round of all of them
MEASURED_S = 60.0
_MODEL = shipped()["sdm630"]
_PLACE: management.Row = {
    "street": "Main",
    "number": "1",
    "city": "Town",
    "zip_code": "00-000",
    "coord_x": None,
    "coord_y": None,
}


def run(report: Report) -> None:
    """Let a hub poll them for a minute."""
    count = METERS // 20 if report.quick else METERS
    dead = count * DEAD // METERS
    seconds = MEASURED_S / 4 if report.quick else MEASURED_S
    with scratch() as folder, _simulated() as alive, _simulated("silent") as silent:
        data = folder / "hub"
        report.doing("adding the meters")
        asyncio.run(_add(data, count, dead, _port(alive), _port(silent)))
        with hub_process.running(data) as hub:
            report.doing(f"{count} meters, {dead} of them dead")
            time.sleep(SETTLE_S / 3 if report.quick else SETTLE_S)
            begun_ms, used_s = time.time_ns() // 1_000_000, machine.cpu_s(hub.pid)
            time.sleep(seconds)
            used_s = machine.cpu_s(hub.pid) - used_s
            ended_ms = time.time_ns() // 1_000_000
            memory_mib = hub.memory_mib()
        alive.terminate()
        silent.terminate()
        rounds = asyncio.run(_rounds(data, begun_ms, ended_ms))
    values = [each for some in rounds.values() for each in some.values()]
    late_s = [
        (after - before) / 1000 - INTERVAL_S
        for some in rounds.values()
        for before, after in pairwise(sorted(some))
    ]
    requests = len(plan(_MODEL.registers, _MODEL.longest_read))
    report.figure("Requests for a whole SDM630", requests, "", at_most=6)
    share = used_s / (ended_ms - begun_ms) * 1000
    report.figure("Processor", share * 100, "% of a core")
    report.figure("Resident memory", memory_mib, "MiB")
    report.figure("Meters heard", len(rounds), "")
    whole = sum(each == len(_MODEL.registers) for each in values)
    report.figure("Rounds that were whole", whole / len(values) * 100, "%")
    report.figure("Values stored", sum(values) / seconds, "/s")
    report.figure("Later than due, p99", quantiles(late_s, n=100)[98] * 1000, "ms")


async def _add(
    data: Path, count: int, dead: int, alive_port: int, dead_port: int
) -> None:
    """Add meters, of which each has an address of its own on the loopback network."""
    store = await Store.open(data)
    try:
        meter = await store.meters.adopt(_MODEL)
        await store.accounts.add_user(
            User(name="owner", email=None, scope=Scope.admin, created_ms=1), None
        )
        owner = await store.accounts.named("owner")
        assert owner is not None
        place: management.Row = {**_PLACE, "user": owner.id}
        (place,) = await store.management.add(management.LOCATION, [place])
        hosts: list[management.Row] = [
            {
                "ip": f"127.1.{number // 250}.{number % 250 + 1}",
                "port": dead_port if number < dead else alive_port,
                "slave_address": 1,
                "description": None,
                "user": owner.id,
                "location": place["id"],
                "meter": meter,
            }
            for number in range(count)
        ]
        added = await store.management.add(management.HOST, hosts)
        for each in added:
            await store.meters.set_polling(
                int(str(each["id"])), Polling(interval_s=INTERVAL_S)
            )
    finally:
        await store.close()
    with closing(sqlite3.connect(data / FILE)) as database, database:
        database.execute(
            "INSERT INTO host_measurement (host, measurement)"
            " SELECT h.id, r.measurement FROM meter_host h JOIN meter_register r ON r.meter = h.meter"
        )


async def _rounds(
    data: Path, begun_ms: int, ended_ms: int
) -> dict[int, dict[int, int]]:
    """Return how many values each meter brought at which instant between two."""
    store = await Store.open(data)
    found: dict[int, dict[int, int]] = {}
    try:
        for each in await store.meter_log.rounds():
            if begun_ms <= each.time_ms < ended_ms:
                found.setdefault(each.host, {})[each.time_ms] = len(each.values)
    finally:
        await store.close()
    return found


def _simulated(fault: str | None = None) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "kickwatt_sim", "meter", "--port", "0"]
    command += ["--host", "0.0.0.0"]
    if fault is not None:
        command += ["--fault", fault]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _port(meter: subprocess.Popen[str]) -> int:
    assert meter.stdout is not None
    return int(meter.stdout.readline().rpartition(":")[2])
