"""Print how well the end of a charge is foretold: `python -m tests.hub.charging.evaluate_estimates [--tuning] [CHARGERS]`.

Per phase of the charge and number of charges learned: how far off the estimate is, and how often the 80 % interval holds
the end.
"""

from collections import defaultdict
from statistics import median
import sys

from kickwatt_hub.charging.csvfile import Row
from kickwatt_hub.charging.replay import replay

from .charges import EVALUATION, TUNING, Charge, charge, outlet

LEARNED = (0, 1, 3)


def rows(made: Charge) -> tuple[Row, ...]:
    """Return a charge as it comes out of a file."""
    return tuple(Row(row.time_s, row.power_w) for row in made.rows)


def phase(made: Charge, at_s: float) -> str:
    """Return in which phase of the charge a time lies."""
    falls_s = next(
        (row.time_s for row in reversed(made.rows) if row.power_w > 0.93 * made.peak_w),
        made.start_s,
    )
    if at_s < falls_s:
        return "1 constant current"
    return "2 first ten minutes of the fall" if at_s < falls_s + 600 else "3 later"


def main() -> None:
    """Print the table."""
    first = TUNING if "--tuning" in sys.argv else EVALUATION
    count = int(next((each for each in sys.argv[1:] if each.isdigit()), "60"))
    errors: dict[tuple[int, str], list[tuple[float, float, bool]]] = defaultdict(list)
    for seed in range(first, first + count):
        made = outlet(seed, on_change=False)
        health = 0.7 + 0.3 * (seed % 7) / 7
        earlier = [
            charge(seed * 10 + each, of=made, fault="none", health=health)
            for each in range(max(LEARNED))
        ]
        today = charge(seed * 10 + 9, of=made, fault="none", health=health)
        for learned in LEARNED:
            result = replay(
                rows(today), learned=[rows(each) for each in earlier[:learned]]
            )
            for session in result["sessions"][:1]:
                end = session["end"]
                if end is None:
                    continue
                for each in session["estimates"]:
                    if each["at"] < end - 60:
                        left_min = (end - each["at"]) / 60
                        error_min = (each["full_at"] - end) / 60
                        inside = each["low"] <= end <= each["high"]
                        errors[learned, phase(today, each["at"])].append(
                            (left_min, error_min, inside)
                        )
    print(
        "| learned | phase                           | estimates | mean error, min | of what is left | in the interval |"
    )
    for (learned, name), found in sorted(errors.items()):
        mean = sum(abs(error) for _, error, _ in found) / len(found)
        share = median(abs(error) / left for left, error, _ in found)
        hits = sum(each for _, _, each in found) / len(found)
        print(
            f"| {learned:>7} | {name:<31} | {len(found):>9} | {mean:>15.1f} | {100 * share:>13.1f} % | {100 * hits:>13.1f} % |"
        )


if __name__ == "__main__":
    main()
