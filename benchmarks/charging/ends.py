"""When charges are cut: too early, too late, falsely or never."""

from collections.abc import Iterator
from copy import replace
from dataclasses import dataclass, field

from kickwatt_hub.charging.detector import (
    INITIAL,
    DetectorSettings,
    Sample,
    SessionEnded,
    advance,
    step,
)
from kickwatt_hub.charging.lesson import lesson
from kickwatt_hub.charging.profile import Profile, learn
from kickwatt_sim.charges import FAULTS, Charge, Outlet, charge, cycler_charge, outlet
from kickwatt_sim.charges.meter import SILENT_S

DAY_MS = 86_400_000
# More than this withheld is a charge that was taken for over in its middle.
FALSE_SHARE = 0.05


def cuts(made: Charge, settings: DetectorSettings) -> list[SessionEnded]:
    """Return the ends that the detector sees in a charge."""
    if made.outlet.on_change:
        settings = replace(settings, unchanged_s=SILENT_S)
    state, ends = INITIAL, []
    for row in made.rows:
        sample = Sample(round(row.time_s * 1000), row.power_w)
        state, events = step(state, sample, settings)
        ends += [event for event in events if isinstance(event, SessionEnded)]
    if made.outlet.on_change and state.time_ms is not None:
        state, events = advance(state, state.time_ms + SILENT_S * 1000, settings)
        ends += [event for event in events if isinstance(event, SessionEnded)]
    return ends


def taught(seed: int, charges: int) -> DetectorSettings:
    """Return the settings of a seed's charger after some charges."""
    return taught_by(seed, outlet(seed), charges)


def taught_by(seed: int, made: Outlet, charges: int) -> DetectorSettings:
    """Return the settings of a charger after some charges, drawn by a seed."""
    profile = Profile()
    for index in range(charges):
        before = charge(seed * 10 + index, of=made, fault="none")
        for end in cuts(before, DetectorSettings(learned=profile)):
            learned = lesson(end, end.reason)
            if learned is not None:
                start_ms = end.start_ms + index * DAY_MS
                profile = learn(profile, replace(learned, start_ms=start_ms))
    return DetectorSettings(learned=profile)


@dataclass(slots=True)
class Tally:
    """What happened to the charges of one kind; only the first cut of a charge counts, because after it there is no power."""

    charges: int = 0
    early: int = 0
    false: int = 0
    missed: int = 0
    too_late: int = 0
    withheld: list[float] = field(default_factory=list)
    late_min: list[float] = field(default_factory=list)
    bad: list[int] = field(default_factory=list)
    """The seeds of those that went wrong in one way or another."""

    def add(self, made: Charge, ends: list[SessionEnded]) -> None:
        """Judge one charge."""
        self.charges += 1
        if not ends:
            self.missed += 1
            self.bad.append(made.seed)
            return
        cut_s = ends[0].decided_ms / 1000
        withheld = made.undelivered(cut_s)
        late_min = (cut_s - made.end_s) / 60
        self.withheld.append(withheld)
        self.late_min.append(late_min)
        self.early += withheld > 0.01
        self.false += withheld > FALSE_SHARE
        self.too_late += late_min > 10
        if withheld > 0.01 or late_min > 10:
            self.bad.append(made.seed)

    def join(self, more: Tally) -> None:
        """Add what happened to others."""
        self.charges += more.charges
        self.early += more.early
        self.false += more.false
        self.missed += more.missed
        self.too_late += more.too_late
        self.withheld += more.withheld
        self.late_min += more.late_min
        self.bad += more.bad

    def row(self, name: str) -> str:
        """Return a row of the table."""
        late = sorted(max(0.0, each) for each in self.late_min) or [0.0]
        withheld = self.withheld or [0.0]
        return (
            f"| {name} | {self.charges} | {100 * sum(withheld) / len(withheld):.2f} % | {100 * max(withheld):.2f} % "
            f"| {self.early} | {self.false} | {_at(late, 0.5):.1f} | {_at(late, 0.95):.1f} | {late[-1]:.0f} "
            f"| {self.too_late} | {self.missed} |"
        )


HEADER = (
    "| charges | count | not delivered, mean | worst | over 1 % | false ends | late, median min | p95 | most "
    "| over 10 min | missed |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
)


def judge(seed: int) -> list[tuple[str, Tally]]:
    """Return what happened to a seed's charges, by the table's rows."""
    found = []
    for name, made, ends in judged(seed):
        tally = Tally()
        tally.add(made, ends)
        found.append((name, tally))
    return found


def judged(seed: int) -> Iterator[tuple[str, Charge, list[SessionEnded]]]:
    """Yield a seed's charge as its charger's first one and as its third, and one of a cycled cell."""
    made, cycled = charge(seed), cycler_charge(seed)
    yield f"first charge, {made.fault}", made, cuts(made, DetectorSettings())
    yield f"third charge, {made.fault}", made, cuts(made, taught(seed, 2))
    yield "first charge, cycled cells", cycled, cuts(cycled, DetectorSettings())


def names() -> list[str]:
    """Return the rows of the table, in their order."""
    kinds = [
        f"{which} charge, {fault}" for which in ("first", "third") for fault in FAULTS
    ]
    return [*kinds, "first charge, cycled cells"]


def _at(ordered: list[float], share: float) -> float:
    return ordered[int(share * (len(ordered) - 1))]
