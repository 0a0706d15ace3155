"""Judge the brain: `python -m benchmarks.charging [--tuning] [--write] [--charges N]`, from the repository's root.

Prints three tables: cuts, estimates and the battery's health. `--write` puts them into docs/charging.md, with pictures of
decisions. Seeds for tuning and those that are published never meet.
"""

import argparse
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from kickwatt_sim.charges import EVALUATION, TUNING

from . import ageing, ends, estimates
from .pictures import draw_all

PAGE = Path(__file__).parents[2] / "docs" / "charging.md"
BEGIN, END = "<!-- figures: begin -->\n", "<!-- figures: end -->\n"


def main() -> None:
    """Do it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.charging")
    parser.add_argument("--tuning", action="store_true", help="the seeds for tuning")
    parser.add_argument("--write", action="store_true", help="into docs/charging.md")
    parser.add_argument("--charges", type=int, default=600, help="how many charges")
    arguments = parser.parse_args()
    tables = _tables(TUNING if arguments.tuning else EVALUATION, arguments.charges)
    print(tables)
    if arguments.write:
        before, _, rest = PAGE.read_text().partition(BEGIN)
        _, _, after = rest.partition(END)
        PAGE.write_text(f"{before}{BEGIN}\n{tables}\n{END}{after}")
        draw_all(PAGE.parent / "images")


def _tables(first: int, charges: int) -> str:
    chargers, packs = max(1, charges // 3), max(1, charges // 12)
    with ProcessPoolExecutor() as pool:
        judged = pool.map(ends.judge, range(first, first + charges), chunksize=10)
        guessed = pool.map(
            estimates.guesses, range(first, first + chargers), chunksize=5
        )
        aged = pool.map(ageing.aged, range(first, first + packs), chunksize=2)
        tallies: dict[str, ends.Tally] = defaultdict(ends.Tally)
        for some in judged:
            for name, tally in some:
                tallies[name].join(tally)
        lines = [ends.HEADER]
        lines += [tallies[name].row(name) for name in ends.names() if name in tallies]
        total = ends.Tally()
        for tally in tallies.values():
            total.join(tally)
        lines += [total.row("**all**"), "", estimates.HEADER]
        lines += estimates.table([each for some in guessed for each in some])
        lines += ["", ageing.HEADER]
        lines += [ageing.row(packs, [each for some in aged for each in some])]
    for name, tally in tallies.items():
        if tally.bad:
            print(f"{name}: look at {tally.bad[:6]}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
