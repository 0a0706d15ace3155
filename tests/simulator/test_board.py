"""Power, resets, watchdog, safe mode."""

import asyncio

import pytest

from kickwatt_sim import Device, ResetReason, World

from .conftest import Run

RELAY_ON = """
import board, digitalio, microcontroller, time
print(microcontroller.cpu.reset_reason)
relay = digitalio.DigitalInOut(board.GP15)
relay.switch_to_output(value=True)
"""


def test_a_firmware_that_ends_lets_its_pins_float(run: Run) -> None:
    device = run(RELAY_ON + "time.sleep(3)", seconds=3)
    assert device.outlet.relay.contact
    device.run_for(5)
    assert not device.outlet.relay.contact
    assert "[code done, waiting for reload]" in device.console.lines


def test_a_firmware_that_crashes_says_where_and_lets_its_pins_float(run: Run) -> None:
    device = run(RELAY_ON + "def f():\n    1 / 0\nf()", seconds=3)
    assert not device.outlet.relay.contact
    console = "\n".join(device.console.lines)
    assert 'File "/code.py", line' in console
    assert "kickwatt_sim" not in console
    assert "ZeroDivisionError: division by zero" in console


@pytest.mark.parametrize(
    ("reason", "name"),
    [
        (ResetReason.RESET_PIN, "RESET_PIN"),
        (ResetReason.BROWNOUT, "BROWNOUT"),
        (ResetReason.UNKNOWN, "UNKNOWN"),
    ],
)
def test_a_reset_from_outside_is_reported(
    run: Run, reason: ResetReason, name: str
) -> None:
    device = run(RELAY_ON + "time.sleep(100)", seconds=3)
    device.board.reset(reason)
    device.run_for(1)
    assert not device.outlet.relay.contact
    device.run_for(3)
    assert device.console.lines[-1] == f"microcontroller.ResetReason.{name}"
    assert device.board.resets == [ResetReason.POWER_ON, reason]


def test_a_hungry_watchdog_resets(run: Run) -> None:
    device = run(
        RELAY_ON
        + """
import watchdog
dog = microcontroller.watchdog
dog.timeout = 5
dog.mode = watchdog.WatchDogMode.RESET
for _ in range(5):
    time.sleep(4)
    dog.feed()
    print("fed")
time.sleep(100)
""",
        seconds=30,
    )
    assert list(device.console.lines) == [
        "microcontroller.ResetReason.POWER_ON",
        *["fed"] * 5,
        "[reset: watchdog]",
        "microcontroller.ResetReason.WATCHDOG",
    ]


def test_a_crash_ends_in_the_watchdogs_reset(run: Run) -> None:
    device = run(
        """
        import microcontroller, watchdog
        microcontroller.watchdog.timeout = 8
        microcontroller.watchdog.mode = watchdog.WatchDogMode.RESET
        raise OSError("broken")
        """,
        seconds=10,
    )
    assert list(device.console.lines)[-1] == "[reset: watchdog]"


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("dog.timeout = 9", "ValueError"),
        ("dog.timeout = 0", "ValueError"),
        ("dog.mode = watchdog.WatchDogMode.RESET", "ValueError"),
        (
            "dog.timeout = 5; dog.mode = watchdog.WatchDogMode.RAISE",
            "NotImplementedError",
        ),
    ],
)
def test_what_the_watchdog_refuses(run: Run, code: str, error: str) -> None:
    device = run(
        f"import microcontroller, watchdog\ndog = microcontroller.watchdog\n{code}"
    )
    assert any(line.startswith(error) for line in device.console.lines)


def test_the_watchdog_can_be_stopped(run: Run) -> None:
    device = run("""
        import microcontroller, watchdog, time
        dog = microcontroller.watchdog
        dog.timeout = 2
        dog.mode = watchdog.WatchDogMode.RESET
        print(dog.timeout, dog.mode is watchdog.WatchDogMode.RESET)
        dog.deinit()
        time.sleep(5)
        print("alive")
    """)
    assert list(device.console.lines)[:2] == ["2 True", "alive"]


def test_code_that_swallows_everything_still_cannot_go_on_after_a_reset(
    run: Run,
) -> None:
    device = run(
        """
        import board, digitalio, microcontroller
        relay = digitalio.DigitalInOut(board.GP15)
        relay.switch_to_output(value=False)
        try:
            microcontroller.reset()
        except BaseException:
            pass
        try:
            relay.value = True
        except BaseException:
            print("never printed")
        print("nor this")
        """,
        seconds=4,
    )
    assert set(device.console.lines) == {"[reset: software]"}
    assert device.outlet.relay.closings == 0


def test_reload_runs_code_again_but_not_boot(run: Run) -> None:
    device = run(
        """
        import supervisor
        print(supervisor.runtime.run_reason, supervisor.get_previous_traceback())
        if "STARTUP" in str(supervisor.runtime.run_reason):
            supervisor.reload()
        """,
        files={"boot.py": "print('boot')"},
        seconds=5,
    )
    assert list(device.console.lines)[:3] == [
        "boot",
        "microcontroller.RunReason.STARTUP None",
        "microcontroller.RunReason.SUPERVISOR_RELOAD None",
    ]


def test_in_safe_mode_only_safemode_runs(run: Run) -> None:
    files = {
        "boot.py": "print('boot')",
        "safemode.py": "import supervisor, time, microcontroller\nprint(supervisor.runtime.safe_mode_reason)\n"
        "time.sleep(5)\nmicrocontroller.reset()",
    }
    device = run("print('code')", files=files, seconds=3)
    device.board.reset(ResetReason.BROWNOUT, safe_mode="BROWNOUT")
    device.run_for(10)
    assert list(device.console.lines) == [
        "boot",
        "code",
        "[code done, waiting for reload]",
        "[reset: brownout]",
        "[safe mode: BROWNOUT]",
        "microcontroller.SafeModeReason.BROWNOUT",
        "[reset: software]",
        "boot",
        "code",
        "[code done, waiting for reload]",
    ]


def test_a_firmware_can_ask_for_safe_mode(run: Run) -> None:
    device = run(
        """
        import microcontroller
        microcontroller.on_next_reset(microcontroller.RunMode.SAFE_MODE)
        microcontroller.reset()
        """,
        seconds=5,
    )
    assert "[safe mode: PROGRAMMATIC]" in device.console.lines


def test_a_power_cut_takes_the_ram_and_a_reset_does_not(run: Run) -> None:
    device = run(
        "import alarm, time\nprint(alarm.sleep_memory[0])\nalarm.sleep_memory[0] = 7\ntime.sleep(100)",
        seconds=3,
        board="pico",  # of the four boards one with the module alarm
    )
    device.board.reset(ResetReason.WATCHDOG)
    device.run_for(3)
    device.inject("power_cut", lasts_s=5)
    device.run_for(10)
    assert list(device.console.lines) == [
        "0",
        "[reset: watchdog]",
        "7",
        "[power lost]",
        "0",
    ]


def test_without_power_nothing_runs(run: Run) -> None:
    device = run(
        "import time\nwhile True:\n    time.sleep(1)\n    print('tick')", seconds=5
    )
    device.supply(False)
    device.run_for(10)
    ticks = list(device.console.lines).count("tick")
    device.run_for(10)
    assert list(device.console.lines).count("tick") == ticks
    device.supply(True)
    device.run_for(10)
    assert list(device.console.lines).count("tick") > ticks


def test_naps_end_when_something_happens(run: Run) -> None:
    code = """
import board, digitalio, time
button = digitalio.DigitalInOut(board.GP14)
button.switch_to_input(pull=digitalio.Pull.UP)
turns = 0
while button.value:
    time.sleep(0.02)
    turns += 1
print(turns, time.monotonic_ns() // 1000000)
while not button.value:
    time.sleep(0.02)
    turns += 1
print(turns)
"""
    device = run(code, nap_s=1.0, seconds=5)
    device.run_for(0.25)
    device.button.press(0.2)
    device.run_for(5)
    turns, at_ms = (int(word) for word in device.console.lines[0].split())
    assert turns <= 6
    assert 5250 <= at_ms <= 5280
    assert int(device.console.lines[1]) - turns == 10


def test_what_breaks_in_the_simulator_itself_is_not_hidden(run: Run) -> None:
    device = run("import time\ntime.sleep(100)", seconds=3)

    def broken() -> None:
        raise LookupError("a bug")

    device.world.after(1, broken)
    with pytest.raises(RuntimeError, match=r"the simulator itself failed"):
        device.run_for(5)


def test_a_closed_device_cannot_run(run: Run) -> None:
    device = run("import time\ntime.sleep(100)")
    device.close()
    device.close()
    with pytest.raises(ValueError, match=r"closed"):
        device.run_for(1)


def test_boards_in_one_process_do_not_disturb_each_other(run: Run) -> None:
    code = "import os, time\nwhile True:\n    time.sleep(1)\n    print(os.getenv('NAME'), time.monotonic_ns() // 1000000)"
    one = run(code, settings={"NAME": "one"}, seconds=2.5)
    two = run(code, settings={"NAME": "two"}, seconds=2.5, world=World(seed=1))
    for device in (one, two):
        device.run_for(1)
    for device in (one, two):
        device.run_for(1)
    assert list(one.console.lines) == ["one 2200", "one 3200", "one 4200"]
    assert list(two.console.lines) == ["two 2200", "two 3200", "two 4200"]


def test_devices_need_no_context(run: Run) -> None:
    device = run("print('hello')")
    with device as same:
        assert isinstance(same, Device)
        assert same is device


async def test_asynchronous_code_runs_a_device_in_a_thread(run: Run) -> None:
    device = run(
        "import time\nwhile True:\n    time.sleep(1)\n    print('tick')", seconds=0
    )
    for _ in range(5):
        await asyncio.to_thread(device.run_for, 2)
    assert list(device.console.lines).count("tick") == 8
