"""Energy and cost by the calendar on the wall."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
import itertools
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from kickwatt_hub.charging.periods import Charged, Period, totals

WARSAW = ZoneInfo("Europe/Warsaw")


def _ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def _charged(start: str, wh: float | None = 100.0, cost: str | None = None) -> Charged:
    amount = None if cost is None else Decimal(cost)
    return Charged(_ms(start), wh, amount, cost and "PLN")


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        (Period.day, "2026-11-25T00:00+01:00", "2026-11-26T00:00+01:00"),
        (Period.week, "2026-11-23T00:00+01:00", "2026-11-30T00:00+01:00"),
        (Period.month, "2026-11-01T00:00+01:00", "2026-12-01T00:00+01:00"),
        (Period.year, "2026-01-01T00:00+01:00", "2027-01-01T00:00+01:00"),
    ],
)
def test_a_period_begins_and_ends_at_midnight_on_the_wall(
    period: Period, start: str, end: str
) -> None:
    """A week on Monday."""
    (total,) = totals([_charged("2026-11-25T23:30+01:00")], period, WARSAW)
    assert (total.start_ms, total.end_ms) == (_ms(start), _ms(end))


def test_a_day_on_which_the_clocks_change_has_23_or_25_hours() -> None:
    """It is still one day."""
    for day, hours in (("2026-03-29", 23), ("2026-10-25", 25)):
        (total,) = totals([_charged(f"{day}T12:00+01:00")], Period.day, WARSAW)
        assert total.end_ms - total.start_ms == hours * 3_600_000


def test_what_is_not_known_is_not_made_up() -> None:
    """A charge without energy counts as a charge; without a price it costs nothing that is known."""
    known = _charged("2026-11-25T10:00+01:00", 200.0, "0.11")
    other = _charged("2026-11-25T11:00+01:00", 100.0, "0.05")
    (total,) = totals(
        [known, other, _charged("2026-11-25T12:00+01:00", None)], Period.week, WARSAW
    )
    assert (total.sessions, total.energy_wh) == (3, 300.0)
    assert total.costs == {"PLN": Decimal("0.16")}


@given(
    starts=st.lists(
        st.datetimes(
            min_value=datetime(2020, 1, 1),
            max_value=datetime(2040, 1, 1),
        ),
        max_size=20,
    ),
    period=st.sampled_from(Period),
)
def test_every_charge_is_in_exactly_the_period_in_which_it_began(
    starts: list[datetime], period: Period
) -> None:
    """And no two periods overlap."""
    times = [round(each.replace(tzinfo=UTC).timestamp() * 1000) for each in starts]
    found = totals([Charged(each, 1.0, None, None) for each in times], period, WARSAW)
    assert sum(total.sessions for total in found) == len(times)
    for total in found:
        inside = [each for each in times if total.start_ms <= each < total.end_ms]
        assert len(inside) == total.sessions
    for one, next_one in itertools.pairwise(found):
        assert one.end_ms <= next_one.start_ms
        assert timedelta(milliseconds=one.end_ms - one.start_ms) >= timedelta(hours=23)
