"""What price entities of widespread integrations tell is read; what is no price is not."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.kickwatt.prices import (
    MOST_INTERVALS,
    PriceInterval,
    currency_of,
    not_known,
    per_kwh_factor,
    prices_told,
)

NOW = datetime(2026, 11, 25, 12, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOON = NOW.replace(minute=0)
WARSAW = ZoneInfo("Europe/Warsaw")


def told(value: str = "unknown", **attributes: Any) -> tuple[PriceInterval, ...]:
    return prices_told(value, attributes, NOW - timedelta(minutes=5), NOW, WARSAW)


def hours(start: datetime, *prices: float) -> tuple[PriceInterval, ...]:
    return tuple(
        PriceInterval(start + n * HOUR, start + (n + 1) * HOUR, price)
        for n, price in enumerate(prices)
    )


@pytest.mark.parametrize(
    ("unit", "factor"),
    [
        (None, 1.0),
        ("EUR/kWh", 1.0),
        ("€/kWh", 1.0),
        ("PLN/MWh", 0.001),
        ("ct/kWh", 0.01),
        ("öre/kWh", 0.01),
        ("EUR cent/kWh", 0.01),
        ("SEK", 1.0),
        ("€", 1.0),
        ("PLN/Wh", 1000.0),
        ("W", None),
        ("kWh", None),
        ("ppm", None),
        ("EUR/m³", None),
        ("", None),
    ],
)
def test_a_unit_is_a_price_per_energy_or_none(unit: str | None, factor: float) -> None:
    assert per_kwh_factor(unit) == factor


@pytest.mark.parametrize(
    ("unit", "currency"), [("EUR/kWh", "EUR"), ("€/kWh", None), (None, None)]
)
def test_a_unit_may_name_its_currency(unit: str | None, currency: str | None) -> None:
    assert currency_of(unit) == currency


@pytest.mark.parametrize(
    "attributes",
    [
        # Nord Pool
        {
            "raw_today": [
                {"start": NOON - HOUR, "end": NOON, "value": 0.1},
                {"start": NOON, "end": NOON + HOUR, "value": 0.2},
                {"start": NOON + HOUR, "end": NOON + 2 * HOUR, "value": None},
            ],
            "raw_tomorrow": [
                {"start": NOON + HOUR, "end": NOON + 2 * HOUR, "value": 0.3}
            ],
        },
        # Tibber
        {
            "today": [
                {"startsAt": "2026-11-25T13:00:00+01:00", "total": 0.2},
                {"startsAt": "2026-11-25T14:00:00+01:00", "total": 0.3},
            ]
        },
        # EPEX Spot
        {
            "data": [
                {
                    "start_time": "2026-11-25T12:00:00+00:00",
                    "end_time": "2026-11-25T13:00:00+00:00",
                    "price_per_kwh": 0.2,
                },
                {
                    "start_time": "2026-11-25T13:00:00+00:00",
                    "end_time": "2026-11-25T14:00:00+00:00",
                    "price_per_kwh": 0.3,
                },
            ]
        },
        # ENTSO-e, and times without a zone
        {
            "prices": [
                {"time": "2026-11-25 13:00:00", "price": 0.2},
                {"time": "2026-11-25 14:00:00", "price": 0.3},
            ]
        },
        # a template's, as text and in hundredths
        {
            "unit_of_measurement": "ct/kWh",
            "forecast": [
                {"start": "2026-11-25T12:00:00Z", "value": "20"},
                {"start": "2026-11-25T13:00:00Z", "value": "30"},
                {"start": "later", "value": "40"},
                "nonsense",
            ],
        },
    ],
)
def test_a_forecast_is_read(attributes: dict[str, Any]) -> None:
    assert told(**attributes) == hours(NOON, 0.2, 0.3)


def test_of_two_prices_for_one_time_the_earlier_counts() -> None:
    rows = [
        {"start": NOON, "end": NOON + HOUR, "value": 0.2},
        {"start": NOON + HOUR / 2, "end": NOON + HOUR, "value": 0.9},
        {"start": NOON + HOUR, "end": NOON + 2 * HOUR, "value": 0.3},
    ]
    assert told(raw_today=rows) == hours(NOON, 0.2, 0.3)


def test_a_state_alone_holds_for_a_day_from_when_it_came() -> None:
    (first, *more) = told("0.25")
    assert first == PriceInterval(NOW - timedelta(minutes=5), NOON + HOUR, 0.25)
    assert more[-1].end == NOON + timedelta(days=1)
    assert {each.per_kwh for each in more} == {0.25}


def test_a_state_stands_in_until_its_forecast_begins() -> None:
    coming = [{"start": NOON + HOUR, "end": NOON + 2 * HOUR, "value": 0.3}]
    first, second = told("0.25", raw_today=coming)
    assert (first.per_kwh, first.end) == (0.25, NOON + HOUR)
    assert second == hours(NOON + HOUR, 0.3)[0]


@pytest.mark.parametrize("value", ["unknown", "sunny", "nan", "inf", "1e9"])
def test_what_is_no_price_is_left_out(value: str) -> None:
    assert told(value) == ()


@pytest.mark.parametrize(
    "row",
    [
        {"start": "9999-12-31T23:30:00+00:00", "value": 1},
        {"start": "0001-01-01T00:00:00+05:00", "value": 1},
        {"start": datetime.max, "value": 1},
        {"start": datetime.min, "value": 1},
        {"start": NOW, "end": datetime.max, "value": 1},
        {"start": NOW, "value": 10**400},
        {"start": 3, "value": 1},
    ],
)
def test_times_and_numbers_beyond_all_measure_are_left_out(row: dict[str, Any]) -> None:
    coming = {"start": NOON + HOUR, "end": NOON + 2 * HOUR, "value": 0.3}
    assert hours(NOON + HOUR, 0.3)[0] in told("unknown", raw_today=[row, coming])


def test_only_what_is_new_is_sent() -> None:
    known = hours(NOON, 0.1, 0.2)
    assert not_known(hours(NOON, 0.1, 0.2, 0.3), known) == hours(NOON + 2 * HOUR, 0.3)
    assert not_known(hours(NOON, 0.1, 0.5), known) == hours(NOON + HOUR, 0.5)


ROW = st.dictionaries(
    st.sampled_from(["start", "end", "value", "startsAt", "total", "price_per_kwh"]),
    st.none()
    | st.floats()
    | st.text(max_size=8)
    | st.datetimes(
        min_value=datetime(2026, 11, 20),
        max_value=datetime(2026, 12, 10),
        timezones=st.none() | st.just(UTC),
    ),
)


@given(
    value=st.text(max_size=6) | st.floats().map(str),
    rows=st.lists(ROW | st.text(), max_size=30),
    unit=st.none() | st.text(max_size=6),
)
def test_whatever_an_entity_tells_comes_out_in_order_or_not_at_all(
    value: str, rows: list[Any], unit: str | None
) -> None:
    found = told(value, raw_today=rows, unit_of_measurement=unit)
    assert len(found) <= MOST_INTERVALS
    for before, after in pairwise(found):
        assert before.end <= after.start
    for each in found:
        assert each.start < each.end
        assert each.end > NOW
        assert abs(each.per_kwh) <= 1000
