"""The board's memory: bytes, wear, and what a power cut leaves of a write."""

from pathlib import Path

import pytest

from kickwatt_sim import Device, ResetReason, World
from kickwatt_sim.board.flash import ERASE_NS, PROGRAM_NS, ByteArray, FlashImage

from .conftest import Run


class Power:
    """Stands for the board: it lets time pass, or fails at a given write."""

    def __init__(self, fails_at: int = 0) -> None:
        self.spent: list[int] = []
        self.fails_at = fails_at

    def busy(self, time_ns: int) -> None:
        self.spent.append(time_ns)
        if len(self.spent) == self.fails_at:
            raise ConnectionAbortedError


def memory(fails_at: int = 0) -> tuple[FlashImage, ByteArray, Power]:
    image, power = FlashImage(), Power(fails_at)
    return image, ByteArray(image, power.busy), power


def test_it_is_4096_bytes_and_starts_erased() -> None:
    _, nvm, _ = memory()
    assert len(nvm) == 4096
    assert bool(nvm)
    assert nvm[0] == nvm[-1] == 0xFF
    assert nvm[0:3] == bytearray(b"\xff\xff\xff")


def test_erased_bytes_are_programmed_without_wear() -> None:
    image, nvm, power = memory()
    nvm[0:4] = b"abcd"
    nvm[4:6] = b"ef"
    nvm[-1] = 7
    assert bytes(image.content[:6]) == b"abcdef"
    assert image.content[4095] == 7
    assert (image.erases, image.programs) == (0, 3)
    assert power.spent == [PROGRAM_NS] * 3


def test_anything_else_erases_the_sector_and_keeps_the_rest() -> None:
    image, nvm, power = memory()
    nvm[0:4] = b"abcd"
    nvm[1:3] = b"XY"
    assert bytes(image.content[:5]) == b"aXYd\xff"
    assert (image.erases, image.programs) == (1, 2)
    assert power.spent[-2:] == [ERASE_NS, PROGRAM_NS]


def test_writing_what_is_there_costs_nothing() -> None:
    image, nvm, _ = memory()
    nvm[0:2] = b"ab"
    nvm[0:2] = b"ab"
    assert image.programs == 1


def test_a_power_cut_in_an_erase_loses_everything() -> None:
    image, nvm, _ = memory(fails_at=2)
    nvm[0:4] = b"abcd"
    with pytest.raises(ConnectionAbortedError):
        nvm[0:1] = b"X"
    assert bytes(image.content[:4]) == b"\xff\xff\xff\xff"


def test_a_power_cut_in_a_program_leaves_a_part() -> None:
    image, nvm, _ = memory(fails_at=1)
    with pytest.raises(ConnectionAbortedError):
        nvm[0:4] = b"abcd"
    assert bytes(image.content[:4]) == b"ab\xff\xff"


@pytest.mark.parametrize(
    ("index", "value", "error"),
    [
        (slice(0, 3), b"ab", ValueError),
        (slice(0, 2), "ab", TypeError),
        (slice(0, 4, 2), b"ab", NotImplementedError),
        (4096, 1, IndexError),
        (-4097, 1, IndexError),
        (0, 256, ValueError),
    ],
)
def test_what_the_board_refuses(
    index: int | slice, value: object, error: type[Exception]
) -> None:
    _, nvm, _ = memory()
    with pytest.raises(error):
        nvm[index] = value


def test_reading_in_steps_is_refused() -> None:
    _, nvm, _ = memory()
    with pytest.raises(NotImplementedError):
        nvm[0:4:2]


COUNT = """
import microcontroller
nvm = microcontroller.nvm
boot = nvm[0] + 1 if nvm[0] != 0xFF else 1
nvm[0] = boot
print("boot", boot)
"""


def test_it_survives_resets_and_the_process(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "board.nvm"
    device = run(COUNT, nvm=file)
    device.board.reset(ResetReason.RESET_PIN)
    device.run_for(5)
    assert "boot 2" in device.console.lines
    device.close()
    assert file.stat().st_size == 4096
    assert "boot 3" in run(COUNT, nvm=file).console.lines


def test_a_file_that_is_no_image_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("KICKWATT_ID = 1")
    with pytest.raises(ValueError, match=r"is not an image of 4096 bytes"):
        Device({}, world=World(), nvm=file)


def test_while_it_writes_the_uart_keeps_only_32_bytes(run: Run) -> None:
    device = run(
        """
        import board, busio, microcontroller, time
        uart = busio.UART(board.GP0, board.GP1, baudrate=9600, timeout=0.2, receiver_buffer_size=512)
        microcontroller.nvm[0] = 1
        time.sleep(2)
        microcontroller.nvm[0] = 2
        print(len(uart.read()))
        """,
        seconds=1.0,
    )
    line = device.board.ports["GP0", "GP1"].line
    line.part = None
    device.world.after(2.195, lambda: line.send(bytes(100), baud=9600))
    device.run_for(10)
    assert 60 < int(device.console.lines[0]) < 100
