"""A charger's lifetime energy, which never falls, from counters that do."""

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from .model import Reading

# A counter that falls has started again at zero, or belongs to another meter. What it shows now is new energy if it
# can have flowed since: more than a domestic socket gives (230 V, 16 A) came from the other meter's past.
SOCKET_W = 3_680.0
STARTED_AGAIN_WH = 100

# Without a counter, power is integrated between readings; across a longer silence nobody knows what flowed.
SILENCE_MS = 15 * 60_000

# Network delays date a sample some seconds wrong. What goes further back does so because a clock was set.
CLOCK_SET_MS = 60_000


class Energy(Struct, frozen=True, gc=False):
    """Where the count stands."""

    total_wh: float | None = None
    meter_wh: int | None = None
    time_ms: int = 0
    power_w: float | None = None


def count(
    energy: Energy, reading: Reading, power_factor: float | None
) -> tuple[Energy, Reading]:
    """Return the count after this reading, and the reading with its `energy_wh`."""
    energy, (reading,) = count_all(energy, (reading,), power_factor)
    return energy, reading


def count_all(
    energy: Energy, readings: Iterable[Reading], power_factor: float | None
) -> tuple[Energy, tuple[Reading, ...]]:
    """Return the count after these readings, and the readings with the `energy_wh` of each.

    The total begins with the meter's own count where there is one, else at zero. `power_factor` is what the owner
    says of a charger that measures only volts and amperes; with None such a charger has no energy.
    """
    total_wh, meter_wh = energy.total_wh, energy.meter_wh
    time_ms, power_w = energy.time_ms, energy.power_w
    counted = []
    for reading in readings:
        now_ms, now_w = reading.time_ms, reading.power_w
        if now_w is None and power_factor is not None:
            now_w = best_power_w(reading, power_factor)
        if reading.meter_wh is not None:
            total_wh = _counted_wh(
                total_wh, meter_wh, reading.meter_wh, now_ms - time_ms
            )
            meter_wh = reading.meter_wh
        elif meter_wh is None and now_w is not None:
            total_wh = _integrated_wh(total_wh, power_w, now_w, now_ms - time_ms)
        # Else nothing is known, or the counter will make up for it.
        if total_wh != reading.energy_wh:
            reading = replace(reading, energy_wh=total_wh)
        counted.append(reading)
        if not time_ms - CLOCK_SET_MS <= now_ms < time_ms:
            time_ms = now_ms
        power_w = now_w
    return Energy(total_wh, meter_wh, time_ms, power_w), tuple(counted)


def known_powers_w(
    readings: Iterable[Reading], power_factor: float | None
) -> list[float | None]:
    """Return the best that is known of the power of each: without a power factor that is the apparent power."""
    share = 1.0 if power_factor is None else power_factor
    # Volts times amperes, as `apparent_power_va`: a call for each reading would take longer than all of this.
    return [
        power_w
        if (power_w := reading.power_w) is not None
        else None
        if (voltage_v := reading.voltage_v) is None
        or (current_a := reading.current_a) is None
        else voltage_v * current_a * share
        for reading in readings
    ]


def best_power_w(reading: Reading, power_factor: float | None) -> float | None:
    """Return real power as measured, else apparent power times the owner's power factor, else None."""
    if reading.power_w is not None:
        return reading.power_w
    if power_factor is None or reading.apparent_power_va is None:
        return None
    return reading.apparent_power_va * power_factor


def _integrated_wh(
    total_wh: float | None, before_w: float | None, now_w: float, elapsed_ms: int
) -> float:
    if total_wh is None or before_w is None:
        return total_wh or 0.0
    if not 0 < elapsed_ms <= SILENCE_MS:
        return total_wh
    return total_wh + (before_w + now_w) / 2 * elapsed_ms / 3_600_000


def _counted_wh(
    total_wh: float | None, before_wh: int | None, meter_wh: int, elapsed_ms: int
) -> float:
    if total_wh is None:
        return float(meter_wh)
    if before_wh is None:
        return total_wh  # a counter where there was none: from here on it counts
    if meter_wh >= before_wh:
        return total_wh + meter_wh - before_wh
    possible_wh = SOCKET_W * max(0, elapsed_ms) / 3_600_000
    return total_wh + (
        meter_wh if meter_wh <= max(STARTED_AGAIN_WH, possible_wh) else 0
    )
