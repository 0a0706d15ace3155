"""Print how fast the brain is: `python -m tests.hub.charging.measure`. A year of one charger at 30 s."""

import pickle
from time import process_time

from kickwatt_hub.charging.detector import INITIAL, DetectorSettings, Sample, step
from kickwatt_hub.charging.estimator import estimate
from kickwatt_hub.charging.profile import NOTHING_LEARNED

from .charges import charge, outlet

DAY_S = 86_400


def a_year() -> list[Sample]:
    """Return the readings of a charge a day, the rest of the day at idle."""
    made = outlet(7, interval_s=30, on_change=False)
    readings: list[Sample] = []
    for day in range(365):
        today = charge(day % 20, of=made)
        power_w = {int(row.time_s) // 30: row.power_w for row in today.rows}
        readings += [
            Sample(
                (day * DAY_S + slot * 30) * 1000, power_w.get(slot, made.idle_w), True
            )
            for slot in range(DAY_S // 30)
        ]
    return readings


def main() -> None:
    """Print it."""
    readings, settings = a_year(), DetectorSettings()
    state, events, largest, estimates = INITIAL, 0, 0, []
    started = process_time()
    for reading in readings:
        state, happened = step(state, reading, settings)
        if happened:
            events += len(happened)
    took_s = process_time() - started
    for reading in readings[:20_000]:
        state, _ = step(
            state,
            Sample(reading.time_ms + 366 * DAY_S * 1000, reading.power_w, True),
            settings,
        )
        largest = max(largest, len(pickle.dumps(state)))
        if state.session is not None and reading.time_ms % 600_000 == 0:
            begun = process_time()
            estimate(state.session, reading.time_ms, NOTHING_LEARNED)
            estimates.append(process_time() - begun)
    print(
        f"a year at 30 s: {len(readings)} readings in {took_s:.2f} s, {len(readings) / took_s:,.0f}/s, {events} events"
    )
    print(f"largest state, pickled: {largest} bytes")
    print(f"an estimate: {1000 * sum(estimates) / len(estimates):.1f} ms")


if __name__ == "__main__":
    main()
