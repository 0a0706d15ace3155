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
    """Return the count after this reading, and the reading with its `energy_wh`.

    The total begins with the meter's own count where there is one, else at zero. `power_factor` is what the owner
    says of a charger that measures only volts and amperes; with None such a charger has no energy.
    """
    power_w = best_power_w(reading, power_factor)
    total_wh = _total_wh(energy, reading, power_w)
    meter_wh = energy.meter_wh if reading.meter_wh is None else reading.meter_wh
    time_ms = reading.time_ms
    if energy.time_ms - CLOCK_SET_MS <= time_ms < energy.time_ms:
        time_ms = energy.time_ms
    if total_wh != reading.energy_wh:
        reading = replace(reading, energy_wh=total_wh)
    return Energy(total_wh, meter_wh, time_ms, power_w), reading


def known_power_w(reading: Reading, power_factor: float | None) -> float | None:
    """Return the best that is known of the power: without a power factor that is the apparent power."""
    power_w = best_power_w(reading, power_factor)
    return reading.apparent_power_va if power_w is None else power_w


def best_power_w(reading: Reading, power_factor: float | None) -> float | None:
    """Return real power as measured, else apparent power times the owner's power factor, else None."""
    if reading.power_w is not None:
        return reading.power_w
    if power_factor is None or reading.apparent_power_va is None:
        return None
    return reading.apparent_power_va * power_factor


def _total_wh(energy: Energy, reading: Reading, power_w: float | None) -> float | None:
    if reading.meter_wh is not None:
        return _counted_wh(energy, reading.meter_wh, reading.time_ms)
    if energy.meter_wh is not None:
        return energy.total_wh  # the counter will make up for it
    if power_w is None:
        return energy.total_wh
    if energy.total_wh is None or energy.power_w is None:
        return energy.total_wh or 0.0
    elapsed_ms = reading.time_ms - energy.time_ms
    if not 0 < elapsed_ms <= SILENCE_MS:
        return energy.total_wh
    return energy.total_wh + (energy.power_w + power_w) / 2 * elapsed_ms / 3_600_000


def _counted_wh(energy: Energy, meter_wh: int, time_ms: int) -> float:
    if energy.total_wh is None:
        return float(meter_wh)
    if energy.meter_wh is None:
        return energy.total_wh  # a counter where there was none: from here on it counts
    if meter_wh >= energy.meter_wh:
        return energy.total_wh + meter_wh - energy.meter_wh
    possible_wh = SOCKET_W * max(0, time_ms - energy.time_ms) / 3_600_000
    return energy.total_wh + (
        meter_wh if meter_wh <= max(STARTED_AGAIN_WH, possible_wh) else 0
    )


def count_all(
    energy: Energy, readings: Iterable[Reading], power_factor: float | None
) -> tuple[Energy, tuple[Reading, ...]]:
    """Return the lifetime energy after these readings, and the readings with theirs."""
    counted = []
    for reading in readings:
        energy, reading = count(energy, reading, power_factor)
        counted.append(reading)
    return energy, tuple(counted)
