"""Questions about the past, with ten million readings stored: a day of one charger, and 90 days as 2,000 points."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
import time

from kickwatt_hub.store import Store
from kickwatt_hub.store.engines import FILE

from .. import fill
from ..programs import scratch
from ..report import Report
from .disk import add

DAY_MS = 86_400_000
DAYS = 90
STEP_S = 30
EACH = 5_000  # readings of every other charger
ROUNDS = 21


def run(report: Report) -> None:
    """Ask each question a few times; the first time is counted like the others."""
    chargers = 200 if report.quick else 1_950
    with scratch() as folder:
        asyncio.run(_run(report, folder, chargers))


async def _run(report: Report, folder: Path, chargers: int) -> None:
    now_ms = time.time_ns() // 1_000_000
    one, *others = await add(folder, chargers + 1)
    long = DAYS * DAY_MS // 1000 // STEP_S
    report.doing(f"filling in {long + chargers * EACH:,} readings")
    courses = [fill.course(EACH, now_ms, STEP_S, n) for n in range(fill.COURSES)]
    fill.insert(folder / FILE, fill.chunks_for(others, courses))
    fill.insert(
        folder / FILE, fill.chunks_for([one], [fill.course(long, now_ms, STEP_S, 99)])
    )
    size = (folder / FILE).stat().st_size
    store = await Store.open(folder)
    try:
        history = store.history
        report.doing("a day")
        day_ms = await _median_ms(
            lambda: history.readings(one, now_ms - DAY_MS, now_ms, 10_000)
        )
        report.doing(f"{DAYS} days")
        points_ms = await _median_ms(
            lambda: history.points(one, now_ms - DAYS * DAY_MS, now_ms, 2_000)
        )
    finally:
        await store.close()
    stored = long + chargers * EACH
    report.figure("Readings stored", stored, "")
    report.figure("File", size / stored, "bytes/reading")
    report.figure("The last day of one charger", day_ms, "ms", at_most=5)
    report.figure(f"{DAYS} days in 2,000 points", points_ms, "ms", at_most=150)
    report.note(f"Medians of {ROUNDS}; 2,880 readings a day.")


async def _median_ms(ask: Callable[[], Awaitable[object]]) -> float:
    taken = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        await ask()
        taken.append((time.perf_counter() - begun) * 1000)
    return median(taken)
