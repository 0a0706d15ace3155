"""The hub's own net under the board: caps that ask no detector and believe no single number.

Every message of a board is looked at before it is answered, so what it shows is acted upon in that very answer: power is
not allowed any longer (the lease is not renewed) and an order for "off" goes out. The board acts on the same limits, and
earlier; the hub's are a little wider, so that they speak only when the board did not.
"""

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from .charging.profile import Profile
from .model import ChargerSettings, Order, Reading
from .watch import Watch

type Reason = Literal["energy", "time", "current", "silence", "stuck"]

PREFIX = "guard_"
"""Of the reason that an order for "off" carries when a guard gave it."""

# The board has the first word; what it measures every second, the hub hears of every half minute.
WIDER = 1.05
LATER_MS = 120_000
# One reading above the limit is an inrush, two are a fault.
OVER_CURRENT_READINGS = 2
# A board that talks and does not measure, for longer than any of its settings asks for (KICKWATT_SAMPLE_S: at most 600).
SILENCE_MS = 900_000
SILENT_MESSAGES = 3
# Power through a relay that should be open (docs/protocol.md, trip "welded").
STUCK_W = 5.0
STUCK_MS = 20_000
# Between readings further apart than this nobody knows what flowed.
GAP_MS = 900_000
# What earlier charges needed, and room for a cold day and an ageing battery.
LEARNED_ENERGY = 1.3
LEARNED_TIME = 1.5


class Limits(Struct, frozen=True):
    """What a charge may take."""

    energy_wh: float
    closed_ms: int
    current_a: float


class Message(Struct, frozen=True):
    """What one message of a board means to a guard."""

    time_ms: int
    relay_on: bool
    off: bool
    """The hub's word is "off"."""
    off_heard: bool
    """The board has dealt with that."""
    all_sent: bool
    """Nothing older is still queued on the board."""
    readings: tuple[Reading, ...]


def limits(
    settings: ChargerSettings, profile: Profile, *, learned: bool = False
) -> Limits:
    """Return the owner's limits, with room for the board to act first; with `learned` not more than charges have needed."""
    energy_wh = float(settings.max_wh)
    closed_ms = settings.max_hours * 3_600_000
    if learned and profile.trusted:
        most_wh = max(charge.energy_wh for charge in profile.charges)
        longest_s = max(charge.duration_s for charge in profile.charges)
        energy_wh = min(energy_wh, LEARNED_ENERGY * most_wh)
        closed_ms = min(closed_ms, LEARNED_TIME * longest_s * 1000)
    return Limits(
        WIDER * energy_wh, round(closed_ms) + LATER_MS, WIDER * settings.max_a
    )


def look(
    watch: Watch, message: Message, most: Limits, lease_s: int
) -> tuple[Watch, Reason | None]:
    """Return the watch after a message, and why power must not flow any longer, if so."""
    watch = _clocked(watch, message, lease_s)
    for reading in message.readings:
        watch = _measured(watch, reading, most, message.off_heard)
        if _is_stuck(watch):
            return watch, "stuck"
    if _is_unheeded(watch, lease_s):
        return watch, "stuck"
    return watch, _exceeded(watch, message, most) if message.relay_on else None


def reason_of(order: Order | None) -> str | None:
    """Return why a guard gave this order, None when it was somebody else's."""
    if order is None or order.relay_on or not (order.reason or "").startswith(PREFIX):
        return None
    return (order.reason or "").removeprefix(PREFIX)


def lease_s(watch: Watch, most: Limits, usual_s: int) -> int:
    """Return for how long power may flow without another word: never past the time cap."""
    return max(1, min(usual_s, (most.closed_ms - watch.closed_ms) // 1000))


def _clocked(watch: Watch, message: Message, lease_s: int) -> Watch:
    """Count the time with a closed relay; across a silence it was closed for the lease at most."""
    closed_ms = watch.closed_ms
    if watch.closed and message.relay_on and watch.heard_ms is not None:
        passed_ms = message.time_ms - watch.heard_ms
        closed_ms += max(0, min(passed_ms, lease_s * 1000 + LATER_MS))
    open_since_ms, loaded_since_ms = watch.open_since_ms, watch.loaded_since_ms
    if message.off_heard or not message.relay_on:
        if open_since_ms is None:
            open_since_ms = message.time_ms
            loaded_since_ms = message.time_ms if watch.load_va > STUCK_W else None
    else:
        open_since_ms = loaded_since_ms = None
    unheeded_since_ms = None
    if message.off and message.relay_on and not message.off_heard:
        unheeded_since_ms = watch.unheeded_since_ms
        if unheeded_since_ms is None:
            unheeded_since_ms = message.time_ms
    return replace(
        watch,
        unmeasured=watch.unmeasured + 1,
        unheeded_since_ms=unheeded_since_ms,
        heard_ms=message.time_ms,
        closed=message.relay_on,
        closed_ms=closed_ms,
        open_since_ms=open_since_ms,
        loaded_since_ms=loaded_since_ms,
    )


def _measured(watch: Watch, reading: Reading, most: Limits, off_heard: bool) -> Watch:
    load = _load(reading)
    over = 0
    if reading.relay_on and (reading.current_a or 0.0) > most.current_a:
        over = watch.over + 1
    counted_wh, meter_wh = watch.counted_wh, watch.meter_wh
    if reading.meter_wh is not None:
        if meter_wh is not None:
            counted_wh += max(0, reading.meter_wh - meter_wh)
        meter_wh = reading.meter_wh
    should_be_open = not reading.relay_on or (
        off_heard and reading.time_ms >= (watch.open_since_ms or 0)
    )
    loaded_since_ms = None
    if should_be_open and load > STUCK_W:
        loaded_since_ms = watch.loaded_since_ms
        if loaded_since_ms is None:
            loaded_since_ms = reading.time_ms
    return replace(
        watch,
        measured_ms=reading.time_ms,
        unmeasured=0,
        load_va=load,
        meter_wh=meter_wh,
        counted_wh=counted_wh,
        integrated_wh=watch.integrated_wh + _between_wh(watch, reading, load),
        over=over,
        loaded_since_ms=loaded_since_ms,
    )


def _between_wh(watch: Watch, reading: Reading, load: float) -> float:
    if watch.measured_ms is None:
        return 0.0
    passed_ms = reading.time_ms - watch.measured_ms
    if not 0 < passed_ms <= GAP_MS:
        return 0.0
    return (watch.load_va + load) / 2 * passed_ms / 3_600_000


def _is_stuck(watch: Watch) -> bool:
    since_ms, now_ms = watch.loaded_since_ms, watch.measured_ms
    return since_ms is not None and now_ms is not None and now_ms - since_ms >= STUCK_MS


def _is_unheeded(watch: Watch, lease_s: int) -> bool:
    """Has the last lease run out, and the board still says that its relay is closed?"""
    since_ms, now_ms = watch.unheeded_since_ms, watch.heard_ms
    if since_ms is None or now_ms is None:
        return False
    return now_ms - since_ms > lease_s * 1000 + LATER_MS


def _exceeded(watch: Watch, message: Message, most: Limits) -> Reason | None:
    if watch.over >= OVER_CURRENT_READINGS:
        return "current"
    if watch.energy_wh > most.energy_wh:
        return "energy"
    if watch.closed_ms > most.closed_ms:
        return "time"
    if (
        message.all_sent
        and watch.unmeasured >= SILENT_MESSAGES
        and watch.closed_ms > SILENCE_MS
        and message.time_ms - (watch.measured_ms or 0) > SILENCE_MS
    ):
        return "silence"
    return None


def _load(reading: Reading) -> float:
    """Return real power where it is measured, else apparent power, which is never less."""
    if reading.power_w is not None:
        return reading.power_w
    return reading.apparent_power_va or 0.0
