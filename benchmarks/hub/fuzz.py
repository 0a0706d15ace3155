"""Nonsense on the device port for a minute: no 500, no growth of memory."""

import asyncio
from pathlib import Path
import time

from tests.support.fuzz import Fuzz, fuzz
from tests.support.hub_process import HubProcess, running_hub
from tests.support.s1_device import S1Device

from ..programs import scratch
from ..report import Report

CASES = 2_000  # between two looks at the clock


def run(report: Report) -> None:
    """Warm up with the first cases, then look what the rest leaves behind."""
    seconds = 5 if report.quick else 60
    report.doing(f"{seconds} s")
    with scratch() as folder:
        seen, grown_mib, tracebacks = asyncio.run(_fuzz(folder / "hub", seconds))
    errors = sum(times for status, times in seen.items() if status and status >= 500)
    report.figure("Requests", sum(seen.values()), "")
    report.figure("Answered with 500 or above", errors, "", at_most=0)
    report.figure("Tracebacks in the log", tracebacks, "", at_most=0)
    report.figure("Memory grown by", max(0, grown_mib), "MiB", at_most=8)
    shown = sorted((status or 0, times) for status, times in seen.items())
    report.note(
        "Statuses (0: none, the hub waited for more or closed): "
        + ", ".join(f"{status} × {times:,}" for status, times in shown)
    )


async def _fuzz(data: Path, seconds: float) -> tuple[dict[int | None, int], float, int]:
    async with running_hub(data) as hub:
        key = await hub.add_charger("scooter")
        api_key = await hub.add_charger("tracker", kind="legacy")
    with HubProcess(data) as process:
        source = Fuzz(S1Device("", "scooter", key), api_key, seed=time.time_ns())
        port = int(process.device_url.rpartition(":")[2])
        seen = await fuzz(port, source, CASES)
        before = process.memory_mib()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for status, times in (await fuzz(port, source, CASES)).items():
                seen[status] = seen.get(status, 0) + times
        grown_mib = process.memory_mib() - before
    return seen, grown_mib, process.log().count("Traceback")
