"""The physics, against what a wall socket sees of an 84 W charger."""

from itertools import pairwise
from math import exp

from hypothesis import given, strategies as st
import pytest

from kickwatt_sim.parts.battery import Battery
from kickwatt_sim.parts.charger import Charger, Look
from kickwatt_sim.world import SECOND

HOUR = 3600 * SECOND


class Bench:
    """A charger and its clock."""

    def __init__(self) -> None:
        self.now_ns = 0
        self.charger = Charger(lambda: self.now_ns)

    def look(self, at_ns: int) -> Look:
        self.now_ns = at_ns
        return self.charger.look()

    def power(self, on: bool, at_ns: int) -> None:
        self.now_ns = at_ns
        self.charger.power(on)


def plugged(charge: float) -> Bench:
    bench = Bench()
    bench.charger.plug_in(Battery(charge=charge))
    bench.charger.power(True)
    return bench


def test_it_draws_nothing_while_the_relay_is_open() -> None:
    charger = Bench()
    charger.charger.plug_in(Battery(charge=0.5))
    assert charger.look(HOUR) == Look(0.5, False, 0.0, 0.0)


def test_alone_it_draws_its_idle_power() -> None:
    charger = Bench()
    charger.power(True, 0)
    assert charger.look(HOUR) == Look(None, False, 0.4, 0.4)


def test_constant_current_ends_near_95_w_after_rising_by_more_than_a_tenth() -> None:
    charger = plugged(0.45)
    powers = [charger.look(minute * HOUR // 60).power_w for minute in range(120)]
    assert powers == sorted(powers)
    peak_w = charger.look(int(2.04 * HOUR)).power_w
    assert peak_w == pytest.approx(95.0, abs=0.5)
    assert peak_w / powers[0] > 1.1


def test_the_tail_falls_exponentially_to_2_w_and_then_to_idle() -> None:
    charger = plugged(0.85)
    tau_h = 10.2 * 0.15 / 2.0
    for hours in (0.5, 1.0, 2.0):
        expected_w = 1.5 + 84 / 0.898 * exp(-hours / tau_h)
        assert charger.look(int(hours * HOUR)).power_w == pytest.approx(
            expected_w, rel=1e-6
        )
    powers = [
        charger.look(2 * HOUR + minute * HOUR // 60).power_w for minute in range(180)
    ]
    before_end = [power for power in powers if power > 1.5001]
    assert before_end[-1] == pytest.approx(2.06, abs=0.03)
    assert powers[-1] == pytest.approx(1.5)
    assert charger.look(5 * HOUR).full


def test_a_full_charge_takes_what_the_battery_holds() -> None:
    look = plugged(0.0).look(24 * HOUR)
    assert look.charge is not None
    assert look.charge > 0.99
    assert 350 < (look.wall_wh - 24 * 1.5) * 0.898 < 400


@pytest.mark.parametrize(
    ("power_w", "factor", "tolerance"),
    [(95, 0.55, 0.001), (9.8, 0.48, 0.05), (1.5, 0.38, 0.05)],
)
def test_the_power_factor_falls_with_the_load(
    power_w: float, factor: float, tolerance: float
) -> None:
    assert Charger.power_factor(power_w) == pytest.approx(factor, abs=tolerance)


def test_unplugging_stops_the_charge_and_leaves_the_charge() -> None:
    charger = plugged(0.5)
    charger.now_ns = HOUR
    battery = charger.charger.unplug()
    assert battery is not None
    assert battery.charge == pytest.approx(0.5 + 2 / 10.2)
    assert charger.look(2 * HOUR).power_w == pytest.approx(0.4)


def test_power_that_comes_back_tops_up_once_more() -> None:
    charger = plugged(0.99)
    assert charger.look(12 * HOUR).full
    charger.power(False, 12 * HOUR)
    charger.power(True, 13 * HOUR)
    assert not charger.look(13 * HOUR).full
    assert charger.look(25 * HOUR).full


@given(
    charge=st.floats(0, 1),
    steps=st.lists(st.integers(1, 4 * HOUR), min_size=1, max_size=12),
)
def test_changes_that_change_nothing_change_nothing(
    charge: float, steps: list[int]
) -> None:
    """The closed form goes on where it stood: switching on what is on leaves the course as it is."""
    often, once = plugged(charge), plugged(charge)
    now = 0
    for step in steps:
        now += step
        often.power(True, now)
    seen, expected = often.look(now), once.look(now)
    assert seen.charge == pytest.approx(expected.charge, abs=1e-9)
    assert seen.wall_wh == pytest.approx(expected.wall_wh, abs=1e-6)
    assert seen.power_w == pytest.approx(expected.power_w, abs=0.02)
    assert expected.charge is not None
    assert 0 <= expected.charge <= 1


@given(
    charge=st.floats(0, 0.999),
    hours=st.lists(st.floats(0, 30), min_size=2, max_size=10),
)
def test_charge_and_energy_never_fall(charge: float, hours: list[float]) -> None:
    charger = plugged(charge)
    looks = [charger.look(int(hour * HOUR)) for hour in sorted(hours)]
    for earlier, later in pairwise(looks):
        assert earlier.charge is not None
        assert later.charge is not None
        assert later.charge >= earlier.charge
        assert later.wall_wh >= earlier.wall_wh


def test_looking_changes_nothing() -> None:
    watched, alone = plugged(0.4), plugged(0.4)
    for minute in range(600):
        watched.look(minute * HOUR // 60)
    assert watched.look(11 * HOUR) == alone.look(11 * HOUR)
