"""Ten thousand boards connect at the same moment: all are answered."""

import asyncio
import time

from tests.support.crowd import connect_at_once, make_boards

from .. import hub_process, machine
from ..programs import scratch
from ..report import Report


def run(report: Report) -> None:
    """All connect before the first of them speaks."""
    count = 1_000 if report.quick else 10_000
    with scratch() as folder:
        data = folder / "hub"
        report.doing(f"adding {count:,} chargers")
        boards = asyncio.run(make_boards(data, count))
        report.doing("starting the hub")
        with hub_process.running(data) as hub, machine.on_cpu(machine.LOAD_CPU):
            report.doing(f"{count:,} at once")
            port = int(hub.device_url.rpartition(":")[2])
            begun = time.monotonic()
            seen = asyncio.run(connect_at_once(port, boards))
            seconds = time.monotonic() - begun
            memory_mib = hub.memory_mib()
    report.figure("Boards at once", count, "")
    report.figure("Answered with anything but 200", count - seen[200], "", at_most=0)
    report.figure("Until the last was answered", seconds, "s")
    report.figure("Resident memory afterwards", memory_mib, "MiB")
