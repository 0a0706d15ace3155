"""A thousand SDM630 on Modbus TCP, each read every five seconds; fifty of them are dead.

The meters are simulated in a process of their own. The reader's time is the processor's, so that whatever else runs on
the machine does not count; how late a meter is read is the wall clock's.
"""

import asyncio
import logging
import resource
from statistics import quantiles
import subprocess
import sys
from time import monotonic, process_time

from kickwatt_hub.sources.modbus.host import MeterHost, MeterReading, Place
from kickwatt_hub.sources.modbus.model import shipped

from .report import Report

METERS = 1_000
DEAD = 50
INTERVAL_S = 5.0
ROUNDS = 6

_MODEL = shipped()["sdm630"]


class _Reader:
    """One meter, and when it was heard."""

    def __init__(self, port: int) -> None:
        self.heard_s: list[float] = []
        self.whole = 0
        self.host = MeterHost(
            Place("127.0.0.1", port, 1, INTERVAL_S),
            _MODEL.registers,
            _MODEL.longest_read,
            tell=self._note,
            now_ms=lambda: 0,
        )

    def _note(self, reading: MeterReading) -> None:
        self.heard_s.append(monotonic())
        self.whole += not reading.missing

    def late_s(self) -> list[float]:
        """How much later than due it was heard, each time but the first."""
        gaps = zip(self.heard_s, self.heard_s[1:], strict=False)
        return [after - before - INTERVAL_S for before, after in gaps]


def run(report: Report) -> None:
    """Read them for half a minute."""
    # That the dead ones do not answer is the point.
    logging.getLogger("kickwatt_hub.sources.modbus").setLevel(logging.ERROR)
    count = METERS // 20 if report.quick else METERS
    rounds = 2 if report.quick else ROUNDS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4096)), hard))
    with _simulated() as alive, _simulated("--fault", "silent") as dead:
        report.doing(f"{count} meters, {count * DEAD // METERS} of them dead")
        share, readers = asyncio.run(
            _read(_port(alive), _port(dead), count, count * DEAD // METERS, rounds)
        )
        alive.terminate()
        dead.terminate()
    late_s = [late for reader in readers for late in reader.late_s()]
    whole = sum(reader.whole for reader in readers)
    heard = sum(len(reader.heard_s) for reader in readers)
    p99_s = quantiles(late_s, n=100)[98]
    report.figure(
        "Requests for a whole SDM630", readers[0].host.requests, "", at_most=6
    )
    report.figure("Reading all of them", share * 100, "% of a core")
    report.figure("Rounds that brought every value", whole / heard * 100, "%")
    report.figure("Later than due, p99", p99_s * 1000, "ms")


async def _read(
    alive: int, dead: int, count: int, dead_count: int, rounds: int
) -> tuple[float, list[_Reader]]:
    """Return the share of a core that reading took, and the readers of the meters that live."""
    readers = [_Reader(alive) for _ in range(count - dead_count)]
    hosts = [reader.host for reader in readers]
    hosts += [_Reader(dead).host for _ in range(dead_count)]
    for host in hosts:
        host.start()
        await asyncio.sleep(INTERVAL_S / count)
    begun_s, used_s = monotonic(), process_time()
    await asyncio.sleep(rounds * INTERVAL_S)
    share = (process_time() - used_s) / (monotonic() - begun_s)
    await asyncio.gather(*(host.stop() for host in hosts))
    return share, readers


def _simulated(*flags: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "kickwatt_sim", "meter", "--port", "0", *flags]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _port(meter: subprocess.Popen[str]) -> int:
    assert meter.stdout is not None
    return int(meter.stdout.readline().rpartition(":")[2])
