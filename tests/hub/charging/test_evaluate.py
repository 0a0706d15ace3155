"""A sample of the published table: charges that the detector was not tuned on."""

from dataclasses import replace

import msgspec
import pytest

from benchmarks.charging.ageing import aged
from benchmarks.charging.ends import Tally, cuts, taught_by
from benchmarks.charging.estimates import guesses
from kickwatt_hub.charging.detector import (
    INITIAL,
    DetectorSettings,
    DetectorState,
    Sample,
    step,
)
from kickwatt_sim.charges import EVALUATION, FAULTS, charge, cycler_charge, outlet


@pytest.mark.parametrize("fault", FAULTS)
def test_bricks_that_stop_are_cut_after_they_stopped(fault: str) -> None:
    tally = Tally()
    stopping = [
        seed for seed in range(EVALUATION, EVALUATION + 40) if outlet(seed).ends_at
    ]
    for seed in stopping[:12]:
        made = charge(seed, fault=fault)
        tally.add(made, cuts(made, DetectorSettings()))
    assert tally.missed == 0
    assert tally.early == 0
    assert tally.too_late <= 2


def test_long_tails_are_hardly_shortened() -> None:
    tally = Tally()
    for seed in range(EVALUATION, EVALUATION + 30):
        made = cycler_charge(seed)
        tally.add(made, cuts(made, DetectorSettings()))
    assert tally.missed == 0
    assert max(tally.withheld) < 0.02
    assert sum(tally.withheld) / tally.charges < 0.003


@pytest.mark.parametrize("resolution_w", [1.0, 2.0, 5.0])
def test_the_steps_of_a_coarse_meter_hardly_shorten_a_charge(
    resolution_w: float,
) -> None:
    tally = Tally()
    for seed in range(EVALUATION, EVALUATION + 24):
        coarse = replace(outlet(seed), resolution_w=resolution_w)
        made = charge(seed, of=coarse)
        tally.add(made, cuts(made, taught_by(seed, coarse, charges=seed % 2 * 2)))
    assert tally.missed == 0
    assert max(tally.withheld) < 0.02
    assert sum(tally.withheld) / tally.charges < 0.002


def test_a_seed_gives_the_same_charge_every_time() -> None:
    assert charge(EVALUATION) == charge(EVALUATION)
    assert cycler_charge(5) == cycler_charge(5)


def test_the_state_survives_being_stored() -> None:
    state, largest = INITIAL, INITIAL
    for row in charge(3).rows:
        state, _ = step(
            state, Sample(int(row.time_s * 1000), row.power_w, True), DetectorSettings()
        )
        if len(msgspec.json.encode(state)) > len(msgspec.json.encode(largest)):
            largest = state
    assert largest.session is not None
    stored = msgspec.json.encode(largest)
    assert len(stored) < 4096
    assert msgspec.json.decode(stored, type=DetectorState) == largest


def test_what_was_learned_foretells_better_than_what_was_not() -> None:
    found = [
        guess for seed in range(EVALUATION, EVALUATION + 6) for guess in guesses(seed)
    ]

    def error_min(learned: int) -> float:
        errors = [abs(each.error_min) for each in found if each.learned == learned]
        return sum(errors) / len(errors)

    assert error_min(3) < error_min(0)


def test_a_pack_that_loses_a_fifth_is_seen_to_lose_it() -> None:
    (found,) = aged(EVALUATION)
    assert found.index == pytest.approx(found.truth, abs=5)
    assert found.trend < 0
