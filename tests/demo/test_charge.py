"""What counts as a whole charge, and what is said of one that is not."""

from datetime import UTC, datetime, timedelta

from kickwatt_demo.charge import KEYS, Charge, Entities
from kickwatt_demo.homeassistant import State
import pytest

START = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
IDS = {key: f"{platform}.scooter_{key}" for key, platform in KEYS.items()}

WHOLE = [
    ("charging_state", "off"),
    ("relay", "off"),
    ("energy", "12.000"),
    ("relay", "on"),
    ("charging_state", "idle"),
    ("charging_state", "charging"),
    ("power", "95.0"),
    ("power", "40.0"),
    ("energy", "12.250"),
    ("charging_state", "full"),
    ("relay", "off"),
    ("power", "0.0"),
]


def charge_of(events: list[tuple[str, str]]) -> Charge:
    """A charge that has seen these states, ten seconds apart."""
    charge = Charge(Entities("device", IDS))
    for number, (key, state) in enumerate(events):
        at = START + timedelta(seconds=10 * number)
        charge.see(State(IDS[key], state, {}, at))
    return charge


def test_a_whole_charge_is_idle_charging_full_with_the_relay_off_and_no_power() -> None:
    charge = charge_of(WHOLE)
    assert charge.is_whole
    assert charge.energy_kwh == pytest.approx(0.25)
    assert charge.peak_power_w == 95


@pytest.mark.parametrize("seen", range(len(WHOLE)))
def test_nothing_less_is_a_whole_charge(seen: int) -> None:
    assert not charge_of(WHOLE[:seen]).is_whole


@pytest.mark.parametrize(
    ("seen", "missing"),
    [
        (0, "the relay never went on; the states were nothing"),
        (3, "the relay never went on; the states were off"),
        (5, "the charger never became charging; the states were off → idle"),
        (9, "the charger never became full; the states were off → idle → charging"),
        (10, "the relay is still on after off → idle → charging → full"),
        (11, "the relay is off, but the power is 40.0 W"),
    ],
)
def test_it_says_what_did_not_happen(seen: int, missing: str) -> None:
    assert charge_of(WHOLE[:seen]).missing == missing


def test_a_charge_that_skips_charging_is_not_whole() -> None:
    assert not charge_of([event for event in WHOLE if event[1] != "charging"]).is_whole


def test_a_moment_without_the_hub_is_no_stage() -> None:
    before, after = WHOLE[:6], WHOLE[6:]
    gone = [("charging_state", "unavailable"), ("charging_state", "charging")]
    charge = charge_of([*before, *gone, *after])
    assert [stage for stage, _ in charge.stages] == ["off", "idle", "charging", "full"]
    assert charge.is_whole


def test_it_tapers_when_the_power_is_well_below_its_peak() -> None:
    assert not charge_of(WHOLE[:7]).is_tapering
    assert charge_of(WHOLE[:8]).is_tapering
    assert not charge_of(WHOLE).is_tapering


def test_each_stage_lasted_until_the_next() -> None:
    charge = charge_of(WHOLE)
    assert charge.seconds(START + timedelta(seconds=120)) == {
        "off": 40,
        "idle": 10,
        "charging": 40,
        "full": 30,
    }
