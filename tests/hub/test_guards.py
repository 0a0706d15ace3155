"""The hub's own net: whatever runs away is cut, whatever the detector believes, and an honest charge never is."""

from hypothesis import given, settings as limits, strategies as st
from msgspec import structs
import pytest

from kickwatt_hub import guards
from kickwatt_hub.charging.profile import Charge, Profile
from kickwatt_hub.guards import Limits, Message, look
from kickwatt_hub.model import ChargerSettings, Order, Position, Reading
from kickwatt_hub.watch import Watch

SETTINGS = ChargerSettings()
MOST = guards.limits(SETTINGS, Profile())
LEASE_S = 900


def reading(
    time_s: int,
    power_w: float | None,
    *,
    relay_on: bool | None = True,
    current_a: float | None = None,
    meter_wh: int | None = None,
) -> Reading:
    if current_a is None:
        current_a = (power_w or 0.0) / 230.0 / 0.56
    return Reading(
        position=Position(1, time_s + 1),
        time_ms=time_s * 1000,
        relay_on=relay_on,
        voltage_v=230.0,
        current_a=current_a,
        power_w=power_w,
        power_factor=None,
        meter_wh=meter_wh,
    )


def message(
    time_s: int,
    *readings: Reading,
    relay_on: bool = True,
    off: bool = False,
    off_heard: bool = False,
    all_sent: bool = True,
) -> Message:
    return Message(
        time_s * 1000, relay_on, off or off_heard, off_heard, all_sent, readings
    )


def run(*messages: Message, most: Limits = MOST) -> list[str | None]:
    """Return what the guard says to each message."""
    watch, said = Watch(), []
    for each in messages:
        watch, reason = look(watch, each, most, LEASE_S)
        said.append(reason)
    return said


# --- what runs away ------------------------------------------------------------------------------------------------------


@limits(max_examples=150, deadline=None)
@given(
    power_w=st.floats(60, 2000),
    interval_s=st.integers(10, 120),
    counter=st.sampled_from(["counts", "stuck", "none"]),
    batch=st.integers(1, 6),
    real=st.booleans(),
)
def test_every_endless_charge_is_cut_by_energy_or_time(
    power_w: float, interval_s: int, counter: str, batch: int, real: bool
) -> None:
    """With a meter's counter that works, is stuck, or is not there; with real power or volts and amperes alone."""
    settings = ChargerSettings(max_wh=300, max_hours=3.0)
    most = guards.limits(settings, Profile())
    watch, reason, time_s = Watch(), None, 0
    while reason is None and time_s < 5 * 3600:
        rows = []
        for _ in range(batch):
            time_s += interval_s
            meter_wh = {
                "counts": int(power_w * time_s / 3600),
                "stuck": 7,
                "none": None,
            }[counter]
            rows.append(
                reading(
                    time_s,
                    power_w if real else None,
                    current_a=power_w / 230.0 if not real else 0.5,
                    meter_wh=meter_wh,
                )
            )
        # The current is none of this test's business.
        watch, reason = look(
            watch,
            message(time_s, *rows),
            structs.replace(most, current_a=99.0),
            LEASE_S,
        )
    assert reason in ("energy", "time")
    late_s = 2 * batch * interval_s + 120
    assert time_s <= min(300 * 1.05 / power_w * 3600, 3 * 3600) + late_s


@limits(max_examples=100, deadline=None)
@given(
    over=st.floats(1.06, 20.0),
    before=st.integers(0, 40),
    together=st.booleans(),
)
def test_every_lasting_overcurrent_is_cut(
    over: float, before: int, together: bool
) -> None:
    """Whenever it begins, in one message or in two."""
    honest = [message(30 * at, reading(30 * at, 90.0)) for at in range(before)]
    wild = [
        reading(30 * before + at, 90.0, current_a=SETTINGS.max_a * over)
        for at in (0, 30)
    ]
    end_s = 30 * before + 30
    said = run(
        *honest,
        *(
            [message(end_s, *wild)]
            if together
            else [message(end_s - 30, wild[0]), message(end_s, wild[1])]
        ),
    )
    assert said[-1] == "current"
    assert not any(said[:-1])


def test_one_inrush_is_no_overcurrent() -> None:
    said = run(
        message(0, reading(0, 90.0, current_a=9.0)),
        message(30, reading(30, 90.0)),
        message(60, reading(60, 90.0, current_a=9.0)),
    )
    assert said == [None, None, None]


def test_a_board_that_talks_and_does_not_measure_is_cut() -> None:
    talk = [message(60 * at) for at in range(1, 20)]
    said = run(message(0, reading(0, 90.0)), *talk)
    assert said[16] == "silence"
    assert not any(said[:16])


def test_a_board_that_measures_as_seldom_as_it_may_is_not_silent() -> None:
    """KICKWATT_SAMPLE_S=600 with a message every half minute; KICKWATT_UPLOAD_S=3600."""
    seldom = [
        message(30 * at, *([reading(30 * at, 90.0)] if at % 20 == 0 else []))
        for at in range(100)
    ]
    assert not any(run(*seldom))
    rare = [message(3600 * at, reading(3600 * at - 3500, 0.5)) for at in range(9)]
    assert not any(run(*rare))


def test_a_board_that_catches_up_is_not_silent() -> None:
    """Its oldest samples come first."""
    late = [
        message(7200 + 30 * at, reading(60 + 30 * at, 90.0), all_sent=False)
        for at in range(20)
    ]
    assert not any(run(message(0, reading(0, 90.0)), *late))


def test_a_silence_counts_no_longer_than_the_lease_that_it_outlived() -> None:
    said = run(
        message(0, reading(0, 90.0)), message(20 * 3600, reading(20 * 3600, 90.0))
    )
    assert said == [None, None]


# --- a relay that does not open --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("relay_on", [True, False])
def test_power_20_s_after_off_is_a_stuck_relay(relay_on: bool) -> None:
    """Whether the board says that it is open, or knows of the order and does not obey."""
    said = run(
        message(0, reading(0, 90.0)),
        message(5, reading(4, 90.0), relay_on=relay_on, off_heard=True),
        message(
            30, reading(30, 90.0, relay_on=relay_on), relay_on=relay_on, off_heard=True
        ),
        message(
            60, reading(60, 90.0, relay_on=relay_on), relay_on=relay_on, off_heard=True
        ),
    )
    assert "stuck" in said
    assert said.index("stuck") <= 3


def test_a_relay_that_opens_is_not_stuck() -> None:
    opened = message(
        30,
        reading(5, 90.0),
        reading(6, 0.4, relay_on=False),
        relay_on=False,
        off_heard=True,
    )
    later = message(
        60, reading(60, 4.9, relay_on=False), relay_on=False, off_heard=True
    )
    assert run(message(0, reading(0, 90.0)), opened, later) == [None, None, None]


def test_an_order_that_the_board_has_not_heard_is_not_disobeyed() -> None:
    said = run(*(message(30 * at, reading(30 * at, 90.0)) for at in range(5)))
    assert not any(said)


def test_a_board_that_never_hears_of_off_is_stuck_when_its_lease_is_over() -> None:
    """It talks, so it is not out of coverage."""
    said = run(
        *(
            message(30 * at, reading(30 * at, 0.0), off=True)
            for at in range(LEASE_S // 30 + 6)
        )
    )
    assert said[-1] == "stuck"
    assert not any(said[: LEASE_S // 30])


# --- what is no fault --------------------------------------------------------------------------------------------------------


@limits(max_examples=60, deadline=None)
@given(
    power_w=st.floats(20, 150),
    hours=st.floats(0.5, 11.0),
    interval_s=st.integers(10, 300),
)
def test_an_honest_charge_is_never_cut(
    power_w: float, hours: float, interval_s: int
) -> None:
    watch = Watch()
    for time_s in range(0, round(hours * 3600), interval_s):
        watch, reason = look(
            watch,
            message(
                time_s,
                reading(time_s, power_w, meter_wh=int(power_w * time_s / 3600)),
            ),
            MOST,
            LEASE_S,
        )
        assert reason is None


def test_a_counter_that_starts_again_is_not_energy() -> None:
    said = run(
        message(0, reading(0, 90.0, meter_wh=90_000)),
        message(30, reading(30, 90.0, meter_wh=3)),
        message(60, reading(60, 90.0, meter_wh=4)),
    )
    assert not any(said)


# --- limits, leases, orders --------------------------------------------------------------------------------------------------


def test_learned_caps_are_the_owners_choice_and_never_wider_than_the_owners() -> None:
    charges = tuple(
        Charge(start, 3600.0, 100.0, 90.0, 9.0, 1.0, 900.0) for start in (1, 2)
    )
    profile = Profile(charges)
    assert guards.limits(SETTINGS, profile) == MOST
    learned = guards.limits(SETTINGS, profile, learned=True)
    assert learned.energy_wh == pytest.approx(1.05 * 130)
    assert learned.closed_ms == 1.5 * 3_600_000 + guards.LATER_MS
    narrow = ChargerSettings(max_wh=50, max_hours=0.5)
    assert guards.limits(narrow, profile, learned=True) == guards.limits(
        narrow, Profile()
    )
    once = Profile(charges[:1])
    assert guards.limits(SETTINGS, once, learned=True) == MOST


def test_a_lease_never_outlives_the_time_cap() -> None:
    assert guards.lease_s(Watch(), MOST, 900) == 900
    nearly = Watch(closed_ms=MOST.closed_ms - 60_000)
    assert guards.lease_s(nearly, MOST, 900) == 60
    assert guards.lease_s(Watch(closed_ms=MOST.closed_ms + 1), MOST, 900) == 1


def test_a_guards_order_says_so() -> None:
    order = Order(
        id=1, charger_id="x", relay_on=False, created_ms=0, reason="guard_energy"
    )
    assert guards.reason_of(order) == "energy"
    assert guards.reason_of(structs.replace(order, relay_on=True)) is None
    assert guards.reason_of(structs.replace(order, reason="mode")) is None
    assert guards.reason_of(None) is None
