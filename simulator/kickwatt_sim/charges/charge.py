"""One charge as it was, and as it was measured."""

from dataclasses import dataclass
from random import Random

from .battery import NOTHING_SHARE, STEP_S, Step, currents
from .faults import FAULTS, Course, Interruption, balancing_w, interruptions
from .meter import Row, readings
from .outlet import Outlet, outlet

IDLE_BEFORE_S = 1200
IDLE_AFTER_S = 7200


@dataclass(frozen=True, slots=True)
class Charge:
    """A charge as it was, and as it was measured; times are in seconds since the recording began.

    `delivered` has one value per `STEP_S`: the share of all the charge that reaches the battery which it has by then.
    `falls_s` is when the voltage became constant, and `end_s` when the brick stopped, or nothing flowed that mattered.
    """

    seed: int
    fault: str
    start_s: float
    falls_s: float
    end_s: float
    capacity_ah: float
    """What the pack can hold on that day."""
    energy_wh: float
    """At the wall, from start to end."""
    outlet: Outlet
    rows: tuple[Row, ...]
    delivered: tuple[float, ...]

    def undelivered(self, cut_s: float) -> float:
        """Return the share of the charge that a cut at this time withholds."""
        index = min(max(int(cut_s / STEP_S), 0), len(self.delivered) - 1)
        return 1.0 - self.delivered[index]


def charge(
    seed: int,
    *,
    of: Outlet | None = None,
    fault: str | None = None,
    start_soc: float | None = None,
    health: float | None = None,
    temperature_c: float | None = None,
) -> Charge:
    """Return the charge of a seed; what is given is not drawn."""
    random = Random(f"charge {seed}")
    made = of or outlet(seed)
    drawn = (
        random.choice(FAULTS),
        random.uniform(0.02, 0.6),
        random.uniform(0.7, 1.0),
        random.choice((25.0, 22.0, 20.0, 18.0, 30.0, 10.0, 3.0)),
    )
    fault = drawn[0] if fault is None else fault
    start_soc = drawn[1] if start_soc is None else start_soc
    health = drawn[2] if health is None else health
    steps = currents(
        made,
        Course(fault, start_soc, random),
        start_soc=start_soc,
        health=health,
        temperature_c=drawn[3] if temperature_c is None else temperature_c,
    )
    return measured(seed, made, fault, steps, made.capacity_ah * health, random)


def measured(
    seed: int,
    made: Outlet,
    fault: str,
    steps: list[Step],
    capacity_ah: float,
    random: Random,
) -> Charge:
    """Return the charge that these steps are, seen through the brick and the meter."""
    before = IDLE_BEFORE_S // STEP_S
    power_w = [made.idle_w] * before
    delivered = [0.0] * before
    total = 0.0
    interrupted = interruptions(fault, len(steps) * STEP_S, random)
    for index, step in enumerate(steps):
        share = step.share * _passes(interrupted, index * STEP_S)
        total += share
        delivered.append(total)
        power_w.append(
            _wall_w(made, share, step.cell_v)
            if share > 0.0
            else random.choice((0.0, min(1.0, made.idle_w)))
        )
    last = len(steps) - 1
    if not made.ends_at:
        # A brick that never stops: it is over when what still flows does not matter.
        last = max(at for at, step in enumerate(steps) if step.share >= NOTHING_SHARE)
        total = delivered[before + last]
    end_s = IDLE_BEFORE_S + (last + 1) * STEP_S
    energy_wh = sum(power_w[before : before + last + 1]) * STEP_S / 3600.0
    full_w = max(power_w)
    if fault == "balancing":
        power_w += balancing_w(made.idle_w, full_w, random)
    power_w += [made.idle_w] * (IDLE_AFTER_S // STEP_S)
    delivered += [delivered[-1]] * (len(power_w) - len(delivered))
    return Charge(
        seed=seed,
        fault=fault,
        start_s=IDLE_BEFORE_S,
        falls_s=_falls_s(steps),
        end_s=end_s,
        capacity_ah=capacity_ah,
        energy_wh=energy_wh,
        outlet=made,
        rows=readings(made, power_w, end_s, fault, random),
        delivered=tuple(min(1.0, each / total) for each in delivered),
    )


def _wall_w(made: Outlet, share: float, cell_v: float) -> float:
    """Return what the brick draws; one that charges needs a little more for itself than one that waits."""
    direct_w = share * made.current_a * cell_v * made.cells
    overhead_w = made.overhead_w * min(1.0, share * 4)
    return made.idle_w + overhead_w + direct_w / made.efficiency


def _passes(interrupted: tuple[Interruption, ...], at_s: float) -> float:
    """Return the share of the power that flows at this time."""
    return min(
        (each.share for each in interrupted if each.since_s <= at_s < each.until_s),
        default=1.0,
    )


def _falls_s(steps: list[Step]) -> float:
    """Return when the current was full for the last time."""
    full = max((at for at, step in enumerate(steps) if step.share > 0.99), default=0)
    return float(IDLE_BEFORE_S + (full + 1) * STEP_S)
