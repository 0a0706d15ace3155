"""The board's UART as a firmware meets it: strict, slow, and with little room."""

import pytest

from .conftest import Run

OPEN = """
import board, busio, time
uart = busio.UART(board.GP0, board.GP1, baudrate=9600, timeout={timeout}{more})
time.sleep(2)
"""


class Talker:
    """A part that says something by itself."""

    def __init__(self) -> None:
        self.heard: list[tuple[float, bytes, int]] = []

    def receive(self, data: bytes, baud: int) -> None:
        self.heard.append((self.now(), data, baud))

    def now(self) -> float:
        return 0.0


def talk(
    run: Run,
    code: str,
    *said: tuple[float, bytes],
    timeout: float = 0.1,
    more: str = "",
) -> tuple[list[str], Talker]:
    """Run a firmware with a talker on the modem's line that says (at second, bytes); return the console."""
    device = run(OPEN.format(timeout=timeout, more=more) + code, seconds=1.0)
    line, talker = device.board.ports["GP0", "GP1"].line, Talker()
    line.part = talker
    talker.now = lambda: device.world.now_s  # type: ignore[method-assign]
    for at_s, data in said:
        device.world.after(
            at_s - device.world.now_s, lambda data=data: line.send(data, baud=9600)
        )
    device.run_for(30)
    return list(device.console.lines), talker


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ("board.GP0, board.GP1, 9600", "TypeError"),
        ("board.GP0, board.GP1, baud=9600", "TypeError"),
        ("board.GP0, board.GP4", "ValueError"),
        ("board.GP1, board.GP0", "ValueError"),
        ("board.GP0, board.GP1, receiver_buffer_size=0", "ValueError"),
    ],
)
def test_what_the_board_refuses_is_refused(
    run: Run, arguments: str, complaint: str
) -> None:
    device = run(f"import board, busio\nbusio.UART({arguments})")
    assert any(line.startswith(complaint) for line in device.console.lines)


def test_pins_and_hardware_can_be_used_once(run: Run) -> None:
    device = run("""
        import board, busio, digitalio
        uart = busio.UART(board.GP0, board.GP1)
        try:
            digitalio.DigitalInOut(board.GP0)
        except ValueError as error:
            print(error)
        try:
            busio.UART(board.GP0, board.GP1)
        except ValueError as error:
            print(error)
        uart.deinit()
        digitalio.DigitalInOut(board.GP0).deinit()
        busio.UART(board.GP0, board.GP1)
        print("again")
    """)
    assert list(device.console.lines)[:3] == [
        "microcontroller.pin.GPIO0 in use",
        "microcontroller.pin.GPIO0 in use",
        "again",
    ]


def test_the_default_buffer_keeps_64_bytes_and_the_hardware_32_more(run: Run) -> None:
    said = bytes(range(200))
    console, _ = talk(run, "print(len(uart.read()))", (2.0, said))
    assert console[0] == "96"
    console, _ = talk(
        run, "print(len(uart.read()))", (2.0, said), more=", receiver_buffer_size=512"
    )
    assert console[0] == "200"


def test_overflow_loses_the_newest(run: Run) -> None:
    console, _ = talk(run, "print(list(uart.read())[-2:])", (2.0, bytes(range(200))))
    assert console[0] == "[94, 95]"


def test_bytes_take_their_time(run: Run) -> None:
    code = """
began = time.monotonic_ns()
print(len(uart.read(96)), (time.monotonic_ns() - began) // 1000000)
print(uart.in_waiting)
"""
    console, _ = talk(run, code, (3.5, bytes(96)), timeout=2)
    assert console[:2] == ["96 399", "0"]


def test_a_read_ends_when_the_line_is_silent(run: Run) -> None:
    console, _ = talk(
        run, "print(uart.read(10)); print(uart.read(10))", (3.25, b"abc"), timeout=0.2
    )
    assert console[:2] == ["b'abc'", "None"]


def test_a_zero_timeout_returns_what_is_there(run: Run) -> None:
    code = """
print(uart.read(5), uart.in_waiting)
time.sleep(3)
print(uart.in_waiting, uart.read(2), uart.read(9), uart.read(9))
"""
    console, _ = talk(run, code, (4.0, b"abcd"), timeout=0)
    assert console[:2] == ["None 0", "4 b'ab' b'cd' None"]


def test_readline_and_readinto(run: Run) -> None:
    code = """
print(uart.readline(), uart.readline(), uart.readline())
buffer = bytearray(4)
time.sleep(3)
print(uart.readinto(buffer), buffer)
print(uart.readinto(buffer))
"""
    console, _ = talk(run, code, (3.0, b"one\r\ntwo"), (5.0, b"xyz"), timeout=0.1)
    assert console[0] == "b'one\\r\\n' b'two' None"
    assert console[1:3] == ["3 bytearray(b'xyz\\x00')", "None"]


def test_reset_input_buffer_forgets(run: Run) -> None:
    console, _ = talk(
        run,
        "time.sleep(2); uart.reset_input_buffer(); print(uart.read())",
        (3.5, b"old"),
    )
    assert console[0] == "None"


def test_writing_takes_its_time_and_arrives_whole(run: Run) -> None:
    code = """
began = time.monotonic_ns()
print(uart.write(b"x" * 128), (time.monotonic_ns() - began) // 1000000)
"""
    console, talker = talk(run, code)
    assert console[0] == "128 100"
    ((at_s, data, baud),) = talker.heard
    assert (data, baud) == (b"x" * 128, 9600)
    assert at_s == pytest.approx(3.2 + 128 * 10 / 9600, abs=0.01)


def test_another_baud_rate_is_heard_as_noise(run: Run) -> None:
    console, _ = talk(
        run,
        "uart.baudrate = 19200; time.sleep(1); print(uart.read() == b'abc')",
        (3.5, b"abc"),
    )
    assert console[0] == "False"
