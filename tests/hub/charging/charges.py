"""Charges that never happened, from the physics of a battery and its brick, each from one seed.

A charge is simulated as current and voltage of one cell, then scaled to a pack and seen through the brick by a meter on
the wall. What was really delivered is kept beside what the meter says, so that a detector can be judged by the energy
that its cut would have cost.

Seeds below `EVALUATION` are for tuning; the figures that are published come from those above it.
"""

from dataclasses import dataclass, field
from itertools import pairwise
from math import exp
from random import Random

TUNING = 0
EVALUATION = 1_000_000

STEP_S = 5
IDLE_BEFORE_S = 1200
IDLE_AFTER_S = 7200

# Open-circuit voltage over state of charge: typical curves of the two chemistries that light vehicles use.
NMC = (
    (0.0, 3.00),
    (0.05, 3.35),
    (0.2, 3.55),
    (0.5, 3.70),
    (0.7, 3.88),
    (0.85, 4.03),
    (0.95, 4.13),
    (1.0, 4.20),
)
LFP = (
    (0.0, 2.80),
    (0.05, 3.15),
    (0.2, 3.27),
    (0.5, 3.30),
    (0.8, 3.33),
    (0.95, 3.36),
    (0.985, 3.42),
    (1.0, 3.60),
)


@dataclass(frozen=True)
class Row:
    """What the meter said at one instant."""

    time_s: float
    power_w: float


@dataclass(frozen=True)
class Charge:
    """A charge as it was, and as it was measured.

    `delivered` has one value per `STEP_S`: the share of all the charge that reaches the battery which it has by then.
    `kind` names the faults in it.
    """

    seed: int
    kind: str
    start_s: float
    end_s: float
    idle_w: float
    peak_w: float
    energy_wh: float
    interval_s: int
    on_change: bool
    rows: tuple[Row, ...]
    delivered: tuple[float, ...]

    def undelivered(self, cut_s: float) -> float:
        """Return the share of the charge that a cut at this time withholds."""
        index = min(max(int(cut_s / STEP_S), 0), len(self.delivered) - 1)
        return 1.0 - self.delivered[index]


@dataclass(frozen=True)
class Outlet:
    """One charger and its battery: what its charges have in common."""

    chemistry: tuple[tuple[float, float], ...]
    cells: int
    capacity_ah: float
    current_a: float
    overpotential_v: float
    """The cell's voltage drop at full current, when new and warm."""
    efficiency: float
    overhead_w: float
    idle_w: float
    ends_at: float
    """Share of the full current at which the brick stops, or 0 when it only goes on falling."""
    noise_w: float
    noise_share: float
    resolution_w: float
    interval_s: int
    on_change: bool
    tail_slows: float


def outlet(
    seed: int, *, interval_s: int | None = None, on_change: bool | None = None
) -> Outlet:
    """Return a charger as somebody might own it."""
    random = Random(f"outlet {seed}")
    lfp = random.random() < 0.15
    current_a = random.choice((1.5, 1.7, 2.0, 2.0, 2.0, 3.0, 4.0, 5.0, 6.5))
    c_rate = random.choice((0.15, 0.2, 0.25, 0.33, 0.5, 0.75))
    idle_w = random.choice((0.2, 0.4, 0.8, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0))
    cells = random.choice((10, 10, 10, 13, 14))
    if current_a < 2.0:
        idle_w = min(idle_w, 8.0)
    return Outlet(
        chemistry=LFP if lfp else NMC,
        cells=round(cells * 1.2) if lfp else cells,
        capacity_ah=current_a / c_rate,
        current_a=current_a,
        overpotential_v=(0.05 + 0.30 * c_rate)
        * random.uniform(0.7, 1.3)
        * (0.5 if lfp else 1.0),
        efficiency=random.uniform(0.82, 0.92),
        overhead_w=random.uniform(0.3, 3.0),
        idle_w=idle_w,
        ends_at=random.choice((0.0, 0.0, 0.03, 0.05, 0.07, 0.10)),
        noise_w=random.choice((0.0, 0.05, 0.1, 0.3)),
        noise_share=random.choice((0.0, 0.002, 0.005)),
        resolution_w=random.choice((0.01, 0.1, 0.1, 0.5)),
        interval_s=interval_s or random.choice((5, 10, 15, 15, 30, 30, 60)),
        on_change=random.random() < 0.2 if on_change is None else on_change,
        tail_slows=random.uniform(0.0, 1.0),
    )


FAULTS = ("none", "dip", "sag", "swap", "taper", "rerise", "silence", "spikes")


def charge(
    seed: int,
    *,
    of: Outlet | None = None,
    fault: str | None = None,
    start_soc: float | None = None,
    health: float | None = None,
    cold: float | None = None,
) -> Charge:
    """Return the charge of a seed; what is given is not drawn."""
    random = Random(f"charge {seed}")
    made = of or outlet(seed)
    drawn_fault = random.choice(FAULTS)
    drawn_soc = random.uniform(0.02, 0.6)
    drawn_health = random.uniform(0.7, 1.0)
    drawn_cold = random.choice((1.0, 1.0, 1.0, 1.4, 2.2))
    fault = drawn_fault if fault is None else fault
    currents = _Battery(
        made,
        health=drawn_health if health is None else health,
        cold=drawn_cold if cold is None else cold,
    ).currents(drawn_soc if start_soc is None else start_soc, fault, random)
    return _measured(seed, made, fault, currents, random)


@dataclass
class _Battery:
    """One cell in a pack, charged with constant current, then constant voltage."""

    outlet: Outlet
    health: float
    cold: float
    soc: float = field(default=0.0, init=False)

    def currents(
        self, start_soc: float, fault: str, random: Random
    ) -> list[tuple[float, float]]:
        """Return the share of the full current, and the cell's voltage, every `STEP_S` until the charge is over."""
        made = self.outlet
        full_v = made.chemistry[-1][1]
        capacity_ah = made.capacity_ah * self.health
        resistance_v = (
            made.overpotential_v * self.cold * (1.0 + 1.2 * (1.0 - self.health))
        )
        reduced_from, reduced_until, reduced_to = 2.0, 2.0, 1.0
        if fault == "taper":
            reduced_from = random.uniform(start_soc + 0.05, 0.7)
            reduced_until, reduced_to = (
                reduced_from + random.uniform(0.01, 0.1),
                random.uniform(0.3, 0.8),
            )
        rerise = fault == "rerise"
        rerise_at, rerise_for_s, rerise_to = (
            random.uniform(0.04, 0.12),
            random.uniform(60, 400),
            random.uniform(2, 5),
        )
        self.soc, waited_s = start_soc, 0.0
        currents: list[tuple[float, float]] = []
        rises_s = 0.0
        while True:
            open_v = _interpolate(made.chemistry, self.soc)
            # Near full the diffusion slows the tail: its time constant is longer at 5 % than at 30 %.
            effective_v = resistance_v * (
                1.0 + made.tail_slows * max(0.0, self.soc - 0.9) / 0.1
            )
            share = min(1.0, max(0.0, (full_v - open_v) / effective_v))
            if reduced_from < self.soc < reduced_until and share >= reduced_to:
                # The brick is too hot, or the battery is: less current for a while, and a soft way down.
                share = max(
                    reduced_to, (currents[-1][0] if currents else 1.0) - 0.002 * STEP_S
                )
            if rerise and share < rerise_at and rises_s < rerise_for_s:
                waited_s += STEP_S
                if waited_s > 240:
                    rises_s += STEP_S
                    share = min(1.0, share * rerise_to)
            voltage_v = open_v + share * effective_v
            ended = share < (made.ends_at or 0.004) and not (
                rerise and rises_s < rerise_for_s
            )
            if ended or len(currents) * STEP_S > 20 * 3600:
                return currents
            currents.append((share, voltage_v))
            self.soc = min(
                1.0, self.soc + share * made.current_a * STEP_S / 3600.0 / capacity_ah
            )


def _measured(
    seed: int,
    made: Outlet,
    fault: str,
    currents: list[tuple[float, float]],
    random: Random,
) -> Charge:
    """Look at the battery's current through the brick and the meter."""
    length_s = len(currents) * STEP_S
    before = IDLE_BEFORE_S // STEP_S
    interruptions = _interruptions(fault, length_s, random)
    power_w = [made.idle_w] * before
    delivered_as = [0.0] * before
    total = 0.0
    for index, (full_share, voltage_v) in enumerate(currents):
        at_s = index * STEP_S
        factor = min(
            (to for since_s, until_s, to in interruptions if since_s <= at_s < until_s),
            default=1.0,
        )
        share = full_share * factor
        total += share * STEP_S
        delivered_as.append(total)
        dc_w = share * made.current_a * voltage_v * made.cells
        # A brick that charges needs a little more than one that waits.
        wall_w = (
            made.idle_w + made.overhead_w * min(1.0, share * 4) + dc_w / made.efficiency
        )
        power_w.append(
            wall_w if factor > 0.0 else random.choice((0.0, min(1.0, made.idle_w)))
        )
    after = IDLE_AFTER_S // STEP_S
    power_w += [made.idle_w] * after
    delivered_as += [total] * after
    end_s = IDLE_BEFORE_S + length_s
    if not made.ends_at:
        # A brick that never stops: the charge is over when what still flows does not matter (20 mA of 1.5 A in the
        # NASA recordings).
        last = max(
            index for index, (share, _) in enumerate(currents) if share >= 0.0133
        )
        end_s = IDLE_BEFORE_S + last * STEP_S
        total = delivered_as[before + last]
    rows = _sampled(made, fault, power_w, end_s, random)
    return Charge(
        seed=seed,
        kind=fault,
        start_s=IDLE_BEFORE_S,
        end_s=end_s,
        idle_w=made.idle_w,
        peak_w=max(power_w),
        energy_wh=sum(power_w[before : len(currents) + before]) * STEP_S / 3600.0,
        interval_s=made.interval_s,
        on_change=made.on_change,
        rows=rows,
        delivered=tuple(min(1.0, each / total) for each in delivered_as),
    )


def _interruptions(
    fault: str, length_s: float, random: Random
) -> list[tuple[float, float, float]]:
    """Return (from, until, share of the power that remains) for the faults that interrupt a charge."""
    if fault == "dip":
        return [
            (since_s, since_s + random.uniform(5, 60), 0.0)
            for since_s in (
                random.uniform(600, length_s) for _ in range(random.randint(1, 4))
            )
        ]
    if fault == "sag":
        since_s = random.uniform(600, length_s)
        return [(since_s, since_s + random.uniform(60, 300), 0.5)]
    if fault == "swap":
        since_s = random.uniform(0.2, 0.8) * length_s
        return [(since_s, since_s + random.uniform(10, 30), 0.0)]
    return []


def _sampled(
    made: Outlet, fault: str, power_w: list[float], end_s: float, random: Random
) -> tuple[Row, ...]:
    """Return what the meter reports: with noise, in steps, at its interval or only when something changed."""
    offset = random.randrange(max(1, made.interval_s // STEP_S))
    rows: list[Row] = []
    # Nobody can tell in a silence that began before the end that the end came: it lies in the charge.
    silent_from_s = random.uniform(0.1, 0.8) * end_s if fault == "silence" else 1e12
    silent_until_s = silent_from_s + random.uniform(
        300, min(1800, max(301, 0.95 * end_s - silent_from_s))
    )
    reported_s = -1e12
    for index in range(offset, len(power_w), max(1, made.interval_s // STEP_S)):
        at_s = index * STEP_S
        if silent_from_s < at_s < silent_until_s:
            continue
        value_w = power_w[index]
        if value_w > 0.0:
            value_w += random.gauss(0.0, made.noise_w + made.noise_share * value_w)
        if fault == "spikes" and random.random() < 0.003:
            value_w *= random.uniform(1.5, 3.0)
        value_w = max(
            0.0, round(round(value_w / made.resolution_w) * made.resolution_w, 3)
        )
        if made.on_change and rows:
            changed = abs(value_w - rows[-1].power_w) > max(
                0.4, 0.02 * rows[-1].power_w
            )
            if not changed and at_s - reported_s < 1800:
                continue
        reported_s = at_s
        rows.append(Row(at_s, value_w))
    return tuple(rows)


def _interpolate(points: tuple[tuple[float, float], ...], at: float) -> float:
    """Return the value of a curve between its points."""
    for (left, left_value), (right, right_value) in pairwise(points):
        if at <= right:
            return left_value + (right_value - left_value) * (at - left) / (
                right - left
            )
    return points[-1][1]


def nasa_like(seed: int, *, peak_w: float = 95.0) -> Charge:
    """Return a charge with the constant-voltage phase of the NASA cells, from the times at which their current falls to given shares.

    It takes an hour instead of five, and its tail is as long as that: the hardest case for "little is left".
    """
    random = Random(f"nasa {seed}")
    cc_min, taus_min = random.choice(
        ((52, (18, 25, 35)), (54, (14.5, 17, 20)), (29, (36, 50, 50)))
    )
    shares = [
        (1.0, 3.6 + 0.6 * minute / cc_min)
        for minute in (index * STEP_S / 60 for index in range(cc_min * 12))
    ]
    share = 1.0
    while share > 0.0133 and len(shares) < 4 * 3600 // STEP_S:
        tau_min = (
            taus_min[0] if share > 0.3 else taus_min[1] if share > 0.1 else taus_min[2]
        )
        share *= exp(-STEP_S / 60.0 / tau_min)
        shares.append((share, 4.2))
    made = Outlet(
        chemistry=NMC,
        cells=10,
        capacity_ah=2.0,
        current_a=peak_w * 0.86 / 42.0,
        overpotential_v=0.27,
        efficiency=0.86,
        overhead_w=1.0,
        idle_w=random.choice((0.2, 1.0, 2.0, 5.0, 8.0, 12.0)),
        ends_at=0.0133,
        noise_w=random.choice((0.0, 0.1, 0.3)),
        noise_share=0.002,
        resolution_w=random.choice((0.1, 0.5)),
        interval_s=random.choice((5, 15, 30, 60)),
        on_change=False,
        tail_slows=0.0,
    )
    fault = random.choice(("none", "dip", "sag", "swap", "spikes"))
    return _measured(seed, made, fault, shares, random)
