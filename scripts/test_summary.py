"""Add up what several runs of pytest counted. Usage: test_summary.py RESULTS BROKEN_RUNS.

RESULTS has one JSON object a run, written by tests/plugins/pytest_kickwatt.py; a run that could not start wrote none.
A second try is of what failed in the run before it: what fails twice has failed, what passes then is unsteady.
"""

from collections import Counter
import json
from pathlib import Path
import sys


def main() -> int:
    """Print what failed and how, the programs that tests were skipped for, and the total; return an exit code."""
    runs = [json.loads(line) for line in Path(sys.argv[1]).read_text().splitlines()]
    broken = int(sys.argv[2])
    failed: list[tuple[str, str]] = []
    unsteady: list[tuple[str, str]] = []
    before: dict[str, str] = {}
    for run in runs:
        if run["second_try"]:
            del failed[len(failed) - len(before) :]
            unsteady += [
                item for item in before.items() if item[0] not in run["failed"]
            ]
        before = run["failed"]
        failed += before.items()

    missing = Counter(program for run in runs for program in run["missing"])
    if missing:
        print("\nSkipped, because a program is not here:")
        for program, count in sorted(missing.items()):
            print(f"  {count} for {program}")
    for test, words in unsteady:
        print(f"\nUNSTEADY {test}\n{words}")
    for test, words in failed:
        print(f"\nFAILED {test}\n{words}")
    if broken:
        print(f"\n{broken} of the suites failed otherwise than by a test: see above.")
    passed = sum(run["passed"] for run in runs)
    skipped = sum(run["skipped"] for run in runs)
    print(
        f"\n{passed} passed, {len(failed) + broken} failed"
        + (f", {skipped} skipped" if skipped else "")
    )
    return 1 if failed or broken else 0


if __name__ == "__main__":
    sys.exit(main())
