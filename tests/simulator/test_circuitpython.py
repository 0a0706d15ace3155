"""What the board has and what it has not."""

import sys

import pytest

from kickwatt_sim import Device, World
from kickwatt_sim.circuitpython.time_ import board_float

from .conftest import Run


def lines(device: Device) -> list[str]:
    return list(device.console.lines)


@pytest.mark.parametrize(
    "missing",
    [
        "typing",
        "dataclasses",
        "threading",
        "socket",
        "hmac",
        "datetime",
        "pathlib",
        "asyncio",
        "kickwatt_sim",
        "collections.abc",
    ],
)
def test_modules_that_the_board_has_not_cannot_be_imported(
    run: Run, missing: str
) -> None:
    device = run(f"import {missing}")
    assert f"ImportError: no module named '{missing}'" in lines(device)


@pytest.mark.parametrize(
    "missing",
    [
        "import hashlib; hashlib.sha256",
        "import hashlib; hashlib.new('sha256').hexdigest",
        "import binascii; binascii.crc_hqx",
        "import json; json.JSONDecodeError",
        "import time; time.perf_counter",
        "import os; os.environ",
        "import struct; struct.iter_unpack",
    ],
)
def test_names_that_the_board_has_not_are_not_there(run: Run, missing: str) -> None:
    device = run(missing)
    assert any(line.startswith("AttributeError") for line in lines(device))


def test_names_that_it_has_work(run: Run) -> None:
    device = run("""
        import binascii, collections, errno, gc, hashlib, io, json, math, os, random, re, struct, sys, zlib
        print(binascii.hexlify(hashlib.new("sha256", b"abc").digest())[:8])
        print(json.loads(json.dumps({"a": [1, None]})), struct.pack(">H", 258))
        print(sys.implementation.name, sys.platform, os.uname().sysname, os.listdir("/"))
        print(gc.mem_free() > 0, math.sqrt(4), errno.EAGAIN, 0 <= random.random() < 1)
        try:
            json.loads("{")
        except ValueError as error:
            print(error)
    """)
    assert lines(device)[:5] == [
        "b'ba7816bf'",
        "{'a': [1, None]} b'\\x01\\x02'",
        "circuitpython RP2350 rp2350 ['code.py']",
        "True 2.0 11 True",
        "syntax error in JSON",
    ]


def test_the_drive_is_read_only(run: Run) -> None:
    device = run("""
        print(open("/code.py").read(5))
        try:
            open("/log.txt", "w")
        except OSError as error:
            print(error.errno)
    """)
    assert lines(device)[1:2] == ["30"] or "30" in lines(device)


def test_packages_relative_imports_and_lib(run: Run) -> None:
    device = run(
        """
        import kick.one
        from kick import two
        from kick.one import NAME as name
        from helper import HELP
        print(kick.one.NAME, two.NAME, name, HELP, kick.one is kick.two.one, __name__)
        """,
        files={
            "kick/__init__.py": "",
            "kick/one.py": "NAME = __name__",
            "kick/two.py": "from . import one\nfrom .one import NAME\nimport kick\n",
            "lib/helper.py": "HELP = 'help'",
        },
    )
    assert lines(device)[0] == "kick.one kick.one kick.one help True __main__"


def test_only_the_firmware_sees_the_simulated_modules(run: Run) -> None:
    real_time = sys.modules["time"]
    device = run("import time, digitalio; print(time.monotonic_ns() // 1000000)")
    assert lines(device)[0] == "1200"
    assert sys.modules["time"] is real_time
    assert not hasattr(sys.modules["board"], "GP0")


def test_each_start_gets_fresh_modules(run: Run) -> None:
    device = run(
        """
        import state, microcontroller
        state.count += 1
        print(state.count)
        microcontroller.reset()
        """,
        files={"state.py": "count = 0"},
    )
    assert lines(device)[:3] == ["1", "[reset: software]", "1"]


def test_ticks_wrap_after_65_seconds(run: Run) -> None:
    device = run(
        """
        import supervisor, time
        print(supervisor.ticks_ms())
        time.sleep(65)
        print(supervisor.ticks_ms())
        """,
        seconds=70,
    )
    first, second = (int(line) for line in lines(device)[:2])
    assert first == (1 << 29) - (1 << 16) + 1200
    assert second == 66_200 - (1 << 16)


@pytest.mark.parametrize(
    ("uptime_s", "step_s"),
    [(7_300, 0.0025), (86_500, 0.04), (604_900, 0.3), (2_600_000, 1.1)],
)
def test_monotonic_gets_coarser_with_the_uptime(uptime_s: float, step_s: float) -> None:
    steps = {board_float(uptime_s + number / 1000) for number in range(3000)}
    assert (
        min(b - a for a, b in zip(sorted(steps), sorted(steps)[1:], strict=False))
        <= step_s
    )
    assert len(steps) <= 3 / step_s * 2.5


def test_waiting_for_time_to_pass_ends(run: Run) -> None:
    device = run("""
        import time
        ends = time.monotonic_ns() + 1000000000
        while time.monotonic_ns() < ends:
            pass
        print("over")
    """)
    assert "over" in lines(device)


def test_a_negative_sleep_is_refused(run: Run) -> None:
    assert "ValueError: sleep length must be non-negative" in lines(
        run("import time; time.sleep(-1)")
    )


def test_pins_keep_their_contract(run: Run) -> None:
    device = run(
        """
        import board, digitalio, time
        relay = digitalio.DigitalInOut(board.GP15)
        try:
            relay.value = True
        except AttributeError as error:
            print(error)
        relay.switch_to_output(value=True)
        print(relay.value)
        button = digitalio.DigitalInOut(board.GP14)
        button.switch_to_input(pull=digitalio.Pull.UP)
        print(button.value)
        reset = digitalio.DigitalInOut(board.GP2)
        reset.switch_to_output(value=True, drive_mode=digitalio.DriveMode.OPEN_DRAIN)
        time.sleep(30)
        """,
        seconds=2,
    )
    assert lines(device) == ["Not an output", "True", "True"]
    assert device.outlet.relay.contact
    assert (
        device.outlet.relay.closings == 3
    )  # one switching with two bounces, and no glitch before


def test_going_to_output_high_does_not_pulse_low(run: Run) -> None:
    device = run("import time; time.sleep(3)", seconds=1)
    levels: list[bool | None] = []
    device.board.pins["GP15"].on_change = levels.append
    gpio = device.board.pins["GP15"]
    with gpio.settling():
        gpio.drive()
        gpio.write(False)
        gpio.write(True)
    assert levels == [True]


def test_pwm_stores_the_duty_and_lights_the_led(run: Run) -> None:
    device = run(
        """
        import board, pwmio, time
        led = pwmio.PWMOut(board.LED, frequency=1000, duty_cycle=65535)
        print(led.duty_cycle, led.frequency)
        try:
            led.frequency = 5
        except AttributeError:
            print("fixed")
        time.sleep(30)
        """,
        seconds=2,
    )
    assert lines(device) == ["65535 1000", "fixed"]
    assert device.lit


def test_randomness_follows_the_seed_in_a_virtual_world(run: Run) -> None:
    code = "import os, random; print(os.urandom(8).hex(), random.getrandbits(32))"
    first = lines(run(code, world=World(seed=3)))
    assert lines(run(code, world=World(seed=3))) == first
    assert lines(run(code, world=World(seed=4))) != first


def test_the_chips_clock_starts_in_2000_and_can_be_set(run: Run) -> None:
    device = run("""
        import rtc, time
        print(time.time(), time.localtime()[:3])
        rtc.RTC().datetime = time.struct_time((2026, 11, 21, 18, 0, 0, 5, 325, -1))
        print(time.localtime()[:5], type(time.time()).__name__)
    """)
    assert lines(device)[:2] == ["946684801 (2000, 1, 1)", "(2026, 11, 21, 18, 0) int"]


def test_what_is_printed_comes_as_lines(run: Run) -> None:
    device = run(
        "print('a', 1, sep='-', end=''); print('b\\nc'); import sys; sys.stdout.write('d\\n')"
    )
    assert lines(device)[:3] == ["a-1b", "c", "d"]


def test_boot_may_say_what_the_board_is_to_a_computer(run: Run) -> None:
    device = run(
        "import supervisor; print(supervisor.runtime.usb_connected)",
        files={
            "boot.py": """
                import storage, supervisor, usb_cdc, usb_hid, usb_midi
                storage.disable_usb_drive()
                usb_cdc.disable()
                usb_hid.disable()
                usb_midi.disable()
                supervisor.set_usb_identification("Kickwatt", "Charger")
                print("booted")
            """
        },
    )
    assert lines(device)[:2] == ["booted", "False"]


def test_a_firmware_can_show_its_own_tracebacks(run: Run) -> None:
    device = run("""
        import traceback
        try:
            1 / 0
        except ZeroDivisionError as error:
            traceback.print_exception(error)
        print("goes on")
    """)
    assert "ZeroDivisionError: division by zero" in lines(device)
    assert "goes on" in lines(device)


def test_exit_ends_the_firmware_without_a_traceback(run: Run) -> None:
    device = run("import sys; print('a'); sys.exit(1); print('b')")
    assert lines(device) == ["a", "[code done, waiting for reload]"]


def test_a_module_that_fails_fails_again_at_the_next_import(run: Run) -> None:
    device = run(
        """
        for _ in range(2):
            try:
                import broken
            except ValueError as error:
                print(error)
        """,
        files={"broken.py": "raise ValueError('broken')"},
    )
    assert lines(device)[:2] == ["broken", "broken"]


def test_a_relative_import_needs_a_package(run: Run) -> None:
    device = run("from . import something")
    assert "ImportError: can't perform relative import" in lines(device)


def test_delay_us_and_the_processor(run: Run) -> None:
    device = run("""
        import microcontroller, time
        began = time.monotonic_ns()
        microcontroller.delay_us(5000)
        print((time.monotonic_ns() - began) // 1000000, microcontroller.cpu.temperature > 0)
        print(len(microcontroller.cpu.uid), microcontroller.pin.GPIO15)
    """)
    assert lines(device)[:2] == ["5 True", "8 microcontroller.pin.GPIO15"]
