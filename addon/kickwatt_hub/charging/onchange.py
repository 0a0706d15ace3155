"""Sources that report only when something changed: their silence says that the last reading is still true."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from .csvfile import Row

ON_CHANGE_S = 1800
"""The longest that such sources stay silent."""
SAID_AGAIN_S = 60
"""How often a silence is put into words; well within the time for which a polled reading stays true."""


def reports_on_change(rows: Sequence[Row]) -> bool:
    """Does this source report only when something changed?

    Then hardly any reading repeats the one before it, and the readings are minutes apart where nothing happens, but
    seconds where something does. A source that is polled has one interval.
    """
    gaps_s = sorted(after.time_s - before.time_s for before, after in pairwise(rows))
    if len(gaps_s) < 8:
        return len(gaps_s) > 0 and gaps_s[-1] > 4 * gaps_s[0]
    repeats = sum(
        before.power_w == after.power_w for before, after in pairwise(rows)
    ) / len(gaps_s)
    usual_s, long_s = gaps_s[len(gaps_s) // 2], gaps_s[int(len(gaps_s) * 0.95)]
    return repeats < 0.05 and long_s > 4 * max(usual_s, 1.0)


def said_again(rows: Sequence[Row]) -> Iterator[Row]:
    """Yield the rows, and each again every minute for as long as the source's silence says that it is still true.

    After the last row nothing is said again: there the file ends, not a silence.
    """
    for row, after in pairwise(rows):
        yield row
        until_s = min(after.time_s, row.time_s + ON_CHANGE_S)
        time_s = row.time_s + SAID_AGAIN_S
        while time_s < until_s:
            yield replace(row, time_s=time_s)
            time_s += SAID_AGAIN_S
    yield from rows[-1:]
