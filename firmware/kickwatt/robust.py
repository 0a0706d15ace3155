"""The rule that looks at the shape of a charge, in whole numbers; the hub's detector decides by the same figures.

One reading, or a few minutes, against a fixed number of watts cut a charge short at the first battery swap, or never, where
the charger's own idle draw is above the number. Here the readings become a level for every half minute, and an armed
charge is over when all of this holds:

1. the level is *low* against the charger's own idle draw and the charge's own peak, for the whole hold;
2. *little is left*: what the tail would still deliver is under one per cent, or the charger is at rest;
3. there was *no re-rise* within the hold.

A single half minute above the mark is forgiven. Rest is flatness: nothing that still charges a battery stays at one low
power for eight minutes, and a charger with nothing to do does, be it at 0.2 W or at 12 W.
"""

from kickwatt.tail import SLOT_S, excess, falls, median, middles, noise, within_a_step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from kickwatt.learned import Learned

# Shares are in thousandths, powers in milliwatts. tests/firmware/test_robust.py holds these to the hub's detector, where
# each is explained.
REST_SLOTS = 16
WATCHED_SLOTS = 64
FIRST_HOLD_S = 480
ARM_MW = 20_000
UNKNOWN_IDLE_MW = 12_000
IDLE_MARGIN_MW = 2_000
LOW_SHARE = 100
LOW_SHARE_MOST = 250
RERISE_SHARE = 100
LEFT_SHARE = 7
TAIL_SLOWER = 1_500
TAU_LEAST_S = 1_200
TAU_MOST_S = 6_000
FLAT_MW_PER_MIN = 30
LEAST_RISE_MW = 300
DROP_MW = 900
DROP_STEPS = 1_800
COARSE_STEPS_MW = (5_000, 2_000, 1_000, 500)
STUCK_S = 1_800
STUCK_MOST_S = 3_600
AT_REST_MW = 750
NOTHING_MW = 3_000
PLATEAU_SLOTS = 4


class Robust:
    """The curve of the running charge, as far as its end depends on it: below 400 bytes."""

    def __init__(
        self, cutoff_dw: int, hold_s: int, learned: Learned, peak_dw: int
    ) -> None:
        self._cutoff_mw = cutoff_dw * 100
        self._hold_s = hold_s
        self._learned = learned
        self._plateau = peak_dw * 100
        # Of a charge that goes on after an interruption nobody saw how its power began to fall.
        self._saw_half = not peak_dw
        self._resolution = COARSE_STEPS_MW[0]
        self._fell_s: int | None = None
        self._begin()

    def pause(self) -> None:
        """Forget what was measured under load, but for the peak and how the power fell; the hold begins anew."""
        if self._plateau:
            fell_to_the_end = self._above_quarter < self._slots
            self._fell_s = self._tail_tau_s() if fell_to_the_end else None
            self._saw_half = self._fell_s is not None
        self._begin()

    def _begin(self) -> None:
        self._levels: list[int] = []
        self._slots = 0
        self._above_half = 0
        self._above_quarter = 0
        self._low_since: int | None = None
        self._flat_since = 0
        self._flat = 0
        self._slot_ms: int | None = None
        self._sum_dw = 0
        self._count = 0
        self._is_new = False

    @property
    def arm_dw(self) -> int:
        """Power from which it counts as charging."""
        idle, plateau = self._learned.idle_mw, self._learned.plateau_mw
        if idle is None:
            return ARM_MW // 100
        return max(ARM_MW, min(5 * idle, plateau // 2)) // 100

    @property
    def peak_dw(self) -> int:
        """The highest power that was held for a minute: the peak without the inrush."""
        return self._plateau // 100

    @property
    def low(self) -> bool:
        """Whether the level is low now."""
        return self._low_since is not None

    def reading(self, load_dw: int, median_dw: int, now_ms: int) -> None:
        """Take one reading."""
        if self._slot_ms is None:
            self._slot_ms = now_ms
        if now_ms - self._slot_ms >= SLOT_S * 1000:
            self._slot_ms += SLOT_S * 1000
            self._add(self._sum_dw * 100 // max(1, self._count))
            self._sum_dw = 0
            self._count = 0
        self._sum_dw += load_dw
        self._count += 1
        if self._resolution and load_dw * 100 % self._resolution:
            self._resolution = _coarse_step(load_dw * 100, self._resolution)

    def is_over(self, spent_wh: int, now_ms: int) -> bool:
        """Whether the charge is over, looked at once for each level. It has drawn `spent_wh` so far."""
        if not self._is_new or self._low_since is None:
            return False
        self._is_new = False
        levels = self._levels
        low_s = (self._slots - self._low_since) * SLOT_S
        # One half minute more than the hold: a dip as long as the hold fills the hold, but not that.
        if low_s < self._hold_s + SLOT_S or levels[-1] >= self._low_mark():
            return False
        tau_s = self._tau_s()
        # What an exponential tail P = rest + e·exp(-t / tau) still delivers is e·tau.
        enough = LEFT_SHARE * spent_wh * 3600 // tau_s
        idle = self._learned.idle_mw
        if idle is not None:
            # Each of the two may be off by half a step.
            above = median(levels[-self._hold_s // SLOT_S :]) - idle + self._resolution
            if above < max(AT_REST_MW, enough):
                return True
        if low_s < FIRST_HOLD_S + SLOT_S:
            return False
        flat_s = (self._slots - self._flat_since) * SLOT_S
        if flat_s >= STUCK_S and (
            within_a_step(flat_s, tau_s, self._resolution) < enough
            or flat_s >= STUCK_MOST_S
        ):
            return True
        settled = self._since_rerise()
        if len(settled) < REST_SLOTS:
            return False
        return (
            excess(settled[-REST_SLOTS:], tau_s, self._resolution) < enough
            or _dropped_to_rest(settled, tau_s, enough, self._resolution)
            or excess(settled, tau_s, self._resolution) < enough
        )

    def lesson(self) -> tuple[int, int | None, int | None] | None:
        """What a charge that is over teaches: peak, tail, idle; None when it was rather unplugged."""
        low_since = 0 if self._low_since is None else self._low_since
        low = self._levels[-max(1, self._slots - low_since) :]
        rest = median(low[-self._hold_s // SLOT_S :])
        broke_off = self._saw_half and low_since - self._above_half <= 2
        if broke_off and rest < NOTHING_MW:
            return None
        slope = falls(low[-2 * REST_SLOTS :], REST_SLOTS // 4)
        at_rest = abs(slope) < FLAT_MW_PER_MIN * 60
        return self._plateau, self._tail_tau_s(), rest if at_rest else None

    # ------------------------------------------------------------------ the curve

    def _add(self, level: int) -> None:
        """Add one half minute to the curve."""
        levels = self._levels
        previous = levels[-1] if levels else 0
        held = min(previous, level)
        if held > self._plateau and len(levels) >= PLATEAU_SLOTS - 1:
            lately = min(held, *levels[1 - PLATEAU_SLOTS :])
            self._plateau = max(self._plateau, lately)
        plateau = self._plateau
        if len(levels) >= WATCHED_SLOTS:
            levels.pop(0)
        levels.append(level)
        self._slots += 1
        self._is_new = True
        if abs(level - self._flat) > max(1_000, self._resolution, self._flat // 20):
            self._flat_since = self._slots - 1
            self._flat = level
        if held * 2 >= plateau:
            self._above_half = self._slots
            self._saw_half = True
        if held * 4 >= plateau:
            self._above_quarter = self._slots
        self._mark_low(level, previous)

    def _mark_low(self, level: int, previous: int) -> None:
        """Note since when the level has been low, a single half minute above the mark forgiven."""
        plateau, mark = self._plateau, self._low_mark()
        if level >= self._most_low():
            self._low_since = None
        elif level < mark:
            if self._low_since is None:
                self._low_since = self._slots - 1
        elif previous >= mark or level >= previous + RERISE_SHARE * plateau // 1000:
            self._low_since = None

    def _low_mark(self) -> int:
        """Return the power below which a charge with this peak may be over."""
        rest = max(UNKNOWN_IDLE_MW, self._learned.idle_mw or 0) + IDLE_MARGIN_MW
        return min(
            max(self._cutoff_mw, rest, LOW_SHARE * self._plateau // 1000),
            self._most_low(),
        )

    def _most_low(self) -> int:
        """Return the most that a charge may rest at; one that breaks off early has no peak yet, but drew what arms."""
        return LOW_SHARE_MOST * max(self._plateau, ARM_MW) // 1000

    def _since_rerise(self) -> list[int]:
        """Return the levels since they last rose: what was lower before was a dip, not the tail."""
        levels = self._levels
        block = REST_SLOTS // 4
        points = middles(levels, block)
        lowest = min(points)
        least = max(3 * noise(levels), self._resolution, LEAST_RISE_MW)
        if points[-1] - lowest < least:
            return levels
        return levels[len(levels) % block + (points.index(lowest) + 2) * block :]

    # ------------------------------------------------------------------ the tail

    def _tail_tau_s(self) -> int | None:
        """Return the time constant with which the power fell from a half to a quarter of its peak; None if it dropped."""
        if not self._above_half:
            return self._fell_s
        fell = self._above_quarter - self._above_half
        return fell * SLOT_S * 1000 // 693 if fell > 2 else None  # ln 2

    def _tau_s(self) -> int:
        """Return the time constant of the rest of the tail, on the safe side."""
        if not self._saw_half:
            return TAU_MOST_S
        measured_s = self._tail_tau_s() or self._learned.tau_s
        return min(max(TAIL_SLOWER * measured_s // 1000, TAU_LEAST_S), TAU_MOST_S)


def _coarse_step(power: int, resolution: int) -> int:
    """Return the next finer step that a power is a multiple of, or 0."""
    for step in COARSE_STEPS_MW:
        if step < resolution and power % step == 0:
            return step
    return 0


def _dropped_to_rest(
    levels: list[int], tau_s: int, enough: int, resolution: int
) -> bool:
    """Did the level drop at once, and is it flat since?  So a brick stops.

    A step alone proves nothing, the end of a re-rise is one too; but after a step, eight flat minutes are enough.
    """
    least = max(DROP_MW, DROP_STEPS * resolution // 1000)
    drop, slots = 0, 0
    for at in range(REST_SLOTS, min(2 * REST_SLOTS, len(levels) - REST_SLOTS // 2)):
        step = levels[-at - 2] - levels[-at + 1]
        if step >= max(drop, least):
            drop, slots = step, at
    if not slots:
        return False
    before, after = levels[:-slots], levels[-slots:]
    fell, falling = falls(before, REST_SLOTS // 4), falls(after, REST_SLOTS // 4)
    dropped = median(before[-REST_SLOTS // 2 :]) - median(after)
    # So far apart the middles of the two are; a tail without a step falls by that much of its slope.
    apart_s = (slots + REST_SLOTS // 2) * SLOT_S // 2
    steepest = apart_s * max(fell, falling) // 3600
    return (
        dropped > max(least, 2 * noise(after))
        and dropped * 10 > 18 * steepest
        and falling * tau_s // 3600 < max(enough, AT_REST_MW)
    )
