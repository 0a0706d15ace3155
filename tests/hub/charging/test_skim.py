"""Readings that decide nothing are gone over at once, with the same result bit for bit."""

from hypothesis import given, settings as limits, strategies as st
import pytest

from kickwatt_hub.charging.detector import (
    INITIAL,
    DetectorSettings,
    DetectorState,
    Event,
    Sample,
    step,
)
from kickwatt_hub.charging.skim import Measured, skim

DEFAULT = DetectorSettings()
START_MS = 1_790_000_000_000


def _measured(samples: list[Sample]) -> Measured:
    return Measured(
        [each.time_ms for each in samples],
        [each.power_w for each in samples],
        [each.relay_on for each in samples],
        [each.energy_wh for each in samples],
    )


def _by_steps(
    samples: list[Sample], settings: DetectorSettings
) -> list[tuple[DetectorState, tuple[Event, ...]]]:
    state, after = INITIAL, []
    for sample in samples:
        state, events = step(state, sample, settings)
        after.append((state, events))
    return after


def _assert_the_same(samples: list[Sample], settings: DetectorSettings) -> int:
    """Skim wherever that is possible; return how many readings that took."""
    measured = _measured(samples)
    expected = _by_steps(samples, settings)
    state, at, skimmed = INITIAL, 0, 0
    while at < len(samples):
        before = at
        state, at = skim(state, measured, at, settings)
        skimmed += at - before
        if at > before:
            assert repr(state) == repr(expected[at - 1][0])
        assert not any(events for _, events in expected[before:at])
        if at < len(samples):
            state, events = step(state, measured.sample(at), settings)
            assert repr((state, events)) == repr(expected[at])
            at += 1
    return skimmed


def _readings(gaps_ms: st.SearchStrategy[int]) -> st.SearchStrategy[list[Sample]]:
    rows = st.tuples(
        gaps_ms,
        st.one_of(
            st.none(),
            st.floats(-5, 4000, allow_nan=False),
            st.sampled_from([0.0, 0.5, 3.0, 90.0, 90.5]),
        ),
        st.sampled_from([True, True, True, False, None]),
        st.one_of(st.none(), st.floats(0, 1e6), st.integers(0, 20).map(float)),
    )
    return st.lists(rows, max_size=80).map(_dated)


def _dated(
    rows: list[tuple[int, float | None, bool | None, float | None]],
) -> list[Sample]:
    at, samples = START_MS, []
    for gap_ms, *rest in rows:
        at += gap_ms
        samples.append(Sample(at, *rest))
    return samples


@limits(max_examples=150, deadline=None)
@given(
    st.one_of(
        _readings(st.integers(-2_000, 20_000)), _readings(st.integers(0, 4_000_000))
    ),
    st.sampled_from(
        [
            DEFAULT,
            DetectorSettings(rule="threshold"),
            DetectorSettings(arm_s=1, arm_wh=0.01, unchanged_s=15),
        ]
    ),
)
def test_whatever_comes_the_states_are_those_of_step_by_step(
    samples: list[Sample], settings: DetectorSettings
) -> None:
    """Also out of order, with holes, resets of the counter, and relays that open."""
    _assert_the_same(samples, settings)


@pytest.mark.parametrize("every_s", [1, 7, 30])
def test_a_whole_charge_that_is_measured_often_is_mostly_gone_over(
    every_s: int,
) -> None:
    """From idle through its phases to its end and idle again; at 30 s each reading ends a half minute."""
    samples = [
        Sample(
            START_MS + second * 1000,
            _power_w(second) + second % 3 / 10,
            True,
            second * 0.025,
        )
        for second in range(0, 3 * 3600, every_s)
    ]
    assert any(events for _, events in _by_steps(samples, DEFAULT))
    share = _assert_the_same(samples, DEFAULT) / len(samples)
    assert share > {1: 0.9, 7: 0.7, 30: 0.2}[every_s]


def _power_w(second: int) -> float:
    if second < 1200 or second > 8000:
        return 4.0
    return 90.0 if second < 6000 else 90.0 * 2.0 ** (-(second - 6000) / 400)
