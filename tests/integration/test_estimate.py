"""An estimate is shown without its trembling."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.kickwatt.estimate import steady
from custom_components.kickwatt.models import Forecast


@pytest.mark.parametrize(
    ("shown", "expected", "uncertainty", "shows"),
    [
        (None, 60, 40, 60),
        (60, 69, 40, 60),
        (60, 70, 40, 70),
        (60, 51, 40, 60),
        (60, 50, 40, 50),
        (60, 61, 1, 60),
        (60, 62, 1, 62),
        (60, None, 40, None),
        (60, 61, None, 61),
    ],
)
def test_an_estimate_stands_while_it_moves_within_a_quarter_of_its_uncertainty(
    shown: int | None, expected: int | None, uncertainty: int | None, shows: int | None
) -> None:
    def at(minutes: int | None) -> datetime | None:
        if minutes is None:
            return None
        return datetime(2026, 11, 21, 8, tzinfo=UTC) + timedelta(minutes=minutes)

    forecast = Forecast(
        expected=at(expected),
        earliest=None if uncertainty is None else at(0),
        latest=at(uncertainty),
        learned=True,
    )
    assert steady(at(shown), forecast) == at(shows)
