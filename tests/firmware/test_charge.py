"""The end of a charge, where the owner chose the plain threshold, and what both rules have in common."""

from collections.abc import Iterable

from hypothesis import given, strategies as st
import pytest

from kickwatt.charge import Charge
from kickwatt.config import Limits
from kickwatt.learned import Learned

FULL_W = 900  # deciwatts of a usual charger


class Plug:
    """Feeds a charge one reading a second, and notes when it ended."""

    def __init__(
        self, cutoff_dw: int = 115, hold_s: int = 300, armed: bool = False
    ) -> None:
        limits = Limits(0, cutoff_dw, hold_s, 43_200, 2_000, 3_000, "threshold")
        self.charge = Charge(limits, Learned())
        self.charge.begin(FULL_W if armed else 0)
        self.second = 0
        self.energy_dws = 0
        self.ended: int | None = None

    def draw(self, power_dw: int, seconds: int) -> Plug:
        for _ in range(seconds):
            self.second += 1
            self.energy_dws += power_dw
            if self.charge.reading(
                power_dw, self.energy_dws // 36_000, self.second * 1000
            ):
                if self.ended is None:
                    self.ended = self.second
        return self

    def silence(self, seconds: int) -> Plug:
        self.second += seconds
        return self


def test_a_charge_ends_when_the_power_stays_low_for_the_hold() -> None:
    plug = Plug().draw(FULL_W, 600)
    assert plug.charge.armed and plug.charge.charging
    plug.draw(20, 400)
    assert plug.ended is not None
    assert 900 <= plug.ended <= 906


@pytest.mark.parametrize("low", [0, 5, 20, 114])
@pytest.mark.parametrize("hold_s", [10, 60, 300, 3_600])
def test_the_hold_is_kept_to_the_second(low: int, hold_s: int) -> None:
    plug = Plug(hold_s=hold_s).draw(FULL_W, 600).draw(low, hold_s + 10)
    assert plug.ended is not None
    assert hold_s <= plug.ended - 600 <= hold_s + 4


def test_at_the_threshold_itself_it_goes_on() -> None:
    plug = Plug().draw(FULL_W, 600).draw(115, 5_000)
    assert plug.ended is None and plug.charge.charging


@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(0, 20), st.integers(65, 500)),
        max_size=8,
    )
)
def test_dips_to_nothing_of_a_minute_never_end_a_charge(
    dips: list[tuple[int, int, int]],
) -> None:
    plug = Plug().draw(FULL_W, 300)
    for seconds, power, between in dips:
        plug.draw(power, seconds).draw(FULL_W, between)
    assert plug.ended is None


def test_dips_to_half_power_of_five_minutes_never_end_a_charge() -> None:
    plug = Plug().draw(FULL_W, 300)
    for _ in range(10):
        plug.draw(FULL_W // 2, 300).draw(FULL_W, 60)
    assert plug.ended is None


def test_a_late_rise_starts_the_hold_anew() -> None:
    plug = Plug().draw(FULL_W, 600).draw(50, 250).draw(300, 30).draw(50, 290)
    assert plug.ended is None
    plug.draw(50, 20)
    assert plug.ended is not None


@given(st.lists(st.integers(0, 3_000), max_size=400))
def test_one_odd_reading_within_a_hold_does_not_prolong_it(odd: list[int]) -> None:
    plug = Plug().draw(FULL_W, 600)
    for power in odd:
        plug.draw(power, 1).draw(10, 9)
        if plug.ended:
            break
    plug.draw(10, 310)
    assert plug.ended is not None
    assert plug.ended <= 600 + 310


@pytest.mark.parametrize(
    "readings",
    [
        [(0, 50_000)],  # nothing plugged in
        [(20, 50_000)],  # a charger that idles
        [(FULL_W, 50), (5, 50_000)],  # inrush, or a cable that was pulled
        [(199, 50_000)],  # below the start, whatever it is
        [(150, 30), (0, 100), (110, 3_000)],
    ],
)
def test_without_a_real_charge_nothing_ends(readings: list[tuple[int, int]]) -> None:
    plug = Plug()
    for power, seconds in readings:
        plug.draw(power, seconds)
    assert plug.ended is None and not plug.charge.armed


def test_a_minute_without_two_watt_hours_is_not_a_charge() -> None:
    plug = Plug(cutoff_dw=20).draw(40, 120)  # 4 W: 0.13 Wh
    assert plug.charge.charging and not plug.charge.armed
    plug.draw(40, 2_000)
    assert plug.charge.armed


def test_after_an_interruption_an_armed_charge_ends_in_its_tail() -> None:
    plug = Plug(armed=True).draw(60, 310)
    assert plug.ended is not None


def test_silence_is_no_low_power() -> None:
    plug = Plug().draw(FULL_W, 600).draw(20, 200).silence(500).draw(20, 200)
    assert plug.ended is None
    plug.draw(20, 110)
    assert plug.ended is not None


def test_a_pause_forgets_the_hold() -> None:
    plug = Plug().draw(FULL_W, 600).draw(20, 290)
    plug.charge.pause()
    assert not plug.charge.charging and plug.charge.armed
    plug.draw(20, 290)
    assert plug.ended is None


def states(powers: Iterable[int]) -> list[bool]:
    plug = Plug()
    return [plug.draw(power, 10).charge.charging for power in powers]


def test_it_is_charging_between_start_and_end_only() -> None:
    assert states([0, 20, FULL_W, FULL_W, 0, FULL_W]) == [
        False,
        False,
        True,
        True,
        False,
        True,
    ]


def test_the_start_is_twenty_watts_at_the_usual_threshold() -> None:
    assert Plug().charge.start_dw == 201


def test_a_pause_forgets_what_led_to_arming() -> None:
    plug = Plug().draw(9_000, 60)
    plug.charge.pause()
    plug.draw(9_000, 60)
    assert not plug.charge.armed
    plug.draw(9_000, 10)
    assert plug.charge.armed


def test_arming_takes_a_minute_and_two_watt_hours_and_not_more() -> None:
    plug = Plug().draw(9_000, 64)
    assert not plug.charge.armed
    assert plug.draw(9_000, 1).charge.armed
    plug = Plug().draw(900, 79)
    assert not plug.charge.armed
    assert plug.draw(900, 1).charge.armed


def test_after_a_pause_five_readings_are_needed_again() -> None:
    plug = Plug().draw(FULL_W, 600)
    plug.charge.pause()
    assert not plug.draw(FULL_W, 4).charge.charging
    assert plug.draw(FULL_W, 1).charge.charging


def test_an_armed_charge_in_its_tail_is_charging() -> None:
    assert Plug(armed=True).draw(60, 10).charge.charging


def test_a_gap_of_five_seconds_is_none_and_a_longer_one_is() -> None:
    plug = Plug(hold_s=60).draw(FULL_W, 600).draw(20, 50)
    plug.silence(4).draw(20, 20)
    assert plug.ended is not None
    plug = Plug(hold_s=60).draw(FULL_W, 600).draw(20, 50)
    plug.silence(5).draw(20, 20)
    assert plug.ended is None


def test_a_new_session_is_not_armed() -> None:
    plug = Plug().draw(FULL_W, 600)
    plug.charge.begin(0)
    assert not plug.charge.armed and not plug.charge.charging
    plug.draw(20, 400)
    assert plug.ended is None
