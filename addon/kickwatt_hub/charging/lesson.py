"""What a charge that has ended teaches about its charger."""

from .events import SessionEnded
from .profile import Charge
from .trace import resampled

CURVE_POINTS = 48


def lesson(ended: SessionEnded, reason: str) -> Charge | None:
    """Return what later charges can learn from this one; None from one that did not become full.

    `reason` is why it ended, which a board may know better than the curve: one that looks each second cuts a full
    battery's power before the hub, which hears of it each half minute, has seen enough. It also cuts after a battery that
    was taken away.
    """
    if reason != "full" and (reason != "cut_off" or ended.broke_off):
        return None
    duration_s = (ended.end_ms - ended.start_ms) / 1000.0
    return Charge(
        start_ms=ended.start_ms,
        duration_s=duration_s,
        energy_wh=ended.energy_wh,
        plateau_w=ended.plateau_w,
        tail_w=ended.rest_w,
        idle_w=ended.rest_w if ended.at_rest else None,
        tail_tau_s=ended.tail_tau_s,
        curve_w=resampled(ended.trace, duration_s, CURVE_POINTS),
    )
