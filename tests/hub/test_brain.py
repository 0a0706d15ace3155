"""What the readings of a charge become: sessions, with the reason that the board knows best."""

import msgspec
from msgspec.structs import replace
import pytest

from kickwatt_hub import brain as brains
from kickwatt_hub.brain import Brain, Place, Thought, think
from kickwatt_hub.energy import Energy
from kickwatt_hub.model import (
    Charger,
    ChargerSettings,
    Kind,
    LegacyFormat,
    Position,
    Reading,
    Said,
    Session,
)

CHARGER = Charger(
    id="scooter",
    name="scooter",
    kind=Kind.s1,
    simulated=False,
    settings=ChargerSettings(),
    settings_rev=0,
    legacy=LegacyFormat(),
)
SAID = Said(
    fw="0.1.0",
    up=1,
    reset="power_on",
    clock=None,
    csq=17,
    state="charging",
    relay=1,
    why="order",
    trips=(),
    order=0,
    refused=None,
    rev=0,
    left=0,
)


def _reading(
    minute: float, power_w: float, relay_on: bool = True, boot: int = 1
) -> Reading:
    return Reading(
        position=Position(boot, int(minute * 2) + 1),
        time_ms=int(minute * 60_000),
        relay_on=relay_on,
        voltage_v=230.0,
        current_a=power_w / 230,
        power_w=power_w,
        power_factor=None,
        meter_wh=None,
        energy_wh=minute * 1.5,
    )


def _charge(minutes: float, start: float = 0.0, boot: int = 1) -> list[Reading]:
    return [_reading(start + n / 2, 90.0, boot=boot) for n in range(int(minutes * 2))]


def _think(
    *readings: Reading,
    brain: Brain | None = None,
    said: Said = SAID,
    running: Session | None = None,
) -> Thought:
    return think(brain or Brain(), CHARGER, Energy(), readings, said, running)


OFF = replace(SAID, relay=0)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (replace(OFF, why="order", state="off"), "switched_off"),
        (replace(OFF, why="lease", state="off"), "switched_off"),
        (replace(OFF, why="cut_off", state="done"), "cut_off"),
        (replace(OFF, why="trip", state="tripped", trips=("welded",)), "trip"),
        (replace(OFF, why="boot", state="tripped", trips=("resets",)), "trip"),
        (SAID, "switched_off"),
    ],
)
def test_the_board_knows_best_why_a_charge_ended(said: Said, reason: str) -> None:
    """One batch with a whole charge: one record, two edges."""
    thought = _think(*_charge(10), _reading(10, 0.0, relay_on=False), said=said)
    (record,) = thought.records
    assert [(what, index) for what, index, _ in thought.edges] == [
        ("started", 0),
        ("ended", 0),
    ]
    assert (record.session.id, record.session.end_reason) == (0, reason)
    assert record.session.end_ms == 600_000
    assert record.session.energy_wh == pytest.approx(15.0, abs=0.5)
    assert record.ended_at == Position(1, 21)
    assert thought.brain.running(1) is None


@pytest.mark.parametrize(
    ("owners", "ends_min"),
    [
        (ChargerSettings(), (66, 75)),
        (ChargerSettings(balance_min=45), (66 + 45, 75 + 45)),
        (ChargerSettings(rule="threshold", cutoff_w=30.0), (65, 67)),
        (ChargerSettings(rule="threshold", cutoff_w=4.0), None),
    ],
)
def test_the_hub_decides_by_the_rule_that_the_owner_chose_for_the_board(
    owners: ChargerSettings, ends_min: tuple[int, int] | None
) -> None:
    """An hour at 90 W, then two at the 5 W that this charger draws at rest."""
    rest = [_reading(60 + n / 2, 5.0) for n in range(240)]
    readings = (*_charge(60), *rest)
    charger = replace(CHARGER, settings=owners)
    thought = think(Brain(), charger, Energy(), readings, SAID, None)
    ends = [each for each in thought.decisions if each.decision.what == "ended"]
    if ends_min is None:
        assert ends == []
    else:
        first, last = ends_min
        assert [first <= each.decision.at_ms / 60_000 <= last for each in ends] == [
            True
        ]


def test_a_charge_that_runs_is_a_record_when_it_begins_and_one_when_it_ends() -> None:
    """Nothing in between; what it is at now is asked of the brain."""
    begun = _think(*_charge(5))
    (record,) = begun.records
    assert (record.session.id, record.session.end_ms) == (0, None)
    running = replace(record.session, id=4)
    more = _think(*_charge(5, start=5), brain=begun.brain, running=running)
    assert (more.records, more.edges) == ((), ())
    now = more.brain.running(4)
    assert now is not None
    assert now.energy_wh == pytest.approx(14.25, abs=0.1)
    assert (now.id, now.peak_power_w) == (4, 90.0)
    ended = _think(_reading(10, 0.0, relay_on=False), brain=more.brain, running=running)
    (record,) = ended.records
    assert record.session.id == 4
    assert [what for what, _, _ in ended.edges] == ["ended"]


def test_an_end_and_a_new_beginning_in_one_batch() -> None:
    """Two records, in order."""
    readings = [*_charge(10), _reading(10, 0.0, relay_on=False), *_charge(10, start=11)]
    thought = _think(*readings, running=Session(
        id=4, start_ms=0, end_ms=None, energy_wh=None, peak_power_w=None, end_reason=None
    ))  # fmt: skip
    ended, begun = thought.records
    assert (ended.session.id, begun.session.id) == (4, 0)
    assert (ended.session.end_ms is None, begun.session.end_ms is None) == (False, True)
    assert [(what, index) for what, index, _ in thought.edges] == [
        ("ended", 0),
        ("started", 1),
    ]


def test_where_the_brain_stood_is_stored_and_read_back() -> None:
    """Exactly; and what another version wrote is no harm."""
    thought = _think(*_charge(10), _reading(10, 0.0, relay_on=False))
    assert brains.decode_place(thought.records[0].place) == Place(
        thought.brain.state, thought.energy
    )
    running = Place(_think(*_charge(10)).brain.state, Energy(5.0, 5, 7, 9.0))
    assert brains.decode_place(msgspec.json.encode(running)) == running
    assert brains.decode_place(None) is None
    assert brains.decode_place(b'{"state":{"status":"asleep"}}') is None
    assert (
        brains.decode_profile(None) == brains.decode_profile(b"[]") == Brain().profile
    )


def test_a_full_charge_teaches_and_a_broken_one_does_not() -> None:
    """What was learned is read back as it was."""
    tail = [_reading(60 + n / 2, max(1.0, 90.0 * 0.985**n)) for n in range(800)]
    thought = _think(*_charge(60), *tail)
    assert [record.session.end_reason for record in thought.records] == ["full"]
    (charge,) = thought.brain.profile.charges
    assert charge.plateau_w == pytest.approx(90.0)
    stored = brains.encode_profile(thought.brain.profile)
    assert brains.decode_profile(stored) == thought.brain.profile
    broken = _think(*_charge(10), _reading(10, 0.0, relay_on=False))
    assert broken.brain.profile.charges == ()


CUT = replace(OFF, why="cut_off", state="done")


def test_a_full_charge_that_its_board_cut_first_teaches_too() -> None:
    """A board looks each second, the hub hears of it each half minute."""
    tail = [_reading(60 + n / 2, max(4.0, 90.0 * 0.97**n)) for n in range(112)]
    cut = _think(*_charge(60), *tail, _reading(116, 0.0, relay_on=False), said=CUT)
    assert [record.session.end_reason for record in cut.records] == ["cut_off"]
    (charge,) = cut.brain.profile.charges
    assert charge.plateau_w == pytest.approx(90.0)
    assert charge.tail_w == pytest.approx(4.0, abs=1.0)


def test_a_battery_that_was_taken_away_before_its_board_cut_teaches_nothing() -> None:
    nothing = [_reading(60 + n / 2, 0.0) for n in range(4)]
    cut = _think(*_charge(60), *nothing, _reading(62, 0.0, relay_on=False), said=CUT)
    assert [record.session.end_reason for record in cut.records] == ["cut_off"]
    assert cut.brain.profile.charges == ()


def test_a_clock_that_is_set_back_ends_what_ran_and_starts_over() -> None:
    """A simulator that begins anew, or a hub whose own clock was wrong."""
    first = _think(*_charge(10, start=1000))
    assert first.brain.running(1) is not None
    (begun,) = first.records
    again = _think(
        *_charge(10, boot=2), brain=first.brain, running=replace(begun.session, id=1)
    )
    ended, anew = again.records
    assert (ended.session.id, ended.session.end_reason) == (1, "power_lost")
    assert ended.session.end_ms == 1009.5 * 60_000
    assert (anew.session.start_ms, anew.session.end_ms) == (0, None)
    idle = _think(_reading(1000, 0.0))
    assert _think(_reading(0, 0.0, boot=2), brain=idle.brain).records == ()


def test_a_few_seconds_backwards_are_the_network() -> None:
    """They start nothing over."""
    first = _think(*_charge(10))
    late = replace(_reading(9.2, 90.0), position=Position(1, 99))
    assert _think(late, brain=first.brain).brain.state == first.brain.state


def test_apparent_power_finds_charges_but_counts_no_energy() -> None:
    """Volt-amperes are no watts."""
    blind = [replace(each, power_w=None, energy_wh=None) for each in _charge(10)]
    end = replace(_reading(10, 0.0, relay_on=False), power_w=None, energy_wh=None)
    running = _think(*blind).brain.running(1)
    assert running is not None
    assert (running.energy_wh, running.peak_power_w) == (None, None)
    (record,) = _think(*blind, end).records
    assert (record.session.energy_wh, record.session.peak_power_w) == (None, None)
