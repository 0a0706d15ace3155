"""Print how well charges are cut: `python -m tests.hub.charging.evaluate [--tuning] [CHARGES]`.

Per kind of fault: cuts before the end that withhold more than one per cent, the energy withheld, the minutes that a cut
comes late, charges that ended too soon, and charges that never did.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
import sys

from kickwatt_hub.charging.detector import (
    INITIAL,
    DetectorSettings,
    Sample,
    SessionEnded,
    advance,
    step,
)
from kickwatt_hub.charging.profile import Charge as Learned, Profile, learn

from .charges import EVALUATION, TUNING, Charge, charge, nasa_like, outlet

type Cut = SessionEnded | None


def cuts(made: Charge, settings: DetectorSettings) -> list[SessionEnded]:
    """Return the ends that the detector sees in a charge."""
    if made.on_change:
        settings = replace(settings, unchanged_s=1800)
    state, ends = INITIAL, []
    for row in made.rows:
        state, events = step(
            state, Sample(int(row.time_s * 1000), row.power_w), settings
        )
        ends += [event for event in events if isinstance(event, SessionEnded)]
    if made.on_change and state.time_ms is not None:
        state, events = advance(state, state.time_ms + 1_800_000, settings)
        ends += [event for event in events if isinstance(event, SessionEnded)]
    return ends


def learned_from(end: SessionEnded) -> Learned:
    """Return what a charge teaches."""
    return Learned(
        start_ms=end.start_ms,
        duration_s=(end.end_ms - end.start_ms) / 1000,
        energy_wh=end.energy_wh,
        plateau_w=end.plateau_w,
        tail_w=end.rest_w,
        idle_w=end.rest_w if end.at_rest else None,
        tail_tau_s=end.tail_tau_s,
    )


def taught(seed: int, charges: int) -> DetectorSettings:
    """Return the settings of a charger after some charges."""
    made, profile = outlet(seed), Profile()
    for index in range(charges):
        before = charge(seed * 10 + index, of=made, fault="none")
        for end in cuts(before, DetectorSettings(learned=profile)):
            shifted = replace(
                learned_from(end), start_ms=end.start_ms + index * 86_400_000
            )
            profile = learn(profile, shifted)
    return DetectorSettings(learned=profile)


@dataclass
class Tally:
    """What happened to the charges of one kind."""

    charges: int = 0
    early: int = 0
    worst_withheld: float = 0.0
    withheld: float = 0.0
    late_min: list[float] | None = None
    missed: int = 0
    too_late: int = 0
    split: int = 0
    bad: list[int] | None = None

    def add(self, made: Charge, ends: list[SessionEnded]) -> None:
        """Judge the first cut of a charge: nothing after it happens when it is obeyed."""
        self.charges += 1
        self.late_min = self.late_min or []
        self.bad = self.bad or []
        if not ends:
            self.missed += 1
            self.bad.append(made.seed)
            return
        cut_s = ends[0].decided_ms / 1000
        withheld = made.undelivered(cut_s)
        self.withheld += withheld
        self.worst_withheld = max(self.worst_withheld, withheld)
        late_min = (cut_s - made.end_s) / 60
        self.late_min.append(late_min)
        if withheld > 0.01:
            self.early += 1
            self.bad.append(made.seed)
        if late_min > 10:
            self.too_late += 1
            self.bad.append(made.seed)

    def line(self, name: str) -> str:
        """Return a row of the table."""
        late = sorted(self.late_min or [0.0])
        return (
            f"| {name:<22} | {self.charges:>6} | {self.early:>5} | {100 * self.withheld / max(1, self.charges):>6.2f} % "
            f"| {100 * self.worst_withheld:>6.2f} % | {late[len(late) // 2]:>6.1f} | {late[int(0.95 * (len(late) - 1))]:>6.1f} "
            f"| {late[-1]:>6.1f} | {self.too_late:>5} | {self.missed:>5} | {(self.bad or [])[:4]}"
        )


HEADER = (
    "| charges                |  count | > 1 % |   mean    |   worst   | median |   p95  |   max  | > 10  | never |\n"
    "|                        |        | early | withheld  | withheld  |  late, minutes           | min   |       |"
)


def table(charges: Iterable[tuple[str, Charge, DetectorSettings]]) -> dict[str, Tally]:
    """Return the tallies per name."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    for name, made, settings in charges:
        tallies[name].add(made, cuts(made, settings))
    return tallies


def cases(seeds: range) -> Iterator[tuple[str, Charge, DetectorSettings]]:
    """Yield each seed's charge as a charger's first one and as its third, and a NASA-like one."""
    for seed in seeds:
        made = charge(seed)
        yield f"first charge, {made.kind}", made, DetectorSettings()
        yield f"third charge, {made.kind}", made, taught(seed, 2)
        yield "first, NASA-like", nasa_like(seed), DetectorSettings()


def main() -> None:
    """Print the table."""
    first = TUNING if "--tuning" in sys.argv else EVALUATION
    count = int(next((each for each in sys.argv[1:] if each.isdigit()), "400"))
    seeds = range(first, first + count)
    tallies = table(cases(seeds))
    print(HEADER)
    for name in sorted(tallies):
        print(tallies[name].line(name))


if __name__ == "__main__":
    main()
