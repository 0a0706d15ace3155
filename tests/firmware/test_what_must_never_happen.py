"""The list: when the relay must be open, rule by rule, and the test that shows it.

`THE_LIST` names what the plan of record and the rules for fail-safe relays ask of the board. Behind each sentence stand the tests
that prove it, most of them on the simulated board with the firmware's own files; the last ones of this file prove what
no other does.
"""

import ast
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
import shutil

import pytest

from kickwatt import guard
from kickwatt_sim.device import Device
from kickwatt_sim.firmware_files import firmware_folder
from tests.firmware.fakes import settings
from tests.firmware.test_on_the_simulator import Bench

ROOT = Path(__file__).parents[2]
BOARD = "tests/firmware/test_on_the_simulator.py"
CONTROL = "tests/firmware/test_control.py"
GUARD = "tests/firmware/test_guard.py"
FAULTS = "tests/simulator/test_faults.py"
FILES = "tests/firmware/test_board_files.py"
HERE = "tests/firmware/test_what_must_never_happen.py"
MEMORY = "tests/firmware/test_memory.py"

DANGER = (FAULTS, "test_a_dangerous_fault_opens_the_relay_until_a_person_clears_it")
ANY = (CONTROL, "test_the_relay_is_never_closed_outside_its_rules")

THE_LIST: dict[str, list[tuple[str, str]]] = {
    # --- the relay is never closed ...
    "after a trip": [
        DANGER,
        (BOARD, "test_a_silent_meter_opens_the_relay_and_latches"),
    ],
    "with a stale sensor": [
        (CONTROL, "test_a_silent_meter_opens_the_relay_within_five_seconds"),
        (CONTROL, "test_an_order_before_the_first_reading_waits_for_it"),
        (GUARD, "test_a_silent_meter_only_refuses_when_open"),
    ],
    "with a sensor that says what cannot be": [
        DANGER,
        (GUARD, "test_mains_out_of_bounds_refuse"),
    ],
    "past its lease": [
        (BOARD, "test_the_lease_runs_out_when_the_hub_is_gone"),
        (CONTROL, "test_without_a_reply_the_lease_runs_out"),
        (CONTROL, "test_the_button_alone_closes_nothing"),
    ],
    "past its time": [DANGER, (GUARD, "test_time_is_up_to_the_second")],
    "past its energy": [DANGER, (GUARD, "test_energy_is_up_to_the_watt_hour")],
    "past its current": [
        DANGER,
        (HERE, "test_a_charger_above_the_current_cap_is_off_within_four_seconds"),
    ],
    "without a session's budget": [
        (CONTROL, "test_a_session_without_a_budget_does_not_even_close")
    ],
    "at boot": [
        (FILES, "test_the_relay_is_off_before_anything_else_runs"),
        (BOARD, "test_after_a_reset_the_relay_is_open_until_the_hub_says_so_again"),
        (CONTROL, "test_a_new_board_is_off"),
    ],
    "in safe mode": [
        (BOARD, "test_safe_mode_is_left_again_and_reported"),
        (BOARD, "test_safe_mode_that_a_person_wants_stays"),
    ],
    "with wrong settings": [
        (BOARD, "test_wrong_settings_are_explained_and_nothing_else_happens")
    ],
    "during an update, in the REPL, after a crash": [
        (HERE, "test_whatever_ends_the_firmware_opens_the_relay"),
        ("tests/simulator/test_board.py", "test_a_crash_ends_in_the_watchdogs_reset"),
    ],
    "whatever comes, in any order": [
        ANY,
        (
            "tests/simulator/test_chaos.py",
            "test_no_random_trouble_makes_relay_or_samples_do_what_they_must_not",
        ),
    ],
    # --- fail-safe rules of the relay
    "only the relay's own file closes it": [
        (
            FILES,
            "test_only_the_relays_own_file_closes_it_and_only_control_or_the_self_test_ask_it_to",
        )
    ],
    "a pin that nobody drives is an open contact": [
        ("tests/simulator/test_relay.py", "test_a_floating_pin_opens"),
        (
            "tests/simulator/test_board.py",
            "test_a_firmware_that_ends_lets_its_pins_float",
        ),
    ],
    "over-current and over-power trip by two readings, voltage by three": [
        (GUARD, "test_too_much_in_a_row_trips_and_one_less_does_not")
    ],
    "a welded contact is known within 20 s": [
        (GUARD, "test_power_through_an_open_contact_is_known_within_twenty_seconds"),
        (
            FAULTS,
            "test_a_welded_relay_is_known_within_20_seconds_of_an_order_that_it_does_not_obey",
        ),
    ],
    "off for ten seconds at least": [
        (GUARD, "test_it_stays_open_for_ten_seconds_after_opening_and_after_a_start")
    ],
    "more closings than twelve an hour trip": [
        (GUARD, "test_the_thirteenth_closing_within_an_hour_trips"),
        (CONTROL, "test_flapping_trips"),
    ],
    "trips stay, across resets and new orders": [
        DANGER,
        (CONTROL, "test_an_overload_trips_and_stays_tripped_across_resets_and_orders"),
        (CONTROL, "test_flapping_outlives_a_reset"),
    ],
    "only a person at the board clears them, and that closes nothing": [
        (GUARD, "test_trips_stay_until_a_person_clears_them"),
        (CONTROL, "test_clearing_a_trip_closes_nothing_by_itself"),
    ],
    "the button overrules no guard": [
        (CONTROL, "test_the_button_cannot_overrule_the_guard")
    ],
    "a reboot goes on with what is left of the budget": [
        (
            CONTROL,
            "test_the_same_order_closes_again_after_a_restart_with_what_is_left",
        ),
        (CONTROL, "test_energy_is_counted_across_restarts_too"),
        (CONTROL, "test_resets_in_quick_succession_win_no_time"),
    ],
    "three bad resets keep it open": [
        (BOARD, "test_three_watchdog_resets_in_a_row_keep_it_off"),
        (
            FAULTS,
            "test_a_supply_that_always_dips_is_too_many_resets_and_the_relay_stays_open",
        ),
    ],
    "a board that lost its memory, or cannot write it, obeys only a new order": [
        (CONTROL, "test_a_board_that_lost_its_memory_obeys_only_the_next_order"),
        (FAULTS, "test_with_its_flash_worn_out_a_board_that_forgets_a_trip_stays_off"),
    ],
    "what ended is not closed again by the order that stands": [
        (CONTROL, "test_a_full_scooter_is_cut_off_and_stays_off"),
        (CONTROL, "test_the_button_opens_and_the_same_order_does_not_close_again"),
    ],
    "a full battery is cut off without network too": [
        (CONTROL, "test_the_cut_off_needs_no_network"),
        (
            BOARD,
            "test_an_autonomous_board_charges_and_cuts_off_without_any_network",
        ),
    ],
    "the builder is told what this is not": [
        (HERE, "test_the_builder_is_told_that_this_is_no_safety_device")
    ],
}


@cache
def _tests_in(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("rule", THE_LIST)
def test_every_rule_has_a_test(rule: str) -> None:
    for file, name in THE_LIST[rule]:
        assert name in _tests_in(file), f"{file}::{name}"


# --- what nothing else proves

type Stopped = Callable[[str], Bench]

# A file saved on the drive, Ctrl-C in the console, an error that nobody expected.
ENDS = {
    "update": "import supervisor; supervisor.reload()",
    "REPL": "raise KeyboardInterrupt",
    "crash": "raise ValueError('nobody thought of that')",
}

# Appended to the unmodified firmware: after two minutes and a half something ends it, in the middle of a turn.
ENDS_IT = """

_poll = Button.poll
_began = []


def _poll_until_the_end(self, now_ms):
    _began.append(now_ms) if not _began else None
    if 150_000 < now_ms - _began[0] < 151_000:
        {end}
    return _poll(self, now_ms)


Button.poll = _poll_until_the_end
"""


@pytest.fixture
def stopped(tmp_path: Path) -> Iterator[Stopped]:
    """Return what makes a board whose firmware is ended by something."""
    made = []

    def make(end: str) -> Bench:
        drive = tmp_path / "drive"
        shutil.copytree(firmware_folder(), drive)
        with (drive / "kickwatt" / "button.py").open("a") as file:
            file.write(ENDS_IT.format(end=end))
        bench = Bench()
        bench.device.close()
        bench.device = Device(settings(), carry=bench.hub.carry, firmware=drive)
        made.append(bench)
        return bench

    yield make
    for bench in made:
        bench.device.close()


@pytest.mark.parametrize("end", ENDS)
def test_whatever_ends_the_firmware_opens_the_relay(stopped: Stopped, end: str) -> None:
    bench = stopped(ENDS[end]).charging()
    relay = bench.device.outlet.relay
    closings = relay.closings
    bench.device.run_until(lambda: not bench.closed, within_s=60)
    bench.run(9.5)
    assert (bench.closed, relay.closings) == (False, closings)


def test_a_charger_above_the_current_cap_is_off_within_four_seconds() -> None:
    bench = Bench(MAX_A="0.3")
    with bench.device:
        bench.device.outlet.plug_in(0.4)
        bench.hub.want(True)
        relay = bench.device.outlet.relay
        bench.device.run_until(lambda: bench.closed, within_s=120)
        bench.run(1)  # its contact has done with bouncing
        closings = relay.closings
        bench.device.run_until(lambda: not bench.closed, within_s=3)
        bench.run(600)
        assert (bench.closed, relay.closings) == (False, closings)
        assert "over_current" in bench.hub.said("trips")


def test_every_trip_stands_in_the_documentation() -> None:
    protocol = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
    assert [trip for trip in guard.TRIPS if f"`{trip}`" not in protocol] == []


def test_the_builder_is_told_that_this_is_no_safety_device() -> None:
    page = " ".join((ROOT / "docs" / "hardware.md").read_text().split())
    for said in (
        "not a certified safety device",
        "neither fuse nor RCD",
        "inrush",
        "pull the plug",
    ):
        assert said in page
