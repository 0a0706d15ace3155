"""What a charger does by itself, step by step."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import given, settings as limits, strategies as st
import pytest

from kickwatt_hub.charging.mode import (
    Ended,
    Mode,
    ModeSettings,
    Planned,
    Progress,
    Situation,
    Step,
)
from kickwatt_hub.charging.modes import (
    advance,
    begin,
    change,
    charge_once,
    next_ready_ms,
    person_off,
    person_on,
    power_ends_ms,
    wish,
)

WARSAW = ZoneInfo("Europe/Warsaw")
MIN = 60_000
HOUR = 60 * MIN
T0 = round(datetime(2026, 11, 21, 18, tzinfo=UTC).timestamp() * 1000)
ENDED_MS = T0 + HOUR
NOW = Situation(T0, energy_wh=1000.0, power_w=0.0, relay_on=False, why="boot")
MANUAL = ModeSettings()
FULL = ModeSettings(mode=Mode.until_full)
TARGET = ModeSettings(mode=Mode.to_target, target_wh=200.0)
READY = ModeSettings(mode=Mode.ready_by, ready_by="07:00")
HOURS = ModeSettings(mode=Mode.cheapest_hours, ready_by="07:00", hours=2)


def later(now: Situation, ms: int, **changes: object) -> Situation:
    return replace(now, now_ms=now.now_ms + ms, **changes)  # type: ignore[arg-type]


def ordered(progress: Progress, now: Situation) -> tuple[Progress, Situation]:
    """The hub has given the order that the wish means, and the board has obeyed."""
    order = now.order + 1
    on = bool(wish(progress).on)
    now = replace(now, order=order, order_on=on, allowed=on, relay_on=on, why="order")
    return replace(progress, order=order, asked=on), now


def plan(*runs: tuple[float, float]) -> Planned:
    """Runs in hours after T0."""
    return Planned(
        tuple((round(T0 + a * HOUR), round(T0 + b * HOUR)) for a, b in runs),
        300.0,
        0.1,
        0.2,
        "EUR",
        in_time=True,
        learned=True,
    )


def charging(settings: ModeSettings) -> tuple[Progress, Situation]:
    return ordered(begin(settings, NOW, WARSAW), NOW)


# --- without a time --------------------------------------------------------------------------------------------------------


def test_manual_wishes_nothing() -> None:
    progress = begin(MANUAL, NOW, WARSAW)
    assert wish(progress).on is None
    for on in (True, False):
        act = person_on if on else person_off
        assert act(progress, MANUAL, NOW).step is Step.resting
    assert advance(progress, MANUAL, later(NOW, HOUR), WARSAW) is progress


@pytest.mark.parametrize("settings", [FULL, TARGET])
def test_modes_without_a_time_begin_at_once(settings: ModeSettings) -> None:
    progress = begin(settings, NOW, WARSAW)
    assert (progress.step, wish(progress).on) == (Step.charging, True)


@pytest.mark.parametrize(
    ("reason", "step", "why"),
    [
        ("full", Step.done, "full"),
        ("cut_off", Step.done, "full"),
        ("unplugged", Step.done, "unplugged"),
        ("trip", Step.locked, "trip"),
        ("switched_off", Step.charging, "until_full"),
        ("power_lost", Step.charging, "until_full"),
    ],
)
def test_a_session_that_ends_ends_the_charge(reason: str, step: Step, why: str) -> None:
    """A lost lease, and a mains failure, do not: nobody decided against it."""
    progress, now = charging(FULL)
    progress = advance(
        progress, FULL, later(now, HOUR, ended=Ended(4, ENDED_MS, reason, 90.0)), WARSAW
    )
    assert (progress.step, progress.why) == (step, why)
    assert wish(progress).on is (step is Step.charging)


def test_a_session_of_before_does_not_end_it() -> None:
    before = replace(NOW, ended=Ended(3, ENDED_MS, "full", 90.0))
    progress, now = ordered(begin(FULL, before, WARSAW), before)
    assert advance(progress, FULL, later(now, HOUR), WARSAW).step is Step.charging


def test_a_session_of_long_ago_that_was_corrected_now_does_not_end_it() -> None:
    progress, now = charging(FULL)
    corrected = Ended(9, T0 - HOUR, "full", 90.0)
    assert advance(progress, FULL, replace(now, ended=corrected), WARSAW) is progress


@pytest.mark.parametrize(
    ("why", "step"),
    [
        ("cut_off", Step.done),
        ("idle", Step.done),
        ("trip", Step.locked),
        ("button", Step.held),
        ("lease", Step.charging),
        ("boot", Step.charging),
    ],
)
def test_what_the_board_ends_stays_ended(why: str, step: Step) -> None:
    progress, now = charging(FULL)
    allowed = why in ("lease", "boot")  # the same order may close it again
    said = later(now, MIN, relay_on=False, why=why, allowed=allowed)
    progress = advance(progress, FULL, said, WARSAW)
    assert progress.step is step
    assert advance(progress, FULL, later(said, 90 * 24 * HOUR), WARSAW) is progress


def test_a_press_of_yesterday_is_not_one_of_today() -> None:
    """The board still says why it opened then."""
    pressed = replace(NOW, why="button")
    progress = begin(FULL, pressed, WARSAW)
    assert advance(progress, FULL, later(pressed, 1000), WARSAW) is progress


def test_a_target_counts_from_where_the_charge_began() -> None:
    running = replace(NOW, session_wh=150.0, allowed=True, relay_on=True)
    progress = begin(TARGET, running, WARSAW)
    assert progress.from_wh == 850.0
    assert progress.asked
    now = later(running, HOUR, energy_wh=1049.9)
    assert advance(progress, TARGET, now, WARSAW) is progress
    now = replace(now, energy_wh=1050.0)
    done = advance(progress, TARGET, now, WARSAW)
    assert (done.step, done.why) == (Step.done, "target")


def test_a_share_is_one_of_what_a_full_charge_takes() -> None:
    share = ModeSettings(mode=Mode.to_target, target_percent=80)
    progress, now = charging(share)
    now = later(now, HOUR, energy_wh=1399.0, full_wh=500.0)
    assert advance(progress, share, now, WARSAW) is progress
    now = replace(now, energy_wh=1400.0)
    assert advance(progress, share, now, WARSAW).why == "target"
    unknown = replace(now, full_wh=None)
    assert advance(progress, share, unknown, WARSAW).why == "target_unknown"


def test_without_energy_nothing_could_stop_at_a_target() -> None:
    progress, now = charging(TARGET)
    assert (
        advance(progress, TARGET, replace(now, energy_wh=None), WARSAW).step
        is Step.done
    )


# --- people ----------------------------------------------------------------------------------------------------------------


def test_off_holds_until_somebody_switches_on() -> None:
    progress, now = charging(FULL)
    now = later(now, MIN, order=9, order_on=False, allowed=False)
    progress = advance(progress, FULL, now, WARSAW)
    assert (progress.step, progress.why, wish(progress).on) == (
        Step.held,
        "person",
        False,
    )
    now = later(now, 30 * 24 * HOUR)
    assert advance(progress, FULL, now, WARSAW) is progress
    now = later(now, MIN, order=10, order_on=True, allowed=True)
    assert advance(progress, FULL, now, WARSAW).step is Step.charging


def test_off_holds_until_the_ready_by_time_where_there_is_one() -> None:
    progress = begin(READY, NOW, WARSAW)
    progress = advance(
        progress, READY, later(NOW, MIN, order=9, order_on=False), WARSAW
    )
    assert progress.step is Step.held
    before = later(NOW, 11 * HOUR, order=9)
    assert advance(progress, READY, before, WARSAW) is progress
    after = later(NOW, 12 * HOUR, order=9)
    again = advance(progress, READY, after, WARSAW)
    assert (again.step, again.ready_ms) == (Step.waiting, T0 + 36 * HOUR)


def test_the_button_is_a_persons_order() -> None:
    progress, now = charging(FULL)
    done = advance(
        progress, FULL, replace(now, ended=Ended(4, ENDED_MS, "full", 90.0)), WARSAW
    )
    pressed = later(
        now, HOUR, ended=Ended(4, ENDED_MS, "full", 90.0), relay_on=True, why="button"
    )
    on = advance(done, FULL, pressed, WARSAW)
    assert (on.step, on.why) == (Step.charging, "person")


def test_on_overrides_a_plan_until_the_charge_is_over() -> None:
    progress = replace(begin(READY, NOW, WARSAW), plan=plan((5, 8)))
    now = later(NOW, MIN, order=9, order_on=True, allowed=True, relay_on=True)
    progress = advance(progress, READY, now, WARSAW)
    assert (progress.step, progress.why) == (Step.charging, "person")
    now = later(now, HOUR)
    assert advance(progress, READY, now, WARSAW) is progress
    now = later(now, HOUR, ended=Ended(1, ENDED_MS, "full", 90.0))
    progress = advance(progress, READY, now, WARSAW)
    assert progress.step is Step.done
    at_planned_time = later(now, 4 * HOUR)
    assert advance(progress, READY, at_planned_time, WARSAW) is progress


def test_charge_once_minds_neither_target_nor_mode() -> None:
    for settings in (MANUAL, TARGET, READY):
        progress, now = ordered(
            charge_once(begin(settings, NOW, WARSAW), settings, NOW), NOW
        )
        now = later(now, HOUR, energy_wh=1900.0)
        assert advance(progress, settings, now, WARSAW) is progress
        now = replace(now, ended=Ended(1, ENDED_MS, "full", 90.0))
        assert advance(progress, settings, now, WARSAW).step is Step.done


def test_an_on_of_a_person_that_the_board_refuses_is_not_repeated_a_modes_is() -> None:
    failed = {"allowed": False, "relay_on": False, "refused": "sensor"}
    progress, now = charging(FULL)
    asked_again = advance(progress, FULL, later(now, MIN, **failed), WARSAW)
    assert (asked_again.step, asked_again.asked) == (Step.charging, False)
    progress = person_on(progress, FULL, now)
    refused = advance(progress, FULL, later(now, MIN, **failed), WARSAW)
    assert (refused.step, refused.why) == (Step.done, "sensor")
    trip = later(now, MIN, **{**failed, "refused": "trip"})
    assert advance(progress, FULL, trip, WARSAW).step is Step.locked


# --- plans -----------------------------------------------------------------------------------------------------------------


def test_power_flows_at_the_planned_times_only_while_there_are_more() -> None:
    progress = replace(begin(READY, NOW, WARSAW), plan=plan((1, 2), (4, 5)))
    seen = []
    now = NOW
    for half_hours in range(1, 24):
        now = replace(now, now_ms=T0 + half_hours * HOUR // 2)
        progress = advance(progress, READY, now, WARSAW)
        if bool(wish(progress).on) != now.allowed:
            progress, now = ordered(progress, now)
        seen.append(bool(wish(progress).on))
    # After its last planned time an estimated charge goes on until it is full.
    assert seen == [half >= 8 or 2 <= half < 4 for half in range(1, 24)]
    assert progress.starts == 2


def test_counted_hours_end_with_the_last_of_them() -> None:
    progress = replace(begin(HOURS, NOW, WARSAW), plan=plan((1, 3)))
    now = later(NOW, HOUR)
    progress, now = ordered(advance(progress, HOURS, now, WARSAW), now)
    assert progress.step is Step.charging
    done = advance(progress, HOURS, replace(now, now_ms=T0 + 3 * HOUR), WARSAW)
    assert (done.step, done.why) == (Step.done, "hours")


def test_a_charge_that_is_late_is_finished_and_then_the_next_day_begins() -> None:
    progress = replace(begin(READY, NOW, WARSAW), plan=plan((8, 13)))
    progress, now = ordered(
        advance(progress, READY, later(NOW, 8 * HOUR), WARSAW), later(NOW, 8 * HOUR)
    )
    now = later(now, 6 * HOUR)
    assert advance(progress, READY, now, WARSAW) is progress
    now = replace(now, ended=Ended(1, now.now_ms, "full", 90.0))
    progress = advance(progress, READY, now, WARSAW)
    assert progress.step is Step.done
    progress = advance(progress, READY, now, WARSAW)
    assert (progress.step, progress.plan) == (Step.waiting, None)


# --- probe and lock --------------------------------------------------------------------------------------------------------


def _full(settings: ModeSettings) -> tuple[Progress, Situation]:
    progress, now = charging(settings)
    now = later(now, HOUR, ended=Ended(1, ENDED_MS, "full", 100.0))
    return ordered(advance(progress, settings, now, WARSAW), now)


def _probing() -> tuple[ModeSettings, Progress, Situation]:
    settings = replace(FULL, probe=True)
    progress, now = _full(settings)
    assert advance(progress, settings, later(now, 14 * MIN), WARSAW) is progress
    now = later(now, 15 * MIN)
    progress, now = ordered(advance(progress, settings, now, WARSAW), now)
    assert (progress.step, wish(progress).on) == (Step.probing, True)
    return settings, progress, now


def test_no_probe_without_the_owners_leave() -> None:
    progress, now = _full(FULL)
    assert advance(progress, FULL, later(now, HOUR), WARSAW) is progress


def test_a_probe_that_finds_nothing_is_the_only_one() -> None:
    settings, progress, now = _probing()
    now = later(now, 70_000, measured_ms=now.now_ms + 61_000, power_w=20.0)
    progress = advance(progress, settings, now, WARSAW)
    assert (progress.step, progress.why) == (Step.done, "full")
    assert advance(progress, settings, later(now, 9 * HOUR), WARSAW) is progress


def test_a_probe_that_finds_a_hungry_battery_goes_on_charging() -> None:
    settings, progress, now = _probing()
    now = later(now, 70_000, measured_ms=now.now_ms + 61_000, power_w=20.1)
    progress = advance(progress, settings, now, WARSAW)
    assert (progress.step, progress.why) == (Step.charging, "resumed")
    now = later(now, HOUR, ended=Ended(2, ENDED_MS, "full", 90.0))
    progress = advance(progress, settings, now, WARSAW)
    assert progress.step is Step.done
    assert advance(progress, settings, later(now, 9 * HOUR), WARSAW) is progress


def test_a_probe_does_not_wait_for_ever() -> None:
    settings, progress, now = _probing()
    now = later(now, 5 * MIN + 1)
    assert advance(progress, settings, now, WARSAW).step is Step.done


@pytest.mark.parametrize("settings", [MANUAL, FULL, READY])
def test_a_guard_locks_until_a_person_switches_on(settings: ModeSettings) -> None:
    progress = begin(settings, NOW, WARSAW)
    cut = later(NOW, MIN, order=5, order_on=False, guard="energy")
    progress = advance(progress, settings, cut, WARSAW)
    assert (progress.step, progress.why) == (Step.locked, "energy")
    assert advance(progress, settings, later(cut, 99 * 24 * HOUR), WARSAW) is progress
    assert begin(settings, cut, WARSAW).step is Step.locked
    on = later(cut, MIN, order=6, order_on=True, allowed=True, guard=None)
    assert advance(progress, settings, on, WARSAW).step is not Step.locked


# --- any order of things ---------------------------------------------------------------------------------------------------


@limits(max_examples=300, deadline=None)
@given(st.data())
def test_what_has_ended_is_never_resumed_without_a_person(data: st.DataObject) -> None:
    """Whatever the readings, the board and the clock do next: off stays off until the next ready-by time."""
    settings = data.draw(st.sampled_from([FULL, TARGET, READY, HOURS]))
    progress, now = charging(settings)
    progress = replace(progress, plan=plan((0, 1), (3, 4), (6, 9)))
    ends = data.draw(
        st.sampled_from(["person", "guard", "trip", "unplugged", "full", "button"])
    )
    progress = replace(progress, step=Step.charging, why="planned", asked=True)
    now = replace(now, allowed=True, order_on=True)
    match ends:
        case "person":
            now = replace(now, order=99, order_on=False, allowed=False)
        case "guard":
            now = replace(now, order=99, order_on=False, allowed=False, guard="current")
        case "button":
            now = replace(now, relay_on=False, why="button", allowed=False)
        case _:
            now = replace(now, ended=Ended(7, ENDED_MS, ends, 90.0))
    progress = advance(progress, settings, now, WARSAW)
    assert wish(progress).on is False
    until_ms = progress.ready_ms or T0 + 500 * HOUR
    for _ in range(data.draw(st.integers(1, 12))):
        now = replace(
            now,
            now_ms=min(until_ms - 1, now.now_ms + data.draw(st.integers(0, 6 * HOUR))),
            relay_on=data.draw(st.booleans()),
            why=data.draw(st.sampled_from(["order", "lease", "boot", "cut_off"])),
            energy_wh=data.draw(st.none() | st.floats(0, 5000)),
            power_w=data.draw(st.none() | st.floats(0, 500)),
            ended=Ended(data.draw(st.integers(1, 20)), ENDED_MS, "full", 90.0),
        )
        progress = advance(progress, settings, now, WARSAW)
        assert wish(progress).on is False


# --- the clock on the wall -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "clock", "ready"),
    [
        ("2026-11-21T18:00:00Z", "07:00", "2026-11-22T06:00:00Z"),
        ("2026-11-21T05:59:00Z", "07:00", "2026-11-21T06:00:00Z"),
        ("2026-11-21T06:00:00Z", "07:00", "2026-11-22T06:00:00Z"),
        # The night with 23 hours: 02:30 does not come; an hour too early is in time.
        ("2026-03-28T20:00:00Z", "07:00", "2026-03-29T05:00:00Z"),
        ("2026-03-28T20:00:00Z", "02:30", "2026-03-29T00:30:00Z"),
        # The night with 25 hours: 02:30 comes twice; the first is in time.
        ("2026-10-24T20:00:00Z", "07:00", "2026-10-25T06:00:00Z"),
        ("2026-10-24T20:00:00Z", "02:30", "2026-10-25T00:30:00Z"),
        ("2026-10-25T00:45:00Z", "02:30", "2026-10-26T01:30:00Z"),
    ],
)
def test_ready_by_is_a_time_on_the_wall_clock(now: str, clock: str, ready: str) -> None:
    found = next_ready_ms(
        round(datetime.fromisoformat(now).timestamp() * 1000), clock, WARSAW
    )
    assert datetime.fromtimestamp(found / 1000, UTC) == datetime.fromisoformat(ready)


@limits(max_examples=200, deadline=None)
@given(
    now_ms=st.integers(T0 - 400 * 24 * HOUR, T0 + 400 * 24 * HOUR),
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
    zone=st.sampled_from(["Europe/Warsaw", "America/New_York", "Australia/Lord_Howe"]),
)
def test_the_next_ready_by_is_always_ahead_and_at_most_a_long_day(
    now_ms: int, hour: int, minute: int, zone: str
) -> None:
    found = next_ready_ms(now_ms, f"{hour:02}:{minute:02}", ZoneInfo(zone))
    assert 0 < found - now_ms <= 26 * HOUR


def test_the_words_of_the_api_are_those_of_the_modes() -> None:
    assert [str(each) for each in Mode] == [
        "manual",
        "until_full",
        "to_target",
        "cheapest_hours",
        "ready_by",
    ]


def test_an_order_of_the_mode_that_nobody_noted_is_not_taken_for_a_persons() -> None:
    """The hub that gave it died before it could write so; whoever goes on does not give it again."""
    before = begin(FULL, NOW, WARSAW)
    given = replace(NOW, order=7, order_on=True, by_mode=True, allowed=True)
    after = advance(before, FULL, given, WARSAW)
    assert after == replace(before, order=7, asked=True)


def _planned(*runs: tuple[int, int]) -> Planned:
    return Planned(runs, 100.0, None, None, None, True, False)


def test_a_lease_is_not_given_beyond_a_planned_time_that_others_follow() -> None:
    """Should the hub die, power ends when it was to end; the last time of all lasts until the battery is full."""
    plan = _planned((T0, T0 + HOUR), (T0 + 3 * HOUR, T0 + 4 * HOUR))
    running = Progress(Step.charging, "planned", T0, plan=plan)
    assert power_ends_ms(running, READY, T0 + MIN) == T0 + HOUR
    assert power_ends_ms(running, READY, T0 + 3 * HOUR) is None
    assert power_ends_ms(running, HOURS, T0 + 3 * HOUR) == T0 + 4 * HOUR
    assert power_ends_ms(replace(running, why="person"), READY, T0 + MIN) is None


@pytest.mark.parametrize("step", list(Step))
def test_what_is_no_question_of_power_changes_nothing(step: Step) -> None:
    """May the hub probe, do learned caps count: neither begins or ends anything."""
    progress = Progress(step, "any", T0)
    for settings in (FULL, TARGET, READY, HOURS):
        after = replace(settings, probe=True, learned_caps=True)
        assert change(progress, settings, after, NOW, WARSAW) is progress


@pytest.mark.parametrize("step", [Step.held, Step.locked])
def test_what_was_switched_off_stays_off_when_a_setting_changes(step: Step) -> None:
    """Another target or time is no leave to switch on."""
    progress = Progress(step, "person", T0)
    more = replace(TARGET, target_wh=300.0)
    assert wish(change(progress, TARGET, more, NOW, WARSAW)).on is False
    later = replace(READY, ready_by="08:00")
    changed = change(progress, READY, later, NOW, WARSAW)
    assert changed.step is step
    assert changed.ready_ms == next_ready_ms(NOW.now_ms, "08:00", WARSAW)


def test_a_running_charge_goes_on_with_another_target() -> None:
    """What it has taken already counts; so it does where the first target was reached."""
    running = replace(begin(TARGET, NOW, WARSAW), asked=True)
    more = replace(TARGET, target_wh=300.0)
    assert change(running, TARGET, more, NOW, WARSAW) == running
    done = replace(running, step=Step.done, why="target")
    again = change(done, TARGET, more, NOW, WARSAW)
    assert (again.step, again.from_wh) == (Step.charging, running.from_wh)


def test_a_planned_charge_is_planned_anew_for_another_time() -> None:
    """What was delivered counts."""
    plan = _planned((T0, T0 + HOUR))
    running = Progress(Step.charging, "planned", T0, from_wh=900.0, plan=plan)
    later = replace(READY, ready_by="09:00")
    changed = change(running, READY, later, NOW, WARSAW)
    assert (changed.step, changed.plan, changed.from_wh) == (Step.waiting, None, 900.0)


def test_another_mode_begins_anew() -> None:
    """Whatever the one before was doing."""
    held = Progress(Step.held, "person", T0)
    assert change(held, FULL, READY, NOW, WARSAW) == begin(READY, NOW, WARSAW)
