"""Samples: in order, bounded, and with the energy right however thin they get."""

import itertools

from hypothesis import given, strategies as st
import pytest

from kickwatt.meter import Reading
from kickwatt.queue import Queue, room


def reading(power_dw: int | None = 900, energy_wh: int | None = 5) -> Reading:
    return Reading(2300, 700, power_dw, energy_wh, 56)


def fill(queue: Queue, count: int, closed: bool = True) -> None:
    for number in range(count):
        queue.add(number * 30, closed, reading(900, number))


def numbers(queue: Queue) -> list[int]:
    return [sample.number for sample in queue.first(len(queue))]


measurements = st.builds(
    Reading,
    st.integers(0, 5_000),
    st.integers(0, 100_000),
    st.none() | st.integers(0, 250_000),
    st.none() | st.integers(0, 2**31 - 1),
    st.none() | st.integers(0, 100),
)


@given(
    st.lists(st.tuples(st.integers(0, 2**31), st.booleans(), measurements), max_size=50)
)
def test_samples_come_back_as_they_went_in(
    samples: list[tuple[int, bool, Reading]],
) -> None:
    queue = Queue(64)
    for sample in samples:
        queue.add(*sample)
    assert len(queue) == len(samples)
    for index, (out, (second, closed, measured)) in enumerate(
        zip(queue.first(64), samples, strict=True)
    ):
        assert (out.number, out.second, out.closed) == (index + 1, second, closed)
        assert vars(out.reading) == vars(measured)


def test_nothing_is_forgotten_before_it_is_acknowledged() -> None:
    queue = Queue(64)
    fill(queue, 50)
    assert numbers(queue) == list(range(1, 51))
    assert [sample.number for sample in queue.first(40)] == list(range(1, 41))
    assert queue.acknowledge(20) == 20
    assert queue.acknowledge(20) == 0
    assert numbers(queue) == list(range(21, 51))
    assert queue.acknowledge(1_000) == 30
    assert len(queue) == 0
    fill(queue, 1)
    assert numbers(queue) == [51]


def test_one_sample_can_be_dropped() -> None:
    queue = Queue(8)
    fill(queue, 5)
    assert queue.drop(3) is True
    assert queue.drop(3) is False
    assert numbers(queue) == [1, 2, 4, 5]


def test_a_full_queue_merges_and_forgets_no_energy() -> None:
    queue = Queue(100)
    fill(queue, 5_000)
    samples = queue.first(100)
    assert len(queue) == 100
    assert samples[-1].reading.energy_wh == 4_999
    assert all(a.number < b.number for a, b in itertools.pairwise(samples))
    assert all(a.second < b.second for a, b in itertools.pairwise(samples))
    assert sum(sample.weight for sample in samples) == 5_000


def test_it_thins_evenly() -> None:
    queue = Queue(100)
    fill(queue, 1_000)
    gaps = [
        b.second - a.second
        for a, b in zip(queue.first(100), queue.first(100)[1:], strict=False)
    ]
    assert max(gaps) <= 16 * 30


def test_two_become_their_weighted_mean_at_the_later_time() -> None:
    queue = Queue(2)
    queue.add(0, True, Reading(2300, 100, 200, 10, 40))
    queue.add(30, True, Reading(2310, 201, 400, 11, 60))
    queue.add(60, True, Reading(2330, 400, 900, 12, 80))
    merged = queue.first(1)[0]
    assert (merged.number, merged.second, merged.weight) == (2, 30, 2)
    assert vars(merged.reading) == vars(Reading(2305, 151, 300, 11, 50))
    queue.add(90, True, Reading(2300, 0, 0, 12, 0))
    merged = queue.first(1)[0]
    assert merged.weight == 3
    assert merged.reading.power_dw == 500


def test_what_was_not_measured_is_not_made_up() -> None:
    queue = Queue(2)
    for second in range(5):
        queue.add(second, True, Reading(2300, 100))
    assert vars(queue.first(1)[0].reading) == vars(Reading(2300, 100))


def test_samples_across_a_change_of_the_relay_are_not_merged() -> None:
    queue = Queue(6)
    for closed in (True, True, False, False, True, True):
        queue.add(0, closed, reading())
    fill(queue, 3)
    assert [sample.closed for sample in queue.first(3)] == [True, False, True]


def test_a_relay_that_changes_all_the_time_is_merged_in_the_end() -> None:
    queue = Queue(10)
    for turn in range(50):
        queue.add(turn, turn % 2 == 0, reading())
    assert len(queue) == 10
    assert numbers(queue)[-1] == 50


@given(
    st.integers(2, 12),
    st.lists(
        st.one_of(
            st.tuples(st.just("add"), st.booleans()),
            st.tuples(st.just("ack"), st.integers(0, 60)),
            st.tuples(st.just("drop"), st.integers(0, 60)),
        ),
        max_size=80,
    ),
)
def test_numbers_rise_and_the_end_is_exact_whatever_happens(
    capacity: int, events: list[tuple[str, int]]
) -> None:
    queue, added, acknowledged = Queue(capacity), 0, 0
    dropped = set()
    for event, value in events:
        if event == "add":
            added += 1
            queue.add(added, bool(value), reading(900, added))
        elif event == "ack":
            acknowledged = max(acknowledged, min(value, added))
            queue.acknowledge(value)
        elif queue.drop(value):
            dropped.add(value)
        found = queue.first(capacity)
        assert len(queue) == len(found) <= capacity
        order = [sample.number for sample in found]
        assert order == sorted(set(order))
        assert all(number > acknowledged for number in order)
        if found and added not in dropped:
            assert found[-1].number == added
            assert found[-1].reading.energy_wh == added


@pytest.mark.parametrize("weight", [0xFFFF])
def test_a_weight_never_overflows(weight: int) -> None:
    queue = Queue(2)
    fill(queue, weight + 20)
    assert queue.first(1)[0].weight <= 0xFFFF


# ---------------------------------------------------------------------- how much fits


@pytest.mark.parametrize(
    ("free_kb", "samples"), [(0, 64), (27, 64), (40, 303), (150, 2_389), (500, 8_192)]
)
def test_it_is_as_long_as_the_free_memory_allows(free_kb: int, samples: int) -> None:
    assert room(free_kb * 1024) == samples


@pytest.mark.parametrize("free_kb", [40, 380])
def test_seven_days_without_coverage_are_kept_evenly_and_their_energy_exactly(
    free_kb: int,
) -> None:
    """20,160 samples at 30 s, in the room of a small board and of a Pico 2."""
    queue = Queue(room(free_kb * 1024))
    days, step_s = 7, 30
    for index in range(days * 86_400 // step_s):
        hour = index * step_s // 3600 % 24
        power_dw = 900 - index % 7 if hour < 5 else 20
        queue.add(index * step_s, hour < 5, Reading(2300, 400, power_dw, index * 3, 57))
    kept = queue.first(len(queue))
    assert len(kept) == room(free_kb * 1024)
    assert (kept[0].number, kept[-1].number) < (2 * 20_160 // len(kept) + 2, 20_161)
    assert kept[-1].second == 20_159 * step_s
    # Whatever was merged, its counter stands, so energy between any two of them is what flowed.
    for sample in kept:
        assert sample.reading.energy_wh == (sample.number - 1) * 3
        assert sample.second == (sample.number - 1) * step_s
    weights = [sample.weight for sample in kept]
    assert sum(weights) == 20_160
    # Evenly: no stretch is much coarser than the mean, and no pair straddles the relay.
    assert max(weights) <= 4 * 20_160 // len(kept)
    for sample in kept:
        power_dw = sample.reading.power_dw
        assert power_dw is not None
        assert (power_dw > 890) is sample.closed
