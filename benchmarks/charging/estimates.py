"""How well the end of a charge is foretold, by phase and by how many charges were learned."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from kickwatt_hub.charging.csvfile import Row
from kickwatt_hub.charging.replay import replay
from kickwatt_sim.charges import Charge, charge, outlet

LEARNED = (0, 1, 3)
PHASES = ("constant current", "its first ten minutes of fall", "later")


@dataclass(frozen=True, slots=True)
class Guess:
    """One estimate against what came."""

    learned: int
    phase: str
    left_min: float
    error_min: float
    inside: bool


def rows(made: Charge) -> tuple[Row, ...]:
    """Return a charge as it comes out of a file."""
    return tuple(Row(row.time_s, row.power_w) for row in made.rows)


def guesses(seed: int) -> list[Guess]:
    """Return what was expected of a seed's charge, as its charger's first, second and fourth one."""
    made = outlet(seed, on_change=False)
    health = 0.7 + 0.3 * (seed % 7) / 7
    earlier = [
        charge(seed * 10 + each, of=made, fault="none", health=health)
        for each in range(max(LEARNED))
    ]
    today = charge(seed * 10 + 9, of=made, fault="none", health=health)
    guessed: list[Guess] = []
    for learned in LEARNED:
        found = replay(rows(today), learned=[rows(each) for each in earlier[:learned]])
        for session in found["sessions"][:1]:
            end = session["end"]
            if end is None:
                continue
            for each in session["estimates"]:
                if each["at"] < end - 60:
                    guess = Guess(
                        learned,
                        phase(today, each["at"]),
                        (end - each["at"]) / 60,
                        (each["full_at"] - end) / 60,
                        each["low"] <= end <= each["high"],
                    )
                    guessed.append(guess)
    return guessed


def phase(made: Charge, at_s: float) -> str:
    """Return in which phase of the charge a time lies."""
    if at_s < made.falls_s:
        return PHASES[0]
    return PHASES[1] if at_s < made.falls_s + 600 else PHASES[2]


HEADER = (
    "| charges learned | while | estimates | mean error, min | median of the remaining time | in the 80 % interval |\n"
    "| --- | --- | --- | --- | --- | --- |"
)


def table(found: list[Guess]) -> Iterator[str]:
    """Yield the rows of the table."""
    groups: dict[tuple[int, int], list[Guess]] = defaultdict(list)
    for guess in found:
        groups[guess.learned, PHASES.index(guess.phase)].append(guess)
    for (learned, at), group in sorted(groups.items()):
        mean = sum(abs(each.error_min) for each in group) / len(group)
        share = median(abs(each.error_min) / each.left_min for each in group)
        inside = sum(each.inside for each in group) / len(group)
        yield (
            f"| {learned} | {PHASES[at]} | {len(group)} | {mean:.1f} | {100 * share:.0f} % | {100 * inside:.0f} % |"
        )
