"""What the board knows after a reset."""

import pytest

from kickwatt.config import Limits
from kickwatt.journal import Journal
from kickwatt.memory import RESET_REASONS, Memory
from kickwatt.session import Session
from tests.firmware.fakes import Flash


@pytest.fixture
def flash() -> Flash:
    return Flash()


def restart(flash: Flash) -> Memory:
    return Memory(Journal(flash))


def test_boots_count_from_one(flash: Flash) -> None:
    for boot in range(1, 700):
        memory = restart(flash)
        assert memory.was_blank is (boot == 1)
        assert memory.start_boot("power_on") == (boot, "power_on", False)


def test_the_hub_may_move_the_boot_counter(flash: Flash) -> None:
    memory = restart(flash)
    memory.start_boot("power_on")
    memory.move_boot(20)
    assert restart(flash).start_boot("software")[0] == 21


def test_the_boot_counter_ends_where_the_protocol_does(flash: Flash) -> None:
    memory = restart(flash)
    memory.move_boot(0x7FFFFFFF)
    assert restart(flash).start_boot("power_on")[0] == 0x7FFFFFFF


@pytest.mark.parametrize("reason", ["watchdog", "brownout"])
def test_the_third_bad_reset_in_a_row_is_too_many(flash: Flash, reason: str) -> None:
    restart(flash).start_boot("power_on")
    assert restart(flash).start_boot(reason)[2] is False
    assert restart(flash).start_boot(reason)[2] is False
    assert restart(flash).start_boot(reason)[2] is True


def test_ten_good_minutes_or_a_good_reset_in_between_are_enough(flash: Flash) -> None:
    for _ in range(5):
        restart(flash).start_boot("watchdog")
        memory = restart(flash)
        assert memory.start_boot("brownout")[2] is False
        memory.settled()
    for _ in range(5):
        restart(flash).start_boot("watchdog")
        restart(flash).start_boot("watchdog")
        assert restart(flash).start_boot("power_on")[2] is False


def test_a_start_out_of_safe_mode_has_the_reason_of_safe_mode(flash: Flash) -> None:
    restart(flash).start_boot("power_on")
    assert restart(flash).note_safe_mode("brownout") == 1
    assert restart(flash).start_boot("software") == (2, "brownout", False)
    assert restart(flash).start_boot("software") == (3, "software", False)


def test_safe_mode_in_a_row_is_counted_for_its_back_off(flash: Flash) -> None:
    restart(flash).start_boot("power_on")
    for times in range(1, 5):
        assert restart(flash).note_safe_mode("safe_mode") == times
        _, _, too_many = restart(flash).start_boot("software")
        assert too_many is (times >= 3)
    memory = restart(flash)
    memory.start_boot("power_on")
    assert restart(flash).note_safe_mode("safe_mode") == 1


def test_safe_mode_before_the_board_has_even_started_counts(flash: Flash) -> None:
    restart(flash).start_boot("power_on")
    for times in range(1, 300):
        assert restart(flash).note_safe_mode("safe_mode") == min(times, 256)


def test_safe_mode_three_times_without_a_start_in_between_is_too_many(
    flash: Flash,
) -> None:
    restart(flash).start_boot("power_on")
    for _ in range(3):
        restart(flash).note_safe_mode("brownout")
    assert restart(flash).start_boot("software") == (2, "brownout", True)


def test_safe_mode_on_a_new_board_is_noted_too(flash: Flash) -> None:
    restart(flash).note_safe_mode("safe_mode")
    assert restart(flash).start_boot("software")[1] == "safe_mode"


@pytest.mark.parametrize("ended", [None, "cut_off", "trip", "button"])
@pytest.mark.parametrize("on", [True, False])
def test_the_last_order_and_its_end_are_kept(
    flash: Flash, on: bool, ended: str | None
) -> None:
    assert restart(flash).order() == (0, False, None)
    restart(flash).note_order(7, on, ended)
    assert restart(flash).order() == (7, on, ended)


def test_what_is_no_news_is_not_written(flash: Flash) -> None:
    memory = restart(flash)
    memory.note_order(7, True, None)
    memory.note_trips(5)
    before = bytes(flash.bytes)
    memory.note_order(7, True, None)
    memory.note_trips(5)
    memory.settled()
    assert flash.bytes == before


def test_trips_are_kept(flash: Flash) -> None:
    assert restart(flash).trips() == 0
    restart(flash).note_trips(0x281)
    assert restart(flash).trips() == 0x281


def test_a_session_goes_on_after_a_restart(flash: Flash) -> None:
    session = Session()
    session.closed(0)
    session.spent_wh, session.base_wh, session.peak_dw = 300, 70_000, 950
    session.opened(3_600_000)
    restart(flash).note_session(session, 3_600_000, False)
    again = Session()
    restart(flash).resume_session(again)
    assert again.closed_ms(0) == 3_600_000
    assert (again.spent_wh, again.base_wh, again.peak_dw) == (300, 70_000, 950)


def test_while_closed_the_record_runs_ahead_of_the_time(flash: Flash) -> None:
    memory, session = restart(flash), Session()
    session.closed(0)
    memory.note_session(session, 0, True)
    assert not memory.session_is_due(session, 299_000)
    assert memory.session_is_due(session, 300_000)
    again = Session()
    restart(flash).resume_session(again)
    assert again.closed_ms(0) == 300_000
    assert again.base_wh is None


OWN = Limits(0, 115, 300, 43_200, 2_000, 3_000)
LIMITS = Limits(3, 200, 600, 7_200, 500, 2_500, "threshold", 1_800)


def test_the_hubs_settings_are_kept(flash: Flash) -> None:
    assert restart(flash).limits(OWN) is OWN
    restart(flash).note_limits(LIMITS)
    kept = restart(flash).limits(OWN)
    assert vars(kept) == vars(LIMITS)


def test_half_written_settings_keep_their_old_revision(flash: Flash) -> None:
    restart(flash).note_limits(LIMITS)
    written = restart(flash)
    newer = Limits(4, 300, 900, 3_600, 400, 2_000)
    journal = written._journal
    append, kinds = journal.append, []

    def once(kind: int, payload: bytes) -> None:
        if not kinds:
            append(kind, payload)
        kinds.append(kind)

    journal.append = once  # type: ignore[method-assign]
    written.note_limits(newer)
    kept = restart(flash).limits(OWN)
    assert kept.rev == 3


def test_a_wrong_pin_is_kept_but_not_as_it_is(flash: Flash) -> None:
    restart(flash).note_wrong_pin("4711")
    assert restart(flash).pin_was_wrong("4711")
    assert not restart(flash).pin_was_wrong("4712")
    assert b"4711" not in bytes(flash.bytes)


def test_a_nearly_full_journal_is_rewritten_at_the_start(flash: Flash) -> None:
    memory = restart(flash)
    for order in range(200):
        memory.note_order(order + 1, True, None)
    memory.note_trips(3)
    restart(flash).start_boot("power_on")
    assert flash.erases == 1
    memory = restart(flash)
    assert memory.order() == (200, True, None)
    assert memory.trips() == 3


def test_the_reasons_are_those_of_the_protocol() -> None:
    assert RESET_REASONS == (
        "power_on",
        "brownout",
        "software",
        "watchdog",
        "reset_pin",
        "safe_mode",
        "unknown",
    )
