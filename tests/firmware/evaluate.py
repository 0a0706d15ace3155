"""Print how well the board cuts charges: `python -m tests.firmware.evaluate [--tuning] [CHARGES]`.

The charges are those that the hub's detector is judged by (`benchmarks.charging.ends`, the same columns), as a board
sees them: one reading a second, in steps of 0.1 W or of the meter's 0.5 W. `restart` takes the board's supply away once in
mid-charge; what it then knows is what its journal holds. The last lines are the GSM tracker's plain threshold.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
import sys

from tests.firmware import conftest  # noqa: F401  # makes the firmware importable

# isort: split
from benchmarks.charging.ends import HEADER, Tally
from kickwatt.charge import Charge
from kickwatt.config import Limits
from kickwatt.learned import Learned
from kickwatt_sim.charges import (
    EVALUATION,
    FAULTS,
    TUNING,
    Charge as Made,
    charge,
    cycler_charge,
    outlet,
)

# A silence of the meter is no matter of the rule: the guard opens the relay after 5 s.
BOARD_FAULTS = tuple(fault for fault in FAULTS if fault != "silence")
_REMEMBERED_S = 300  # the journal's step: so old the peak that a restart finds may be


def limits(rule: str = "robust", hold_s: int = 300, balance_s: int = 0) -> Limits:
    """Return the limits of a board that has only the rule set."""
    return Limits(0, 115, hold_s, 43_200, 2_000, 3_000, rule, balance_s)


@dataclass
class Cut:
    """What the board did with a charge: when it cut, in the time of the charge; None if it never did."""

    at_s: float | None
    charge: Charge

    @property
    def decided_ms(self) -> int:
        """As the hub's `SessionEnded` has it, for `Tally`."""
        assert self.at_s is not None
        return int(self.at_s * 1000)


def cut(
    made: Made,
    learned: Learned,
    with_limits: Limits | None = None,
    restart_at_s: float | None = None,
) -> Cut:
    """Run a charge past the board's rule, one reading a second, until it cuts."""
    owners = with_limits or limits()
    board = Charge(owners, learned)
    energy_dws = now_s = 0
    remembered = (0, 0)  # when, and which peak
    rows = made.rows
    for index, row in enumerate(rows):
        until_s = int(rows[index + 1].time_s) if index + 1 < len(rows) else now_s + 5
        load_dw = round(row.power_w * 10)
        for _ in range(int(row.time_s), until_s):
            now_s += 1
            energy_dws += load_dw
            if board.reading(load_dw, energy_dws // 36_000, now_s * 1000):
                return Cut(row.time_s + 1, board)
        if now_s - remembered[0] >= _REMEMBERED_S or not remembered[1]:
            remembered = (now_s, board.peak_dw)
        if restart_at_s is not None and row.time_s >= restart_at_s:
            restart_at_s = None
            board = Charge(owners, learned)
            board.begin(remembered[1])
    return Cut(None, board)


def seen_by_a_board(seed: int, fault: str | None = None) -> Made:
    """Return the charge of a seed through a meter that is read all the time."""
    made = outlet(seed, interval_s=5, on_change=False)
    return charge(seed, of=made, fault=fault or BOARD_FAULTS[seed % len(BOARD_FAULTS)])


def taught(seed: int, charges: int) -> Learned:
    """Return what a board knows after some charges of this charger."""
    learned = Learned()
    made = outlet(seed, interval_s=5, on_change=False)
    for index in range(charges):
        done = cut(charge(seed * 10 + index, of=made, fault="none"), learned)
        lesson = done.charge.lesson() if done.at_s is not None else None
        if lesson is not None:
            learned.add(*lesson)
    return learned


def cases(seeds: range) -> Iterator[tuple[str, Made, Cut]]:
    """Yield each seed's charge as a charger's first one and as its third, interrupted, and by the plain rule."""
    for seed in seeds:
        made = seen_by_a_board(seed)
        third = taught(seed, 2)
        restart_at_s = Random(seed).uniform(made.start_s + 600, made.end_s)
        yield f"first charge, {made.fault}", made, cut(made, Learned())
        yield f"third charge, {made.fault}", made, cut(made, third)
        yield (
            "first charge, restart",
            made,
            cut(made, Learned(), restart_at_s=restart_at_s),
        )
        yield "third charge, restart", made, cut(made, third, restart_at_s=restart_at_s)
        cycled = cycler_charge(seed)
        yield "first charge, cycled cells", cycled, cut(cycled, Learned())
        yield "threshold, 11.5 W 5 min", made, cut(made, third, limits("threshold"))


def table(seeds: range) -> dict[str, Tally]:
    """Return the tallies per name."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    for name, made, done in cases(seeds):
        tallies[name].add(made, [] if done.at_s is None else [done])  # type: ignore[list-item]
    return tallies


def main() -> None:
    """Print the table."""
    first = TUNING if "--tuning" in sys.argv else EVALUATION
    count = int(next((each for each in sys.argv[1:] if each.isdigit()), "400"))
    tallies = table(range(first, first + count))
    print(HEADER)
    for name in sorted(tallies):
        print(tallies[name].row(name))


if __name__ == "__main__":
    main()
