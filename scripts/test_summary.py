"""Add up what several runs of pytest counted. Usage: test_summary.py RESULTS BROKEN_RUNS.

RESULTS has one JSON object a run, written by tests/plugins/pytest_kickwatt.py; a run that could not start wrote none.
"""

from collections import Counter
import json
from pathlib import Path
import sys


def main() -> int:
    """Print the failures, the programs that tests were skipped for and the total; return an exit code."""
    runs = [json.loads(line) for line in Path(sys.argv[1]).read_text().splitlines()]
    broken = int(sys.argv[2])
    for failure in (failure for run in runs for failure in run["failures"]):
        print(f"\nFAILED {failure}")
    missing = Counter(program for run in runs for program in run["missing"])
    if missing:
        print("\nSkipped, because a program is not here:")
        for program, count in sorted(missing.items()):
            print(f"  {count} for {program}")
    if broken:
        print(f"\n{broken} of the suites failed otherwise than by a test: see above.")
    passed = sum(run["passed"] for run in runs)
    failed = sum(run["failed"] for run in runs) + broken
    skipped = sum(run["skipped"] for run in runs)
    print(
        f"\n{passed} passed, {failed} failed"
        + (f", {skipped} skipped" if skipped else "")
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
