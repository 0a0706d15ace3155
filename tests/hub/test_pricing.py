"""What the owner says of prices, as prices that can be asked for."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import given, settings as limits, strategies as st
import msgspec
import pytest

from kickwatt_hub.charging.cost import Fixed, Price
from kickwatt_hub.pricing import (
    UNPRICED,
    BandPrice,
    Definition,
    FixedPrice,
    NoPrice,
    PriceFeed,
    Season,
    Succession,
    TimeOfUseTable,
    find_zone,
    own_zone,
    tariff_of,
)

UTC = ZoneInfo("UTC")


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def price_at(definition: Definition, text: str, zone: ZoneInfo = UTC) -> Decimal | None:
    (found,) = tariff_of(definition, zone, ()).prices(at(text), at(text) + 1)
    return found.per_kwh


def test_one_tariff_follows_the_other_and_before_the_first_there_is_none() -> None:
    cheap, dear = Fixed(Decimal(1)), Fixed(Decimal(2))
    found = Succession(((100, cheap), (200, dear))).prices(50, 300)
    assert found == (
        Price(50, 100, None),
        Price(100, 200, Decimal(1)),
        Price(200, 300, Decimal(2)),
    )
    assert UNPRICED.prices(0, 9) == (Price(0, 9, None),)


@limits(max_examples=100, deadline=None)
@given(
    changes=st.lists(st.integers(0, 1000), unique=True, max_size=6).map(sorted),
    start=st.integers(0, 1000),
    length=st.integers(1, 500),
)
def test_a_succession_has_neither_gap_nor_overlap(
    changes: list[int], start: int, length: int
) -> None:
    tariff = Succession(tuple((each, Fixed(Decimal(each))) for each in changes))
    at_ms = start
    for price in tariff.prices(start, start + length):
        assert price.start_ms == at_ms < price.end_ms
        held = [each for each in changes if each <= at_ms]
        assert price.per_kwh == (Decimal(held[-1]) if held else None)
        at_ms = price.end_ms
    assert at_ms == start + length


def test_a_season_begins_at_its_midnight_on_the_wall_clock() -> None:
    table = TimeOfUseTable(
        currency="EUR",
        zone="Europe/Warsaw",
        otherwise=9.0,
        seasons=[
            Season("04-01", [BandPrice("22:00", "06:00", 0.1)], 0.2),
            Season("10-01", [], 0.4),
        ],
    )
    assert price_at(table, "2026-03-31T21:59:59+00:00") == Decimal("0.4")
    assert price_at(table, "2026-03-31T22:00:00+00:00") == Decimal("0.1")
    assert price_at(table, "2026-07-01T12:00:00+02:00") == Decimal("0.2")
    assert price_at(table, "2026-12-24T23:00:00+01:00") == Decimal("0.4")
    assert price_at(table, "2027-01-01T03:00:00+01:00") == Decimal("0.4")


@pytest.mark.parametrize(
    ("text", "days", "price"),
    [
        ("2026-11-20T12:00:00+00:00", "weekday", "0.1"),
        ("2026-11-21T12:00:00+00:00", "weekday", "0.3"),
        ("2026-11-21T12:00:00+00:00", "weekend", "0.1"),
        ("2026-11-21T12:00:00+00:00", "every", "0.1"),
    ],
)
def test_bands_hold_on_their_days(text: str, days: str, price: str) -> None:
    band = msgspec.convert(
        {"start": "08:00", "end": "20:00", "per_kwh": 0.1, "days": days}, BandPrice
    )
    table = TimeOfUseTable(currency="EUR", bands=[band], otherwise=0.3)
    assert price_at(table, text) == Decimal(price)


def test_a_number_is_the_decimal_that_was_written() -> None:
    assert price_at(
        FixedPrice(currency="EUR", per_kwh=0.1), "2026-01-01T00:00:00Z"
    ) == (Decimal("0.1"))
    assert price_at(NoPrice(), "2026-01-01T00:00:00Z") is None


def test_a_feed_knows_what_it_was_told() -> None:
    known = (Price(0, 10, Decimal(3)),)
    found = tariff_of(PriceFeed(currency="SEK"), UTC, known).prices(5, 15)
    assert found == (Price(5, 10, Decimal(3)), Price(10, 15, None))


def test_the_zone_is_that_of_the_machine_unless_the_environment_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "Europe/Warsaw")
    assert own_zone().key == "Europe/Warsaw"
    monkeypatch.setenv("TZ", "no such place")
    assert find_zone(own_zone().key) is not None
    for name in ("Mars/Olympus", "../../etc/passwd", "", "Europe"):
        assert find_zone(name) is None
