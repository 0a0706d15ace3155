"""The cheapest times to charge until somebody wants to ride.

Time is cut into quarters of an hour. A charge needs so many of them, and does not draw the same in each: the first ones
are dear, those in the tail cost next to nothing. Every way to pick them is compared, by dynamic programming: over the
slots, by how many are already used and how often the relay has been closed, because each start wears the relay and not
every charger resumes well after many.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil

from .cost import Tariff

SLOT_MS = 900_000

type Chosen = tuple[int, Chosen] | None
"""The slots of a plan, the last one first."""
type State = tuple[int, int, bool]
"""How many slots are used, how often the relay was closed, and whether it is now."""


@dataclass(frozen=True, slots=True)
class Plan:
    """When to charge. `in_time` is False when there is too little time: then it starts at once and ends too late."""

    runs: tuple[tuple[int, int], ...]
    """(start_ms, end_ms) of each time with power."""
    cost: Fraction
    """Estimated; slots without a price count as the dearest known one."""
    in_time: bool


def energies_wh(curve_w: Sequence[float], duration_s: float) -> tuple[float, ...]:
    """Return the energy that each quarter of an hour of a charge takes, from its power at equal distances in time.

    Raises `ValueError` for a charge without a curve or without a duration.
    """
    if not curve_w or duration_s <= 0:
        raise ValueError("A charge has a curve and takes time.")
    slot_s = SLOT_MS / 1000
    step_s = duration_s / len(curve_w)
    slots = [0.0] * ceil(duration_s / slot_s - 1e-9)
    for index, power_w in enumerate(curve_w):
        since_s, until_s = index * step_s, (index + 1) * step_s
        for slot in range(
            int(since_s / slot_s), min(len(slots), ceil(until_s / slot_s))
        ):
            held_s = min(until_s, (slot + 1) * slot_s) - max(since_s, slot * slot_s)
            slots[slot] += power_w * max(0.0, held_s) / 3600.0
    return tuple(slots)


def plan(
    now_ms: int,
    ready_by_ms: int,
    needs_wh: Sequence[float],
    tariff: Tariff,
    *,
    most_starts: int = 3,
) -> Plan:
    """Return the cheapest times for a charge that needs these energies, quarter of an hour by quarter of an hour.

    Of two plans that cost the same the earlier one is taken: a battery that is full early can be used early.

    Raises `ValueError` when nothing is to be charged, or no start is allowed.
    """
    if not needs_wh or most_starts < 1:
        raise ValueError("A plan needs some energy and at least one start.")
    needed = len(needs_wh)
    slots = (ready_by_ms - now_ms) // SLOT_MS
    prices = _prices(now_ms, max(slots, needed), tariff)
    needs = [Fraction(each) / 1000 for each in needs_wh]
    if slots <= needed:
        amount = sum((prices[at] * needs[at] for at in range(needed)), Fraction(0))
        end_ms = now_ms + needed * SLOT_MS
        return Plan(((now_ms, end_ms),), amount, end_ms <= ready_by_ms)
    chosen, amount = _cheapest(prices[:slots], needs, most_starts)
    return Plan(_runs(now_ms, chosen), amount, in_time=True)


def _prices(now_ms: int, slots: int, tariff: Tariff) -> list[Fraction]:
    """Return the mean price of every slot; one that nobody knows is the dearest known, so that it is taken last."""
    means: list[Fraction | None] = []
    for slot in range(slots):
        since_ms = now_ms + slot * SLOT_MS
        total = Fraction(0)
        known_ms = 0
        for price in tariff.prices(since_ms, since_ms + SLOT_MS):
            if price.per_kwh is not None:
                held_ms = price.end_ms - price.start_ms
                total += Fraction(price.per_kwh) * held_ms
                known_ms += held_ms
        means.append(total / known_ms if known_ms else None)
    dearest = max(
        (mean for mean in means if mean is not None), default=Fraction(Decimal(0))
    )
    return [dearest if mean is None else mean for mean in means]


def _cheapest(
    prices: list[Fraction], needs: list[Fraction], most_starts: int
) -> tuple[tuple[int, ...], Fraction]:
    """Return the slots to charge in, and what they cost."""
    needed, slots = len(needs), len(prices)
    best: dict[State, tuple[Fraction, int, Chosen]] = {
        (0, 0, False): (Fraction(0), 0, None)
    }
    for slot, price in enumerate(prices):
        following: dict[State, tuple[Fraction, int, Chosen]] = {}
        for (used, starts, on), (amount, lateness, chosen) in best.items():
            options = []
            if needed - used < slots - slot or used == needed:
                options.append(((used, starts, False), (amount, lateness, chosen)))
            if used < needed and (on or starts < most_starts):
                state = (used + 1, starts + (not on), True)
                taken = (
                    amount + price * needs[used],
                    lateness + slot,
                    (slot, chosen),
                )
                options.append((state, taken))
            for state, option in options:
                known = following.get(state)
                if known is None or option[:2] < known[:2]:
                    following[state] = option
        best = following
    amount, _, chosen = min(
        (option for (used, _, _), option in best.items() if used == needed),
        key=lambda option: option[:2],
    )
    picked: list[int] = []
    while chosen is not None:
        slot, chosen = chosen
        picked.append(slot)
    return tuple(reversed(picked)), amount


def _runs(now_ms: int, slots: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Return neighbouring slots as one run."""
    runs: list[tuple[int, int]] = []
    for slot in slots:
        since_ms = now_ms + slot * SLOT_MS
        if runs and runs[-1][1] == since_ms:
            runs[-1] = (runs[-1][0], since_ms + SLOT_MS)
        else:
            runs.append((since_ms, since_ms + SLOT_MS))
    return tuple(runs)
