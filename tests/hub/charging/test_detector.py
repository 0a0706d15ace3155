"""The detector: when a charge starts, when it is over, and what must not end it."""

from collections.abc import Callable, Iterable
from copy import replace
from itertools import pairwise
from math import exp, log

from hypothesis import given, settings as limits, strategies as st
import pytest

from kickwatt_hub.charging.detector import (
    INITIAL,
    DetectorSettings,
    DetectorState,
    Event,
    PhaseEntered,
    Sample,
    SessionEnded,
    SessionStarted,
    advance,
    rebuild,
    step,
)
from kickwatt_hub.charging.profile import Charge, Profile

DEFAULT = DetectorSettings()
MINUTE = 60_000
START_MS = 1_790_000_000_000
LEARNED = Profile(
    tuple(
        Charge(start_ms, 14_400.0, 330.0, 96.0, 1.2, 1.0, 1800.0)
        for start_ms in (1, 2, 3)
    )
)

type Curve = Callable[[float], float]
"""Watts over minutes."""


def samples(
    curve: Curve, until_min: float, *, every_s: float = 15, relay_on: bool | None = True
) -> list[Sample]:
    """Return the readings of a curve."""
    count = int(until_min * 60 / every_s)
    return [
        Sample(
            START_MS + round(index * every_s * 1000),
            curve(index * every_s / 60),
            relay_on,
        )
        for index in range(count)
    ]


def run(
    readings: Iterable[Sample], with_settings: DetectorSettings = DEFAULT
) -> tuple[DetectorState, list[Event]]:
    """Return the last state and all events."""
    state = INITIAL
    events: list[Event] = []
    for reading in readings:
        state, happened = step(state, reading, with_settings)
        events.extend(happened)
    return state, events


def ends(events: Iterable[Event]) -> list[SessionEnded]:
    return [event for event in events if isinstance(event, SessionEnded)]


def edges(events: Iterable[Event]) -> list[SessionStarted | SessionEnded]:
    return [event for event in events if not isinstance(event, PhaseEntered)]


def phases(events: Iterable[Event]) -> list[tuple[str, float]]:
    """Return the phases with the minute at which each began."""
    return [
        (event.phase, minute(event.at_ms))
        for event in events
        if isinstance(event, PhaseEntered)
    ]


def minute(time_ms: int) -> float:
    return (time_ms - START_MS) / MINUTE


def charge_at(
    minutes: float,
    *,
    idle_w: float = 1.0,
    tail_min: float = 25.0,
    stops_at: float = 0.05,
) -> float:
    """Idle, then from 10 min on three hours of constant current, then a tail until the brick stops."""
    if minutes < 10:
        return idle_w
    if minutes < 190:
        return idle_w + 88 + 8 * (minutes - 10) / 180
    excess = exp(-(minutes - 190) / tail_min)
    return idle_w + (96 * excess if excess > stops_at else 0.0)


def stops_min(tail_min: float = 25.0, stops_at: float = 0.05) -> float:
    """When `charge_at` is over."""
    return 190 - tail_min * log(stops_at)


def withheld(ended: SessionEnded) -> float:
    """Return the share of `charge_at`'s energy that a cut withholds."""
    at = minute(ended.decided_ms)
    if at >= stops_min():
        return 0.0
    tail_wh = 25.0 / 60 * 96 * (exp(-max(0.0, at - 190) / 25.0) - 0.05)
    return (tail_wh + max(0.0, 190 - at) / 60 * 96) / 315.0


def with_factor(
    curve: Curve, from_min: float, until_min: float, factor: float
) -> Curve:
    """Return the curve with an interruption."""
    return lambda minutes: (
        curve(minutes) * (factor if from_min <= minutes < until_min else 1.0)
    )


# --- the start ---------------------------------------------------------------------------------------------------------


def test_a_charge_starts_when_its_power_began_not_when_it_was_recognised() -> None:
    _, events = run(samples(charge_at, 30))
    (started,) = edges(events)
    assert isinstance(started, SessionStarted)
    assert minute(started.start_ms) == 10.0
    assert 11.0 <= minute(started.decided_ms) <= 12.0
    assert "Wh" in started.why
    assert started.readings[-1][1] == pytest.approx(89, abs=1)


NO_CHARGE = {
    "a standby draw": lambda minutes: 12.0,
    "an inrush": lambda minutes: 400.0 if 5 <= minutes < 5.5 else 1.0,
    "a lamp for a minute": lambda minutes: 60.0 if 5 <= minutes < 6 else 0.5,
    "just below the arming power": lambda minutes: 19.5,
    "an inrush every five minutes": lambda minutes: 200.0 if minutes % 5 < 0.3 else 1.0,
}


@pytest.mark.parametrize("name", NO_CHARGE)
def test_this_is_no_charge(name: str) -> None:
    state, events = run(samples(NO_CHARGE[name], 60))
    assert events == []
    assert state.status == "idle"
    assert state.session is None


def test_arming_adapts_to_a_learned_idle_draw() -> None:
    hungry = tuple(replace(each, idle_w=8.0) for each in LEARNED.charges)
    learned = DetectorSettings(learned=Profile(hungry))
    fan = samples(lambda minutes: 30.0, 30)
    assert run(fan)[1] != []
    assert run(fan, learned)[1] == []


# --- the end -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("every_s", [1, 5, 15, 30, 60])
@pytest.mark.parametrize("idle_w", [0.2, 1.0, 4.0, 8.0, 12.0])
def test_a_charge_is_over_within_ten_minutes_of_its_end(
    every_s: int, idle_w: float
) -> None:
    _, events = run(
        samples(lambda minutes: charge_at(minutes, idle_w=idle_w), 330, every_s=every_s)
    )
    (ended,) = ends(events)
    assert ended.reason == "full"
    assert 0 <= minute(ended.decided_ms) - stops_min() <= 10
    assert abs(minute(ended.end_ms) - stops_min()) <= 2
    assert ended.rest_w == pytest.approx(idle_w, abs=0.3)


def test_with_two_charges_learned_the_hold_is_the_owners() -> None:
    early = lambda minutes: charge_at(minutes, stops_at=0.2)  # noqa: E731
    _, events = run(samples(early, 330), DetectorSettings(learned=LEARNED))
    (ended,) = ends(events)
    assert 5 <= minute(ended.decided_ms) - stops_min(stops_at=0.2) <= 6.1


@pytest.mark.parametrize("idle_w", [6.0, 9.0, 12.0])
def test_another_charger_that_rests_higher_than_what_was_learned_ends_as_well(
    idle_w: float,
) -> None:
    """Its peak is 108 W: 12 W are neither below a tenth of that, nor near the 1 W that was learned."""
    anothers = samples(lambda minutes: charge_at(minutes, idle_w=idle_w), 330)
    (ended,) = ends(run(anothers, DetectorSettings(learned=LEARNED))[1])
    assert ended.reason == "full"
    assert 0 <= minute(ended.decided_ms) - stops_min() <= 10


# --- as the owner wants it ---------------------------------------------------------------------------------------------


def test_by_the_plain_threshold_a_charge_is_over_after_the_hold_below_it() -> None:
    settings = DetectorSettings(rule="threshold", cutoff_w=40, hold_s=600, arm_w=70)
    (ended,) = ends(run(samples(charge_at, 330), settings)[1])
    below_min = 190 + 25.0 * log(96 / 39.0)
    assert 10 <= minute(ended.decided_ms) - below_min <= 11.1
    assert (ended.reason, ended.rule) == ("full", "threshold")
    assert set(ended.numbers) == {"low_w", "low_min", "rest_w", "peak_w"}


def test_by_the_plain_threshold_a_charger_that_rests_above_it_goes_on() -> None:
    settings = DetectorSettings(rule="threshold")
    restless = samples(lambda minutes: charge_at(minutes, idle_w=12.0), 330)
    assert ends(run(restless, settings)[1]) == []


def test_a_balancing_time_runs_from_the_end_and_a_rise_starts_it_anew() -> None:
    balancing = DetectorSettings(balance_s=1800)
    (at_once,) = ends(run(samples(charge_at, 400))[1])
    (later,) = ends(run(samples(charge_at, 400), balancing)[1])
    assert later.decided_ms - at_once.decided_ms == 1_800_000
    assert (later.end_ms, later.reason) == (at_once.end_ms, "full")
    rises_min = minute(at_once.decided_ms) + 20

    def again(minutes: float) -> float:
        return 40.0 if 0 <= minutes - rises_min < 2 else charge_at(minutes)

    (anew,) = ends(run(samples(again, 400), balancing)[1])
    assert minute(anew.decided_ms) > rises_min + 2 + 30


@pytest.mark.parametrize(("balance_min", "ahead_s"), [(0, 15), (30, 15), (30, 45)])
def test_a_board_that_cuts_a_little_sooner_has_cut_a_full_charge(
    balance_min: int, ahead_s: int
) -> None:
    settings = DetectorSettings(learned=LEARNED, balance_s=balance_min * 60)
    (alone,) = ends(run(samples(charge_at, 400), settings)[1])
    cut_ms = alone.decided_ms - ahead_s * 1000
    readings = [
        replace(each, relay_on=each.time_ms < cut_ms)
        for each in samples(charge_at, 400)
    ]
    (ended,) = ends(run(readings, settings)[1])
    assert (ended.reason, ended.rule) == ("full", "learned_rest")
    assert 0 <= ended.decided_ms - cut_ms < 15_000


def test_a_relay_that_opens_in_the_tail_has_cut_nothing_full() -> None:
    readings = [
        replace(each, relay_on=minute(each.time_ms) < 245)
        for each in samples(charge_at, 400)
    ]
    (ended,) = ends(run(readings)[1])
    assert (ended.reason, ended.rule) == ("switched_off", "relay_opened")


# --- its figures -------------------------------------------------------------------------------------------------------


def test_the_energy_is_the_area_under_the_readings() -> None:
    readings = samples(charge_at, 330)
    _, events = run(readings)
    (ended,) = ends(events)
    area_wh = sum(
        (one.power_w + other.power_w) * (other.time_ms - one.time_ms) / 7.2e6
        for one, other in pairwise(readings)
        if one.power_w is not None
        and other.power_w is not None
        and ended.start_ms <= one.time_ms < ended.decided_ms
    )
    assert ended.energy_wh == pytest.approx(area_wh, rel=1e-3)
    assert ended.peak_power_w == pytest.approx(97, abs=0.1)


def test_power_that_breaks_off_is_an_unplugged_battery_not_a_full_one() -> None:
    _, events = run(
        samples(lambda minutes: charge_at(minutes) if minutes < 100 else 0.3, 130)
    )
    (ended,) = ends(events)
    assert ended.reason == "unplugged"
    assert "broke off" in ended.why
    assert minute(ended.end_ms) == pytest.approx(100, abs=0.6)


def test_after_the_end_the_phase_says_so_and_topping_up_starts_nothing() -> None:
    def topped_up(minutes: float) -> float:
        return 18.0 if minutes > 300 and minutes % 20 < 8 else charge_at(minutes)

    state, events = run(samples(topped_up, 400))
    assert len(ends(events)) == 1
    assert state.status == "full"


def test_another_charge_after_a_full_one_is_another_session() -> None:
    twice = lambda minutes: charge_at(minutes % 330)  # noqa: E731
    state, events = run(samples(twice, 660))
    assert len(ends(events)) == 2
    assert state.status == "full"


# --- phases and reasons ------------------------------------------------------------------------------------------------


def test_the_phases_of_a_charge_are_named_with_when_each_began() -> None:
    slow = lambda minutes: charge_at(minutes, stops_at=0.005)  # noqa: E731
    current, voltage, balancing = phases(run(samples(slow, 420))[1])
    assert current == ("constant_current", pytest.approx(10, abs=1))
    assert voltage == ("constant_voltage", pytest.approx(192, abs=2))
    assert balancing == ("balancing", pytest.approx(190 - 25 * log(0.13), abs=5))


@pytest.mark.parametrize("factor", [0.0, 0.5])
def test_a_dip_is_no_phase(factor: float) -> None:
    dipped = with_factor(charge_at, 100, 105, factor)
    assert [phase for phase, _ in phases(run(samples(dipped, 180))[1])] == [
        "constant_current"
    ]


def test_a_taper_with_a_late_rerise_is_told_as_what_it_was() -> None:
    tapered = with_factor(charge_at, 80, 110, 0.6)
    assert [phase for phase, _ in phases(run(samples(tapered, 185))[1])] == [
        "constant_current",
        "constant_voltage",
        "constant_current",
    ]


@pytest.mark.parametrize(
    ("curve", "learned", "rule"),
    [
        (charge_at, Profile(), "little_left"),
        (charge_at, LEARNED, "learned_rest"),
        (lambda minutes: charge_at(minutes, stops_at=0.0), Profile(), "little_left"),
    ],
)
def test_an_end_says_by_which_rule_and_what_it_compared(
    curve: Curve, learned: Profile, rule: str
) -> None:
    (ended,) = ends(run(samples(curve, 500), DetectorSettings(learned=learned))[1])
    assert ended.rule == rule
    assert ended.numbers["peak_w"] == pytest.approx(97, abs=1)
    assert ended.numbers["rest_w"] < ended.numbers["low_w"]
    assert ended.numbers["low_min"] >= 5.5
    assert ended.readings[-1][0] == ended.decided_ms - 30_000


# --- what must not end it ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("every_s", [5, 15, 30])
@pytest.mark.parametrize(
    ("name", "from_min", "lasts_min", "factor"),
    [
        ("a battery swap", 60.0, 0.5, 0.01),
        ("a dip to nothing for a minute", 100.0, 1.0, 0.0),
        ("a dip to nothing in the tail", 230.0, 1.0, 0.0),
        ("a sag by half for five minutes", 120.0, 5.0, 0.5),
        ("a sag by half in the tail", 235.0, 5.0, 0.5),
        ("a throttled quarter of an hour", 80.0, 15.0, 0.3),
    ],
)
@pytest.mark.parametrize("learned", [Profile(), LEARNED])
def test_this_does_not_end_a_charge(
    name: str,
    from_min: float,
    lasts_min: float,
    factor: float,
    every_s: int,
    learned: Profile,
) -> None:
    curve = with_factor(charge_at, from_min, from_min + lasts_min, factor)
    _, events = run(
        samples(curve, 330, every_s=every_s), DetectorSettings(learned=learned)
    )
    (ended,) = ends(events)
    assert withheld(ended) < 0.01


@limits(max_examples=150, deadline=None)
@given(
    dips=st.lists(
        st.tuples(
            st.floats(12, 255),
            st.one_of(
                st.tuples(st.floats(0.05, 1.0), st.just(0.0)),
                st.tuples(st.floats(0.5, 5.0), st.floats(0.5, 0.9)),
            ),
        ),
        max_size=3,
    ),
    every_s=st.sampled_from([5, 10, 15, 30]),
    idle_w=st.sampled_from([0.2, 1.0, 5.0]),
)
def test_no_dip_ends_a_charge(
    dips: list[tuple[float, tuple[float, float]]], every_s: int, idle_w: float
) -> None:
    curve: Curve = lambda minutes: charge_at(minutes, idle_w=idle_w)  # noqa: E731
    apart_from = -100.0
    for from_min, (lasts_min, factor) in sorted(dips):
        if from_min < apart_from:
            continue
        apart_from = from_min + lasts_min + 10
        curve = with_factor(curve, from_min, from_min + lasts_min, factor)
    _, events = run(samples(curve, 330, every_s=every_s))
    first = ends(events)[0]
    assert withheld(first) < 0.01
    assert minute(first.decided_ms) <= stops_min() + 15


def test_a_slow_cold_tail_is_waited_for() -> None:
    slow = lambda minutes: charge_at(minutes, tail_min=55, stops_at=0.02)  # noqa: E731
    _, events = run(samples(slow, 520))
    (ended,) = ends(events)
    left = exp(-(minute(ended.decided_ms) - 190) / 55) * 55 * 96 / 60
    assert left / ended.energy_wh < 0.01


def test_a_brick_that_never_stops_ends_when_hardly_anything_is_left() -> None:
    _, events = run(
        samples(lambda minutes: charge_at(minutes, idle_w=2.0, stops_at=0.0), 600)
    )
    (ended,) = ends(events)
    left = exp(-(minute(ended.decided_ms) - 190) / 25) * 25 * 96 / 60
    assert left / ended.energy_wh < 0.01
    assert minute(ended.decided_ms) < 190 + 25 * 5


def test_a_charger_that_blinks_at_rest_still_ends() -> None:
    def blinking(minutes: float) -> float:
        power_w = charge_at(minutes)
        return power_w + 4.0 if minutes > 270 and minutes % 3 < 0.3 else power_w

    (ended,) = ends(run(samples(blinking, 330))[1])
    assert minute(ended.decided_ms) - stops_min() <= 11


# --- silence -----------------------------------------------------------------------------------------------------------


def test_a_silence_of_half_an_hour_neither_ends_a_charge_nor_loses_energy() -> None:
    readings = samples(charge_at, 330)
    silent = [each for each in readings if not 80 < minute(each.time_ms) < 110]
    (whole,), (holed,) = ends(run(readings)[1]), ends(run(silent)[1])
    assert holed.decided_ms == whole.decided_ms
    assert holed.energy_wh == pytest.approx(whole.energy_wh, rel=0.005)


def test_a_silence_that_began_in_a_dip_is_not_taken_for_rest() -> None:
    dipped = with_factor(charge_at, 80, 80.5, 0.0)
    readings = [
        each for each in samples(dipped, 330) if not 80.3 < minute(each.time_ms) < 110
    ]
    (ended,) = ends(run(readings)[1])
    assert minute(ended.decided_ms) >= stops_min()


def test_the_end_may_lie_in_a_silence() -> None:
    readings = [
        each for each in samples(charge_at, 330) if not 240 < minute(each.time_ms) < 300
    ]
    (ended,) = ends(run(readings)[1])
    assert ended.reason == "full"
    assert minute(ended.decided_ms) <= 310


def on_change(readings: list[Sample], threshold_w: float = 0.5) -> list[Sample]:
    """Return what a source reports that speaks only when something changed."""
    kept = readings[:1]
    for each in readings:
        assert each.power_w is not None and kept[-1].power_w is not None
        if abs(each.power_w - kept[-1].power_w) >= threshold_w:
            kept.append(each)
    return kept


QUIET = DetectorSettings(unchanged_s=1800)


def test_a_source_that_reports_only_on_change_ends_by_its_silence() -> None:
    state, events = run(on_change(samples(charge_at, 330)), QUIET)
    assert ends(events) == []
    state, happened = advance(state, START_MS + 330 * MINUTE, QUIET)
    (ended,) = ends(happened)
    assert ended.reason == "full"
    assert 0 <= minute(ended.decided_ms) - stops_min() <= 10
    assert state.status == "full"
    assert advance(state, START_MS + 340 * MINUTE, QUIET) == (state, ())


def test_waiting_for_a_source_that_is_polled_ends_nothing() -> None:
    readings = samples(charge_at, stops_min() + 1)
    state, _ = run(readings)
    assert advance(state, START_MS + 600 * MINUTE, DEFAULT)[1] == ()


@limits(max_examples=60, deadline=None)
@given(ticks=st.lists(st.floats(0, 330), max_size=40), polled=st.booleans())
def test_how_often_the_time_is_told_makes_no_difference(
    ticks: list[float], polled: bool
) -> None:
    readings = samples(charge_at, 330) if polled else on_change(samples(charge_at, 330))
    chosen = DEFAULT if polled else QUIET
    moments: list[tuple[float, Sample | None]] = [
        (minute(each.time_ms), each) for each in readings
    ]
    moments += [(at, None) for at in ticks]
    state = INITIAL
    events: list[Event] = []
    for at, reading in sorted(moments, key=lambda moment: moment[0]):
        state, happened = (
            advance(state, START_MS + round(at * MINUTE), chosen)
            if reading is None
            else step(state, reading, chosen)
        )
        events.extend(happened)
    finish = START_MS + 400 * MINUTE
    quiet_state, quiet_events = run(readings, chosen)
    assert events + list(advance(state, finish, chosen)[1]) == quiet_events + list(
        advance(quiet_state, finish, chosen)[1]
    )


# --- the relay ---------------------------------------------------------------------------------------------------------


def test_a_relay_that_opens_ends_the_session_at_that_time() -> None:
    readings = samples(charge_at, 100)
    off = Sample(START_MS + 100 * MINUTE, 0.0, False)
    state, events = run([*readings, off])
    (ended,) = ends(events)
    assert ended.reason == "switched_off"
    assert ended.end_ms == ended.decided_ms == off.time_ms
    assert state.status == "off"
    state, _ = step(state, Sample(off.time_ms + MINUTE, 0.0, True), DEFAULT)
    assert state.status == "idle"


def test_a_relay_found_open_after_a_silence_lost_its_power_when_it_was_last_heard() -> (
    None
):
    readings = samples(charge_at, 100)
    off = Sample(START_MS + 130 * MINUTE, 0.0, False)
    (ended,) = ends(run([*readings, off])[1])
    assert ended.reason == "power_lost"
    assert ended.end_ms == readings[-1].time_ms


def test_after_most_of_a_day_of_silence_it_is_another_charge() -> None:
    readings = samples(charge_at, 100)
    later = [
        replace(each, time_ms=each.time_ms + 20 * 60 * MINUTE) for each in readings[41:]
    ]
    _, events = run([*readings, *later])
    assert [event.reason for event in ends(events)] == ["power_lost"]
    assert len(edges(events)) == 3


def test_a_message_without_power_changes_nothing_but_the_relay() -> None:
    readings = samples(charge_at, 100)
    state, _ = run(readings)
    at = readings[-1].time_ms + 1000
    assert step(state, Sample(at, None), DEFAULT) == (state, ())
    off, events = step(state, Sample(at, None, False), DEFAULT)
    assert off.status == "off"
    assert [event.reason for event in ends(events)] == ["switched_off"]


# --- energy ------------------------------------------------------------------------------------------------------------


def counted(readings: list[Sample], resets_at_min: float = 1e9) -> list[Sample]:
    """Return the readings with a lifetime counter in whole watt-hours."""
    total, result = 5000.0, []
    for before, each in zip([readings[0], *readings], readings, strict=False):
        assert before.power_w is not None
        total += before.power_w * (each.time_ms - before.time_ms) / 3.6e6
        shown = total if minute(each.time_ms) < resets_at_min else total - 5000.0
        result.append(replace(each, energy_wh=float(int(shown))))
    return result


@pytest.mark.parametrize("resets_at_min", [1e9, 120.0])
def test_the_counter_is_the_truth_and_its_restart_is_no_energy(
    resets_at_min: float,
) -> None:
    readings = samples(charge_at, 330)
    (plain,) = ends(run(readings)[1])
    (by_counter,) = ends(run(counted(readings, resets_at_min))[1])
    assert by_counter.energy_wh == pytest.approx(plain.energy_wh, abs=2.0)


def test_a_counter_bridges_a_silence_exactly() -> None:
    readings = counted(samples(charge_at, 330))
    silent = [each for each in readings if not 80 < minute(each.time_ms) < 170]
    (whole,), (holed,) = ends(run(readings)[1]), ends(run(silent)[1])
    assert holed.energy_wh == pytest.approx(whole.energy_wh, abs=0.01)


# --- order, and restarts -----------------------------------------------------------------------------------------------


@limits(max_examples=25, deadline=None)
@given(order=st.randoms(use_true_random=False), repeated=st.integers(0, 40))
def test_any_order_of_delivery_gives_the_same_state_bit_for_bit(
    order: object, repeated: int
) -> None:
    from random import Random

    assert isinstance(order, Random)
    readings = counted(samples(charge_at, 300, every_s=30))
    delivered = readings + readings[:repeated]
    order.shuffle(delivered)
    assert rebuild(delivered, DEFAULT) == rebuild(readings, DEFAULT)


@pytest.mark.parametrize("cut", [1, 50, 400, 1000, 1110])
def test_a_restart_in_between_makes_no_difference(cut: int) -> None:
    readings = samples(charge_at, 330)
    state, first = rebuild(readings[:cut], DEFAULT)
    state, second = rebuild(readings[cut:], DEFAULT, state)
    assert (state, first + second) == rebuild(readings, DEFAULT)


def test_what_is_not_newer_is_ignored() -> None:
    state, _ = run(samples(charge_at, 100))
    assert state.time_ms is not None
    assert step(state, Sample(state.time_ms, 3.0), DEFAULT) == (state, ())


@limits(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 4_000_000),
            st.one_of(st.none(), st.floats(-5, 4000, allow_nan=False)),
            st.sampled_from([True, True, False, None]),
            st.one_of(st.none(), st.floats(0, 1e6)),
        ),
        max_size=60,
    )
)
def test_whatever_comes_events_alternate_and_stay_in_order(
    readings: list[tuple[int, float | None, bool | None, float | None]],
) -> None:
    at, stream = START_MS, []
    for gap_ms, power_w, relay_on, energy_wh in readings:
        at += gap_ms
        stream.append(Sample(at, power_w, relay_on, energy_wh))
    state, events = run(stream)
    events = list(edges(events))
    for index, event in enumerate(events):
        assert isinstance(event, SessionStarted if index % 2 == 0 else SessionEnded)
    for ended in ends(events):
        assert ended.start_ms <= ended.end_ms <= ended.decided_ms
        assert ended.energy_wh >= 0
    assert (state.session is not None) == (len(events) % 2 == 1)
    assert (state.status == "charging") == (state.session is not None)


@pytest.mark.parametrize("minutes", [1.5, 1.75, 2.5, 7.0])
def test_a_charge_that_breaks_off_in_its_first_minutes_ends(minutes: float) -> None:
    """It has no peak yet to be low against, but it has drawn what arms."""
    _, events = run(
        samples(lambda at: 90.0 if 10 <= at < 10 + minutes else 4.0, 70), DEFAULT
    )
    (ended,) = ends(events)
    assert minute(ended.end_ms) < 10 + minutes + 35
