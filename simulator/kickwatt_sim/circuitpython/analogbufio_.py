"""`analogbufio`: many samples at the hardware's own pace.

Reference: CircuitPython, `ports/raspberrypi/common-hal/analogbufio/BufferedIn.c` and `shared-bindings/analogbufio/`. A second
`readinto` of the same object gives bad data (adafruit/circuitpython issue 7956, open), and so it does here. Reading in a
loop is not simulated.
"""

from array import array
from types import TracebackType
from typing import Any, Self

from ..board import blinka
from ..board.board import Board
from ..world import SECOND
from .analogio_ import check

_CLOCK_HZ = 48_000_000
_SLOWEST_HZ, _FASTEST_HZ = _CLOCK_HZ // 65_536, _CLOCK_HZ // 96


def make(board: Board) -> dict[str, Any]:
    """Return the module's content."""

    class BufferedIn:
        """One pin of the converter."""

        def __init__(self, pin: blinka.Pin, *, sample_rate: int) -> None:
            check(pin)
            if not _SLOWEST_HZ <= sample_rate <= _FASTEST_HZ:
                raise ValueError(f"sample_rate must be {_SLOWEST_HZ}-{_FASTEST_HZ}")
            board.work()
            pin.id.claimed = True
            self._pin: blinka.Pin | None = pin
            self._step_ns = SECOND // sample_rate
            self._used = False

        def readinto(self, buffer: Any, loop: bool = False) -> int:
            if self._pin is None:
                raise ValueError(
                    "Object has been deinitialized and can no longer be used. Create a new object."
                )
            if loop:
                raise NotImplementedError("no loop in the simulator")
            wide = isinstance(buffer, array) and buffer.typecode == "H"
            if not (wide or isinstance(buffer, bytearray)):
                raise ValueError(
                    "buffer must be a bytearray or array of type 'H' or 'B'"
                )
            began_ns, count = board.world.now_ns, len(buffer)
            board.sleep_until(began_ns + count * self._step_ns)
            samples = board.converter.sample(
                self._pin.id, began_ns, self._step_ns, count
            )
            if self._used:
                samples = samples[::-7] * 7
            self._used = True
            for index in range(count):
                buffer[index] = samples[index] if wide else samples[index] >> 8
            return count

        def deinit(self) -> None:
            if self._pin is not None:
                self._pin.id.reset()
            self._pin = None

        def __enter__(self) -> Self:
            return self

        def __exit__(
            self,
            _kind: type[BaseException] | None,
            _error: BaseException | None,
            _trace: TracebackType | None,
        ) -> None:
            self.deinit()

    return {"BufferedIn": BufferedIn}
