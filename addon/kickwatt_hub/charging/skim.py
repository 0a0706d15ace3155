"""The many readings that decide nothing: while a half minute of a charge is not over, they only add up.

`skim` gives exactly what `detector.step` gives, reading by reading, and stops before the first that may decide
something. A source that measures every second, or an outlet without a charge, is read so in a fraction of the time.
"""

from collections.abc import Sequence
from typing import cast

from msgspec import Struct

from .detector import DetectorState
from .rule import SLOT_MS, DetectorSettings
from .sample import Sample
from .session import Session, next_resolution_w


class Measured(Struct, frozen=True):
    """Readings as columns of one length, in the units of `Sample`."""

    times_ms: Sequence[int]
    powers_w: Sequence[float | None]
    relays_on: Sequence[bool | None]
    energies_wh: Sequence[float | None]

    def sample(self, at: int) -> Sample:
        """Return one of them."""
        return Sample(
            self.times_ms[at],
            self.powers_w[at],
            self.relays_on[at],
            self.energies_wh[at],
        )


def skim(
    state: DetectorState, measured: Measured, start: int, settings: DetectorSettings
) -> tuple[DetectorState, int]:
    """Return the state after the readings from `start` on that decide nothing, and which comes next."""
    if state.time_ms is None or state.candidate is not None:
        return state, start
    if state.session is not None:
        return _charge(state, state.session, measured, start, settings)
    return _wait(state, measured, start, settings)


def _charge(
    state: DetectorState,
    session: Session,
    measured: Measured,
    start: int,
    settings: DetectorSettings,
) -> tuple[DetectorState, int]:
    if state.relay_on is False:
        return state, start
    times_ms, powers_w = measured.times_ms, measured.powers_w
    relays_on, energies_wh = measured.relays_on, measured.energies_wh
    time_ms, power_w = cast("int", state.time_ms), state.power_w
    relay_on, counter_wh = state.relay_on, state.counter_wh
    counted_wh, estimated_wh = session.counted_wh, session.estimated_wh
    peak_w, resolution_w = session.peak_power_w, session.resolution_w
    slot_ms, slot_wms = session.slot_ms, session.slot_wms
    known_ms = session.slot_known_ms
    slot_end_ms = slot_ms + SLOT_MS
    unchanged_ms = min(settings.unchanged_s, settings.forget_s) * 1000
    for at in range(start, len(times_ms)):
        now_ms, now_w, now_wh = times_ms[at], powers_w[at], energies_wh[at]
        span_ms = now_ms - time_ms
        if not 0 < span_ms <= unchanged_ms or now_ms >= slot_end_ms:
            break
        if now_w is None or relays_on[at] is False:
            break
        if relays_on[at]:
            relay_on = True
        # Each call of max() here would take as long as a tenth of the reading.
        if now_w < 0.0:  # noqa: PLR1730
            now_w = 0.0
        held_ms = now_ms - (time_ms if time_ms > slot_ms else slot_ms)  # noqa: FURB136
        if held_ms > 0:
            slot_wms += power_w * held_ms
            known_ms += held_ms
        estimated_wh += (power_w + now_w) * span_ms / 7_200_000.0
        if now_wh is not None:
            flowed_wh = estimated_wh
            if counter_wh is not None:
                counter_says_wh = now_wh - counter_wh
                most_wh = peak_w * (now_ms - session.start_ms) / 1_800_000.0 + 10.0
                if 0.0 <= counter_says_wh <= most_wh:
                    flowed_wh = counter_says_wh
            counted_wh, estimated_wh, counter_wh = counted_wh + flowed_wh, 0.0, now_wh
        if now_w > peak_w:  # noqa: PLR1730
            peak_w = now_w
        if resolution_w:
            resolution_w = next_resolution_w(resolution_w, now_w)
        time_ms, power_w = now_ms, now_w
    else:
        at = len(times_ms)
    if at == start:
        return state, at
    session = Session(
        session.start_ms,
        counted_wh,
        estimated_wh,
        peak_w,
        slot_ms,
        slot_wms,
        known_ms,
        session.shape,
        session.trace,
        resolution_w,
        session.armed_ms,
        session.full,
    )
    return DetectorState(
        state.status, session, None, time_ms, power_w, relay_on, counter_wh
    ), at


def _wait(
    state: DetectorState, measured: Measured, start: int, settings: DetectorSettings
) -> tuple[DetectorState, int]:
    times_ms, powers_w = measured.times_ms, measured.powers_w
    relays_on, energies_wh = measured.relays_on, measured.energies_wh
    time_ms, power_w = cast("int", state.time_ms), state.power_w
    relay_on, counter_wh = state.relay_on, state.counter_wh
    is_off, arm_w = state.status == "off", settings.arm_w
    for at in range(start, len(times_ms)):
        now_w = powers_w[at]
        now_on = relay_on if relays_on[at] is None else relays_on[at]
        if times_ms[at] <= time_ms or (now_on is False) != is_off:
            break
        if now_w is not None and now_w >= arm_w:
            break
        time_ms, relay_on = times_ms[at], now_on
        power_w = now_w if now_w is not None and now_w > 0.0 else 0.0
        if energies_wh[at] is not None:
            counter_wh = energies_wh[at]
    else:
        at = len(times_ms)
    if at == start:
        return state, at
    return DetectorState(
        state.status,
        None,
        None,
        time_ms,
        power_w,
        relay_on,
        counter_wh,
        state.last_plateau_w if state.status == "full" else 0.0,
    ), at
