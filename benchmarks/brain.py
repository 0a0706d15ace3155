"""The brain: a year of readings replayed, its state, an estimate.

One core; the time is the processor's, so that whatever else runs on the machine does not count.
"""

from time import process_time

import msgspec

from kickwatt_hub.charging.detector import (
    INITIAL,
    DetectorSettings,
    DetectorState,
    Sample,
    step,
)
from kickwatt_hub.charging.estimator import estimate
from kickwatt_hub.charging.profile import NOTHING_LEARNED
from kickwatt_sim.charges import charge, outlet

from .report import Report

DAY_S = 86_400
EVERY_S = 30
DIFFERENT = 20


def run(report: Report) -> None:
    """Replay a year of one charger that charges once a day, and the charges alone."""
    settings = DetectorSettings()
    year = _year(30 if report.quick else 365)
    rate = _rate(year, settings)
    report.figure(
        "A year at 30 s, one charge a day", rate, "readings/s", at_least=150_000
    )
    charging = [reading for reading in year if (reading.power_w or 0.0) > 20.0]
    rate = _rate(charging, settings)
    report.figure("Only while it charges", rate, "readings/s")
    size, took_ms = _state_and_estimates(year[: 5 * DAY_S // EVERY_S], settings)
    report.figure("Largest state, as JSON", size, "bytes", at_most=4096)
    report.figure("An estimate of when it is full", took_ms, "ms")


def _year(days: int) -> list[Sample]:
    """Return the readings of a charge a day, the rest of the day at idle."""
    made = outlet(347, interval_s=EVERY_S, on_change=False)
    charges = [charge(seed, of=made) for seed in range(DIFFERENT)]
    powers = [
        {int(row.time_s) // EVERY_S: row.power_w for row in each.rows}
        for each in charges
    ]
    return [
        Sample(
            (day * DAY_S + slot * EVERY_S) * 1000,
            powers[day % DIFFERENT].get(slot, made.idle_w),
            True,
        )
        for day in range(days)
        for slot in range(DAY_S // EVERY_S)
    ]


def _rate(readings: list[Sample], settings: DetectorSettings) -> float:
    state = INITIAL
    began = process_time()
    for reading in readings:
        state, _ = step(state, reading, settings)
    return len(readings) / (process_time() - began)


def _state_and_estimates(
    readings: list[Sample], settings: DetectorSettings
) -> tuple[int, float]:
    """Return the size of the largest state in bytes, and what an estimate takes in ms."""
    state: DetectorState = INITIAL
    largest, estimates, took_s = 0, 0, 0.0
    for reading in readings:
        state, _ = step(state, reading, settings)
        if state.session is None:
            continue
        largest = max(largest, len(msgspec.json.encode(state)))
        if reading.time_ms % 600_000 == 0:
            began = process_time()
            estimate(state.session, reading.time_ms, NOTHING_LEARNED)
            took_s += process_time() - began
            estimates += 1
    return largest, 1000 * took_s / max(1, estimates)
