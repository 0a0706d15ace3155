"""The modem's clock."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given, strategies as st
import pytest

from kickwatt.cclk import unix_seconds


@given(st.datetimes(datetime(2026, 1, 2), datetime(2099, 12, 30)), st.integers(-48, 56))
def test_every_time_and_zone_is_right(moment: datetime, quarters: int) -> None:
    zone = timezone(timedelta(minutes=15 * quarters))
    local = moment.replace(microsecond=0, tzinfo=UTC).astimezone(zone)
    if not 2026 <= local.year <= 2099:
        return
    text = f'+CCLK: "{local:%y/%m/%d,%H:%M:%S}{quarters:+03d}"'
    assert unix_seconds(text) == int(local.timestamp())


@pytest.mark.parametrize(
    "answer",
    [
        '+CCLK: "04/01/01,00:00:12+00"',  # what a SIM800 says that was never told
        '+CCLK: "00/01/01,00:00:12+00"',
        '+CCLK: "26/13/01,00:00:00+00"',
        '+CCLK: "26/11/21,24:00:00+00"',
        '+CCLK: "26/11/21,08:00:00"',
        '+CCLK: "26/11/2?,08:00:00+04"',
        "+CCLK:",
        "",
    ],
)
def test_an_unset_or_garbled_clock_is_no_clock(answer: str) -> None:
    assert unix_seconds(answer) is None
