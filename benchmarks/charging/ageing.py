"""How well the capacity of an ageing pack is told from what its charges take at the wall."""

from copy import replace
from dataclasses import dataclass
from random import Random

from kickwatt_hub.charging.detector import DetectorSettings
from kickwatt_hub.charging.health import health
from kickwatt_hub.charging.lesson import lesson
from kickwatt_hub.charging.profile import Charge as Lesson
from kickwatt_sim.charges import charge, outlet

from .ends import DAY_MS, cuts

CHARGES = 60
EVERY_DAYS = 9
FADES_BY = 0.2
# Somebody charges from empty now and then; most charges begin anywhere.
WHOLE_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Aged:
    """What was told of a pack after its charges, in per cent, against the truth."""

    index: float
    truth: float
    trend: float
    trend_truth: float


def aged(seed: int) -> list[Aged]:
    """Return how a seed's pack was judged; nothing where it had too few whole charges."""
    random = Random(f"ageing {seed}")
    made = outlet(seed, interval_s=30, on_change=False)
    lessons: list[Lesson] = []
    healths: list[float] = []
    for index in range(CHARGES):
        left = 1.0 - FADES_BY * index / CHARGES
        from_soc = random.uniform(0.0, 0.05)
        if random.random() > WHOLE_SHARE:
            from_soc = random.uniform(0.2, 0.7)
        today = charge(
            seed * 1000 + index,
            of=made,
            fault="none",
            start_soc=from_soc,
            health=left,
            temperature_c=random.choice((25.0, 22.0, 18.0, 15.0, 3.0)),
        )
        for end in cuts(today, DetectorSettings())[:1]:
            learned = lesson(end, end.reason)
            if learned is not None:
                start_ms = index * EVERY_DAYS * DAY_MS
                lessons.append(replace(learned, start_ms=start_ms))
                healths.append(left)
    found = health(lessons)
    if found is None:
        return []
    first, last = sum(healths[:5]) / 5, sum(healths[-5:]) / 5
    years = CHARGES * EVERY_DAYS / 365.25
    lost = -100 * FADES_BY / first / years
    return [Aged(found.index, 100 * last / first, found.trend, lost)]


HEADER = (
    "| packs | judged | error of the capacity, mean | p95 | error of the yearly trend, mean |\n"
    "| --- | --- | --- | --- | --- |"
)


def row(packs: int, found: list[Aged]) -> str:
    """Return the table's only row."""
    errors = sorted(abs(each.index - each.truth) for each in found) or [0.0]
    trends = [abs(each.trend - each.trend_truth) for each in found] or [0.0]
    return (
        f"| {packs} | {len(found)} | {sum(errors) / len(errors):.1f} points | {errors[int(0.95 * (len(errors) - 1))]:.1f} points "
        f"| {sum(trends) / len(trends):.1f} points |"
    )
