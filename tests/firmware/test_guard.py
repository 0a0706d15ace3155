"""What trips, what refuses, and what does neither."""

from typing import Any

import pytest

from kickwatt import guard
from kickwatt.config import Limits
from kickwatt.guard import Guard, names
from kickwatt.meter import Reading
from kickwatt.session import Session

GOOD = Reading(2300, 700, 900, 10, 56)
IDLE = Reading(2300, 0, 0, 10, 0)


class Bench:
    """A guard, and seconds."""

    def __init__(self, trips: int = 0) -> None:
        self.ms = 50_000
        limits = Limits(0, 115, 300, 43_200, 2_000, 3_000)
        self.guard = Guard(limits, 1_800, 2_600, trips, self.ms)
        self.session = Session()
        self.closed = False

    def close(self) -> Bench:
        self.wait(20)
        self.guard.closed(self.ms)
        self.session.closed(self.ms)
        self.closed = True
        return self

    def see(self, reading: Reading, times: int = 1) -> list[str]:
        for _ in range(times):
            self.ms += 1_000
            self.guard.reading(reading, self.closed, self.ms)
            self.guard.tick(self.session, self.closed, self.ms)
        return names(self.guard.trips)

    def wait(self, seconds: int, fresh: bool = True) -> list[str]:
        for _ in range(seconds):
            self.ms += 1_000
            if fresh:
                self.guard.reading(GOOD if self.closed else IDLE, self.closed, self.ms)
            self.guard.tick(self.session, self.closed, self.ms)
        return names(self.guard.trips)


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.mark.parametrize(
    ("reading", "times", "trip"),
    [
        (Reading(2300, 3_001, 900), 2, "over_current"),
        (Reading(2300, 3_000, 7_801), 2, "over_power"),
        (Reading(2601, 700, 900), 3, "over_voltage"),
        (Reading(1799, 700, 900), 3, "under_voltage"),
    ],
)
def test_too_much_in_a_row_trips_and_one_less_does_not(
    bench: Bench, reading: Reading, times: int, trip: str
) -> None:
    bench.close()
    assert bench.see(reading, times - 1) == []
    assert bench.see(GOOD) == []
    assert bench.see(reading, times - 1) == []
    assert trip in bench.see(reading)


@pytest.mark.parametrize(
    "reading",
    [
        Reading(2300, 3_000, 7_800),
        Reading(2600, 100, 90),
        Reading(1800, 100, 90),
    ],
)
def test_at_the_limit_itself_nothing_trips(bench: Bench, reading: Reading) -> None:
    bench.close()
    assert bench.see(reading, 100) == []


def test_overloads_while_open_are_no_overloads(bench: Bench) -> None:
    assert bench.see(Reading(2700, 0, 0), 20) == []
    assert bench.see(Reading(1500, 0, 0), 20) == []


def test_a_silent_meter_trips_after_five_seconds_when_closed(bench: Bench) -> None:
    bench.close()
    assert bench.wait(4, fresh=False) == []
    assert bench.wait(1, fresh=False) == ["sensor_lost"]


def test_a_silent_meter_only_refuses_when_open(bench: Bench) -> None:
    assert bench.guard.refusal(bench.ms) == "sensor"
    bench.wait(20)
    assert bench.guard.refusal(bench.ms) is None
    assert bench.wait(60, fresh=False) == []
    assert bench.guard.refusal(bench.ms) == "sensor"


def test_mains_at_the_bounds_are_good(bench: Bench) -> None:
    bench.wait(20)
    for voltage in (1_800, 2_600):
        bench.see(Reading(voltage, 0, 0))
        assert bench.guard.refusal(bench.ms) is None


def test_a_count_does_not_outlive_its_closing(bench: Bench) -> None:
    bench.close()
    bench.see(Reading(2300, 9_000, 900))
    bench.closed = False
    bench.guard.opened(bench.ms)
    bench.close()
    assert bench.see(Reading(2300, 9_000, 900)) == []


@pytest.mark.parametrize("voltage", [1_799, 2_601])
def test_mains_out_of_bounds_refuse(bench: Bench, voltage: int) -> None:
    bench.wait(20)
    bench.see(Reading(voltage, 0, 0))
    assert bench.guard.refusal(bench.ms) == "sensor"
    bench.see(IDLE)
    assert bench.guard.refusal(bench.ms) is None


def test_time_is_up_to_the_second(bench: Bench) -> None:
    bench.guard.limits.max_s = 3_600
    bench.close()
    assert bench.wait(3_599) == []
    assert bench.wait(1) == ["session_time"]


def test_energy_is_up_to_the_watt_hour(bench: Bench) -> None:
    bench.close()
    bench.session.spent_wh = 1_999
    assert bench.wait(2) == []
    bench.session.spent_wh = 2_000
    assert bench.wait(1) == ["session_energy"]


def test_power_through_an_open_contact_is_known_within_twenty_seconds(
    bench: Bench,
) -> None:
    bench.close().wait(30)
    bench.closed = False
    bench.guard.opened(bench.ms)
    assert bench.see(GOOD, 15) == []
    assert bench.see(GOOD) == ["welded"]


def test_a_short_closing_starts_the_search_for_a_weld_anew(bench: Bench) -> None:
    bench.see(GOOD, 14)
    bench.guard.closed(bench.ms)
    bench.guard.opened(bench.ms)
    assert bench.see(GOOD, 15) == []


def test_a_little_power_or_a_short_rest_through_an_open_contact_is_no_weld(
    bench: Bench,
) -> None:
    assert bench.see(Reading(2300, 30, 50), 100) == []
    assert bench.see(Reading(2300, 30, 51), 16) == ["welded"]
    bench = Bench()
    for _ in range(10):
        assert bench.see(GOOD, 10) == []
        bench.see(IDLE)


def test_it_stays_open_for_ten_seconds_after_opening_and_after_a_start() -> None:
    bench = Bench()
    bench.see(IDLE)
    assert bench.guard.refusal(bench.ms) == "flapping"
    bench.wait(9)
    assert bench.guard.refusal(bench.ms) is None
    bench.guard.opened(bench.ms)
    assert bench.guard.refusal(bench.ms) == "flapping"
    bench.wait(10)
    assert bench.guard.refusal(bench.ms) is None


def test_the_thirteenth_closing_within_an_hour_trips(bench: Bench) -> None:
    for _ in range(12):
        assert bench.guard.closing(bench.session, bench.ms) == 0
        bench.guard.closed(bench.ms)
        bench.ms += 200_000
    assert names(bench.guard.closing(bench.session, bench.ms)) == ["flapping"]
    assert bench.guard.refusal(bench.ms) == "trip"


def test_after_a_person_cleared_flapping_closings_count_anew(bench: Bench) -> None:
    for _ in range(12):
        bench.guard.closed(bench.ms)
    assert bench.guard.closing(bench.session, bench.ms)
    bench.guard.clear()
    assert bench.guard.closing(bench.session, bench.ms) == 0


def test_closings_of_more_than_an_hour_ago_do_not_count(bench: Bench) -> None:
    for _ in range(100):
        assert bench.guard.closing(bench.session, bench.ms) == 0
        bench.guard.closed(bench.ms)
        bench.ms += 300_000


def test_trips_stay_until_a_person_clears_them(bench: Bench) -> None:
    bench.close()
    bench.see(Reading(2300, 9_000, 900), 2)
    bench.closed = False
    bench.guard.opened(bench.ms)
    bench.wait(1_000)
    assert bench.guard.refusal(bench.ms) == "trip"
    bench.guard.clear()
    assert bench.guard.refusal(bench.ms) is None


def test_a_trip_is_told_once(bench: Bench) -> None:
    bench.close()
    bench.ms += 6_000
    assert bench.guard.tick(bench.session, True, bench.ms) == guard.SENSOR_LOST
    assert bench.guard.tick(bench.session, True, bench.ms) == 0


def test_latched_trips_come_back_after_a_start() -> None:
    bench = Bench(trips=guard.WELDED | guard.RESETS)
    bench.wait(20)
    assert bench.guard.refusal(bench.ms) == "trip"
    assert names(bench.guard.trips) == ["welded", "resets"]


def test_the_names_are_those_of_the_protocol() -> None:
    every = 0
    for name, value in vars(guard).items():
        if name.lower() in guard.TRIPS:
            every |= value
            assert names(value) == [name.lower()]
    assert names(every) == list(guard.TRIPS)


def test_only_apparent_power_is_judged_as_power(bench: Bench) -> None:
    bench.close()
    reading: Any = Reading(2300, 2_900)
    assert bench.see(reading, 10) == []
