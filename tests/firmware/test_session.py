"""Time and energy of a session."""

from kickwatt.meter import Reading
from kickwatt.session import Session


def reading(energy_wh: int | None, power_dw: int = 900) -> Reading:
    return Reading(2300, 700, power_dw, energy_wh, 56)


def test_only_time_with_the_relay_closed_counts() -> None:
    session = Session()
    assert session.closed_ms(5_000) == 0
    session.closed(10_000)
    assert session.closed_ms(70_000) == 60_000
    session.opened(70_000)
    assert session.closed_ms(900_000) == 60_000
    session.closed(900_000)
    assert session.closed_ms(930_000) == 90_000


def test_energy_comes_from_the_meters_counter() -> None:
    session = Session()
    for counter in (5_000, 5_000, 5_001, 5_007):
        session.reading(reading(counter), 0)
    assert session.spent_wh == 7


def test_a_counter_that_was_reset_loses_nothing() -> None:
    session = Session()
    for counter in (5_000, 5_050, 0, 3):
        session.reading(reading(counter), 0)
    assert session.spent_wh == 53


def test_a_counter_that_went_on_during_a_restart_is_counted() -> None:
    session = Session()
    session.resume(closed_s=600, spent_wh=50, base_wh=5_000, peak_dw=950)
    assert (session.spent_wh, session.peak_dw, session.closed_ms(0)) == (
        50,
        950,
        600_000,
    )
    session.reading(reading(5_058), 0)
    assert session.spent_wh == 58


def test_without_a_counter_power_is_integrated() -> None:
    session = Session()
    session.closed(0)
    for second in range(3_601):
        session.reading(reading(None, 905), second * 1_000)
    assert session.spent_wh == 90


def test_time_with_the_relay_open_is_not_integrated() -> None:
    session = Session()
    session.closed(0)
    session.reading(reading(None, 900), 0)
    session.opened(1_000)
    session.closed(3_600_000)
    session.reading(reading(None, 900), 3_600_000)
    assert session.spent_wh == 0


def test_a_new_session_has_the_whole_budget() -> None:
    session = Session()
    session.resume(closed_s=600, spent_wh=50, base_wh=5_000, peak_dw=950)
    session.start()
    assert (session.spent_wh, session.peak_dw, session.closed_ms(9_999)) == (0, 0, 0)
    session.reading(reading(7_000), 0)
    assert session.spent_wh == 0
