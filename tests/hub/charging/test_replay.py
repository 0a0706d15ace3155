"""A recorded charge, as if it happened now."""

from itertools import pairwise
import json
from math import exp

from hypothesis import given, settings as limits, strategies as st
import pytest

from kickwatt_hub.charging.csvfile import Row
from kickwatt_hub.charging.detector import DetectorSettings
from kickwatt_hub.charging.onchange import reports_on_change
from kickwatt_hub.charging.replay import replay
from kickwatt_sim.charges import Charge, charge, outlet


def rows(made: Charge, base_s: float = 0.0) -> tuple[Row, ...]:
    return tuple(Row(base_s + row.time_s, row.power_w) for row in made.rows)


SCOOTER = outlet(347, interval_s=15, on_change=False)
TODAY = charge(
    1, of=SCOOTER, fault="none", start_soc=0.2, health=1.0, temperature_c=22.0
)


@pytest.mark.parametrize("base_s", [0.0, -500.0, 1_790_000_000.0])
def test_the_object_has_one_session_in_the_files_own_time(base_s: float) -> None:
    result = replay(rows(TODAY, base_s))
    (session,) = result["sessions"]
    assert session["start"] - base_s == pytest.approx(TODAY.start_s, abs=60)
    assert session["end"] is not None and session["cut_at"] is not None
    assert -1200 < session["end"] - base_s - TODAY.end_s < 600
    assert session["end"] <= session["cut_at"]
    assert TODAY.undelivered(session["cut_at"] - base_s) < 0.01
    assert session["energy_wh"] == pytest.approx(TODAY.energy_wh, rel=0.02)
    assert session["end_reason"] == "full"
    assert json.loads(json.dumps(result)) == result


def test_estimates_come_every_five_minutes_and_their_interval_holds_them() -> None:
    (session,) = replay(rows(TODAY))["sessions"]
    estimates = session["estimates"]
    assert len(estimates) > 30
    for before, after in pairwise(estimates):
        assert 290 <= after["at"] - before["at"] <= 330
    for each in estimates:
        assert each["at"] <= each["low"] <= each["full_at"] <= each["high"]


def test_learned_charges_narrow_the_interval_and_give_the_idle_draw() -> None:
    earlier = [
        rows(
            charge(
                seed,
                of=SCOOTER,
                fault="none",
                start_soc=0.2,
                health=1.0,
                temperature_c=22.0,
            )
        )
        for seed in (2, 3)
    ]
    untaught, taught = replay(rows(TODAY)), replay(rows(TODAY), learned=earlier)

    def width(result: object) -> float:
        estimates = result["sessions"][0]["estimates"]  # type: ignore[index]
        middle = estimates[len(estimates) // 3]
        return float(middle["high"] - middle["low"])

    assert width(taught) < 0.7 * width(untaught)
    assert taught["idle_w"] == pytest.approx(SCOOTER.idle_w, abs=1.0)
    end = taught["sessions"][0]["end"]
    assert end is not None
    late = [
        each for each in taught["sessions"][0]["estimates"] if end - each["at"] < 3600
    ]
    assert all(abs(each["full_at"] - end) < 1200 for each in late)


def test_a_recording_that_stops_in_mid_charge_has_a_session_without_an_end() -> None:
    result = replay([row for row in rows(TODAY) if row.time_s < 6000])
    (session,) = result["sessions"]
    assert (session["end"], session["cut_at"], session["end_reason"]) == (
        None,
        None,
        None,
    )
    assert session["energy_wh"] > 50
    assert result["idle_w"] is None


def test_a_recording_without_a_charge_has_no_session() -> None:
    assert replay([Row(float(at), 1.0) for at in range(0, 9000, 30)]) == {
        "sessions": [],
        "idle_w": None,
        "apparent": False,
    }
    assert replay([]) == {"sessions": [], "idle_w": None, "apparent": False}


def on_change(all_rows: tuple[Row, ...], by_w: float = 0.5) -> list[Row]:
    kept = [all_rows[0]]
    for row in all_rows:
        if abs(row.power_w - kept[-1].power_w) >= max(by_w, 0.02 * kept[-1].power_w):
            kept.append(row)
    return kept


def test_a_recording_of_changes_only_is_recognised_and_ends_by_its_silence() -> None:
    quiet = charge(
        5,
        of=outlet(347, interval_s=5, on_change=False),
        fault="none",
        start_soc=0.3,
        health=1.0,
        temperature_c=22.0,
    )
    changes = on_change(rows(quiet))
    assert reports_on_change(changes)
    assert not reports_on_change(rows(quiet))
    (session,) = replay(changes)["sessions"]
    assert session["end_reason"] == "full"
    assert session["cut_at"] is not None
    assert quiet.undelivered(session["cut_at"]) < 0.02


@pytest.mark.parametrize("count", [0, 1, 5])
def test_a_recording_of_a_few_rows_is_no_mystery(count: int) -> None:
    assert not reports_on_change(
        [Row(30.0 * index, 1.0 + index) for index in range(count)]
    )


def test_the_owners_settings_are_obeyed() -> None:
    never = DetectorSettings(arm_wh=1e6)
    assert replay(rows(TODAY), never)["sessions"] == []


SEGMENTS = st.lists(
    st.tuples(
        st.sampled_from(["constant", "ramp", "tail", "nothing", "silence"]),
        st.floats(0, 300),
        st.floats(0, 300),
        st.integers(2, 120),
        st.sampled_from([5, 15, 60, 300]),
    ),
    min_size=1,
    max_size=8,
)


def _course(segments: list[tuple[str, float, float, int, int]]) -> list[Row]:
    """Return a recording of whatever happened."""
    found: list[Row] = []
    at_s = 0.0
    for kind, first_w, last_w, count, every_s in segments:
        if kind == "silence":
            at_s += first_w * every_s
            continue
        for index in range(count):
            at_s += every_s
            power_w = {
                "constant": first_w,
                "ramp": first_w + (last_w - first_w) * index / count,
                "tail": first_w * exp(-index / (1 + last_w)),
                "nothing": 0.0,
            }[kind]
            found.append(Row(at_s, round(power_w, 1)))
    return found


@limits(max_examples=60, deadline=None)
@given(segments=SEGMENTS, learn=st.booleans())
def test_whatever_was_recorded_every_estimate_makes_sense(
    segments: list[tuple[str, float, float, int, int]], learn: bool
) -> None:
    recording = _course(segments)
    for session in replay(recording, learned=[recording] * learn)["sessions"]:
        assert session["energy_wh"] >= 0
        for each in session["estimates"]:
            assert each["at"] <= each["low"] <= each["full_at"] <= each["high"]
        for decision in session["decisions"]:
            assert decision["since"] <= decision["at"]
        if session["end"] is not None:
            assert session["start"] <= session["end"] <= session["decisions"][-1]["at"]


def test_a_swap_of_the_battery_is_not_taken_for_nearly_full() -> None:
    power_w = [90.0 if not 100 <= minute < 101 else 0.0 for minute in range(240)]
    recording = [Row(minute * 60.0, w) for minute, w in enumerate(power_w)]
    (session,) = replay(recording)["sessions"]
    left_min = [
        (each["full_at"] - each["at"]) / 60
        for each in session["estimates"]
        if 5_000 < each["at"] < 8_000
    ]
    assert min(left_min) > 0.7 * max(left_min)
