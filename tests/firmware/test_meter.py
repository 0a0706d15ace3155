"""Readings, and which of them cannot be."""

import pytest

from kickwatt.meter import Reading, implausible


def test_without_real_power_the_load_is_the_apparent_power() -> None:
    assert Reading(2330, 1239).load_dw == 2886  # 289 VA
    assert Reading(2330, 1239, 1650).load_dw == 1650


@pytest.mark.parametrize(
    "reading",
    [
        Reading(2257, 108, 244, 38, 100),
        Reading(2358, 86, 98, 1, 48),
        Reading(2300, 0, 0, 0, 0),
        Reading(2300, 9, 12, 0, 0),  # near the start current
        Reading(800, 100_000, 80_000),
        Reading(2330, 1239),
    ],
)
def test_what_real_meters_say_is_plausible(reading: Reading) -> None:
    assert implausible(reading) is None


@pytest.mark.parametrize(
    ("reading", "says"),
    [
        (Reading(0, 0, 0, 0, 0), "0 dV"),
        (Reading(3001, 0), "3001 dV"),
        (Reading(2300, 100_001), "100001 mA"),
        (Reading(2300, 100, 500), "500 dW from 230 dVA"),
        (Reading(2300, 100, 200, 5, 101), "power factor 101"),
    ],
)
def test_what_cannot_be_is_named(reading: Reading, says: str) -> None:
    assert implausible(reading) == says
