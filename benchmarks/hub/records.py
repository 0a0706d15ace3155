"""A million records with repeats, reordering and reboots: what is stored is what was measured."""

import asyncio
from pathlib import Path

from tests.support.hub_process import running_hub
from tests.support.records import Outcome, deliver

from ..programs import scratch
from ..report import Report


def run(report: Report) -> None:
    """Count the differences."""
    count = 20_000 if report.quick else 1_000_000
    report.doing(f"{count:,} records")
    with scratch() as folder:
        outcome = asyncio.run(_deliver(folder / "hub", count))
    stored = set(outcome.stored)
    report.figure("Samples measured", len(outcome.measured), "")
    first = outcome.messages - outcome.repeated - outcome.late
    report.figure("Messages sent twice", 100 * outcome.repeated / first, "%")
    report.figure("Messages overtaken", 100 * outcome.late / first, "%")
    report.figure("Reboots", outcome.reboots, "")
    missing = len(outcome.measured - stored)
    report.figure("Measured and not stored", missing, "samples", at_most=0)
    foreign = len(stored - outcome.measured)
    report.figure("Stored and not measured", foreign, "samples", at_most=0)
    twice = len(outcome.stored) - len(stored)
    report.figure("Stored twice", twice, "samples", at_most=0)


async def _deliver(data: Path, count: int) -> Outcome:
    async with running_hub(data) as hub:
        return await deliver(hub, count, boards=200, seed=2)
