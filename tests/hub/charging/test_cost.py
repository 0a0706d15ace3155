"""What a charge cost: interval-exact, through tariff changes, summer time and missing prices."""

from datetime import UTC, datetime, time
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from hypothesis import given, settings as limits, strategies as st
import pytest

from kickwatt_hub.charging.cost import Band, Feed, Fixed, Price, TimeOfUse, cost

HOUR = 3_600_000
BERLIN = ZoneInfo("Europe/Berlin")


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def test_a_fixed_price_times_energy() -> None:
    paid = cost([(0, 100.0), (HOUR, 600.0)], Fixed(Decimal("0.30")))
    assert paid.amount == Fraction(15, 100)
    assert paid.rounded() == Decimal("0.15")
    assert paid.unpriced_wh == 0


def test_a_price_that_changes_in_mid_interval_counts_by_the_time_it_held() -> None:
    feed = Feed(
        (Price(0, HOUR, Decimal("0.10")), Price(HOUR, 2 * HOUR, Decimal("0.40")))
    )
    paid = cost([(HOUR // 2, 0.0), (HOUR + HOUR // 4, 750.0)], feed)
    assert paid.amount == Fraction(500, 1000) * Fraction(1, 10) + Fraction(
        250, 1000
    ) * Fraction(4, 10)


def test_energy_without_a_price_is_said_not_guessed() -> None:
    feed = Feed((Price(0, HOUR, Decimal("0.10")), Price(2 * HOUR, 3 * HOUR, None)))
    paid = cost([(0, 0.0), (3 * HOUR, 300.0)], feed)
    assert paid.amount == Fraction(1, 100)
    assert paid.priced_wh == 100
    assert paid.unpriced_wh == 200


def test_a_price_may_be_negative() -> None:
    assert cost(
        [(0, 0.0), (HOUR, 1000.0)], Fixed(Decimal("-0.05"))
    ).rounded() == Decimal("-0.05")


def test_a_feed_corrects_itself() -> None:
    feed = Feed((Price(0, HOUR, Decimal(1)), Price(0, HOUR, Decimal(2))))
    assert cost([(0, 0.0), (HOUR, 1000.0)], feed).amount == 2


def test_energy_that_falls_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot fall"):
        cost([(0, 5.0), (HOUR, 4.0)], Fixed(Decimal(1)))


def test_an_instant_has_its_price() -> None:
    feed = Feed((Price(0, HOUR, Decimal(1)), Price(HOUR, 2 * HOUR, Decimal(3))))
    assert (
        cost([(0, 0.0), (HOUR, 0.0), (HOUR, 1000.0), (2 * HOUR, 1000.0)], feed).amount
        == 3
    )
    assert cost([], feed).amount == cost([(0, 1.0)], feed).amount == 0


NIGHT = TimeOfUse(
    BERLIN,
    (Band(time(22), time(6), Decimal("0.20")),),
    otherwise=Decimal("0.40"),
)


@pytest.mark.parametrize(
    ("day", "night_hours", "hours"),
    [
        ("an ordinary day", 8, 24),
        ("2026-03-29", 7, 23),
        ("2026-10-25", 9, 25),
    ],
)
def test_the_day_on_which_the_clocks_change_is_shorter_or_longer(
    day: str, night_hours: int, hours: int
) -> None:
    date = "2026-06-10" if day == "an ordinary day" else day
    start = datetime.fromisoformat(date).replace(tzinfo=BERLIN)
    start_ms = round(start.timestamp() * 1000)
    prices = NIGHT.prices(start_ms, start_ms + hours * HOUR)
    cheap_ms = sum(
        each.end_ms - each.start_ms
        for each in prices
        if each.per_kwh == Decimal("0.20")
    )
    assert cheap_ms == night_hours * HOUR
    assert prices[0].start_ms == start_ms
    assert prices[-1].end_ms == start_ms + hours * HOUR


def test_a_band_that_starts_in_the_hour_that_comes_twice() -> None:
    odd = TimeOfUse(
        BERLIN, (Band(time(2, 30), time(4), Decimal(1)),), otherwise=Decimal(0)
    )
    prices = odd.prices(ms("2026-10-25T00:00"), ms("2026-10-25T04:00"))
    assert [(each.start_ms, each.per_kwh) for each in prices] == [
        (ms("2026-10-25T00:00"), Decimal(0)),
        (ms("2026-10-25T00:30"), Decimal(1)),
        (ms("2026-10-25T01:00"), Decimal(0)),
        (ms("2026-10-25T01:30"), Decimal(1)),
        (ms("2026-10-25T03:00"), Decimal(0)),
    ]


def test_a_zone_that_moves_its_clocks_by_half_an_hour_at_a_quarter_past() -> None:
    for zone, at in (
        ("Australia/Lord_Howe", "2026-04-04T15:00"),
        ("Pacific/Chatham", "2026-04-04T14:00"),
    ):
        tariff = TimeOfUse(
            ZoneInfo(zone),
            (Band(time(2), time(2, 45), Decimal(1)),),
            otherwise=Decimal(0),
        )
        prices = tariff.prices(ms(at) - 3 * HOUR, ms(at) + 3 * HOUR)
        for each in prices:
            middle = (each.start_ms + each.end_ms) // 2
            local = (
                datetime.fromtimestamp(middle / 1000, UTC)
                .astimezone(ZoneInfo(zone))
                .time()
            )
            assert (each.per_kwh == 1) == (time(2) <= local < time(2, 45))


def test_a_weekday_band_past_midnight_belongs_to_the_day_on_which_it_starts() -> None:
    friday = TimeOfUse(
        ZoneInfo("UTC"),
        (Band(time(22), time(2), Decimal(1), frozenset({4})),),
        otherwise=Decimal(0),
    )
    prices = friday.prices(ms("2026-11-20T00:00"), ms("2026-11-22T00:00"))
    (band,) = [each for each in prices if each.per_kwh == 1]
    assert (band.start_ms, band.end_ms) == (
        ms("2026-11-20T22:00"),
        ms("2026-11-21T02:00"),
    )


@limits(max_examples=60, deadline=None)
@given(
    start=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),
    hours=st.integers(1, 60),
    zone=st.sampled_from(
        [
            "Europe/Berlin",
            "America/New_York",
            "Asia/Kolkata",
            "UTC",
            "Australia/Lord_Howe",
        ]
    ),
    bands=st.lists(
        st.tuples(st.integers(0, 95), st.integers(0, 95), st.integers(-5, 60)),
        max_size=4,
    ),
)
def test_it_equals_an_integrator_that_asks_minute_by_minute(
    start: datetime, hours: int, zone: str, bands: list[tuple[int, int, int]]
) -> None:
    start_ms = round(
        start.replace(tzinfo=UTC, second=0, microsecond=0).timestamp() * 1000
    )
    tariff = TimeOfUse(
        ZoneInfo(zone),
        tuple(
            Band(
                time(since // 4, since % 4 * 15),
                time(until // 4, until % 4 * 15),
                Decimal(cents) / 100,
            )
            for since, until, cents in bands
        ),
        otherwise=Decimal("0.33"),
    )
    minutes = hours * 60
    by_minute = Fraction(0)
    for each in range(minutes):
        local = datetime.fromtimestamp(start_ms / 1000 + each * 60, UTC).astimezone(
            ZoneInfo(zone)
        )
        price = next(
            (band.per_kwh for band in tariff.bands if band.holds(local)),
            tariff.otherwise,
        )
        by_minute += Fraction(price) * 50 * hours / minutes / 1000
    paid = cost([(start_ms, 0.0), (start_ms + hours * HOUR, 50.0 * hours)], tariff)
    assert paid.amount == by_minute


@limits(max_examples=100, deadline=None)
@given(
    known=st.lists(
        st.tuples(
            st.integers(-60, 600),
            st.integers(1, 180),
            st.one_of(st.none(), st.integers(-20, 60)),
        ),
        max_size=8,
    ),
    flows=st.lists(
        st.tuples(st.integers(0, 90), st.integers(0, 500)), min_size=1, max_size=12
    ),
)
def test_a_feed_with_gaps_equals_an_integrator_that_asks_minute_by_minute(
    known: list[tuple[int, int, int | None]], flows: list[tuple[int, int]]
) -> None:
    minute_ms = 60_000
    feed = Feed(
        tuple(
            Price(
                start * minute_ms,
                (start + length) * minute_ms,
                None if cents is None else Decimal(cents) / 100,
            )
            for start, length, cents in known
        )
    )

    def cents_at(minute: int) -> int | None:
        held = [
            cents for start, length, cents in known if start <= minute < start + length
        ]
        return held[-1] if held else None

    points, at, total = [(0, 0.0)], 0, 0
    amount, unpriced = Fraction(0), Fraction(0)
    for minutes, energy_wh in flows:
        if minutes == 0:
            continue
        for minute in range(at, at + minutes):
            cents = cents_at(minute)
            share = Fraction(energy_wh, minutes)
            if cents is None:
                unpriced += share
            else:
                amount += share * Fraction(cents, 100) / 1000
        at, total = at + minutes, total + energy_wh
        points.append((at * minute_ms, float(total)))
    paid = cost(points, feed)
    assert (paid.amount, paid.unpriced_wh) == (amount, unpriced)
    assert paid.priced_wh + paid.unpriced_wh == total
