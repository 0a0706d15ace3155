"""When a charge will be full, as it is shown: without the trembling of the estimates."""

from datetime import datetime, timedelta
from typing import Final

from .models import Forecast

# The least by which an estimate has to move to be told.
STEADY: Final = timedelta(minutes=2)


def to_the_minute(moment: datetime | None) -> datetime | None:
    """Return the nearest minute: an estimate is no better."""
    if moment is None:
        return None
    return (moment + timedelta(seconds=30)).replace(second=0, microsecond=0)


def steady(shown: datetime | None, full: Forecast) -> datetime | None:
    """Return the estimate to show, when that one was shown before.

    A new one comes every minute. It stands while it moves within a quarter of its own
    uncertainty, else every charge would fill pages of Home Assistant's activity.
    """
    expected = to_the_minute(full.expected)
    if None in (shown, expected, full.earliest, full.latest):
        return expected
    assert shown and expected and full.earliest and full.latest
    if abs(expected - shown) < max((full.latest - full.earliest) / 4, STEADY):
        return shown
    return expected
