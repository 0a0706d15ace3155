"""`busio`: Blinka's UART, which here takes everything after the pins by keyword only, as the board does."""

from typing import Any

from ..board import blinka
from ..board.board import Board


def make(_board: Board) -> dict[str, Any]:
    """Return the module's content."""
    real = blinka.load("busio")

    class UART(real.UART):  # type: ignore[misc, name-defined]
        """A UART on one of the board's pairs of pins."""

        def __init__(
            self,
            tx: blinka.Pin,
            rx: blinka.Pin,
            *,
            baudrate: int = 9600,
            bits: int = 8,
            parity: object = None,
            stop: int = 1,
            timeout: float = 1,
            receiver_buffer_size: int = 64,
        ) -> None:
            for pin in (tx, rx):
                if pin.id.claimed:
                    raise ValueError(f"{pin.id} in use")
            super().__init__(
                tx,
                rx,
                baudrate=baudrate,
                bits=bits,
                parity=parity,
                stop=stop,
                timeout=timeout,
                receiver_buffer_size=receiver_buffer_size,
            )
            self._pins = (tx, rx)
            for pin in self._pins:
                pin.id.claimed = True

        @property
        def in_waiting(self) -> int:
            # As Blinka's, without its search for what the UART can do.
            return int(self._uart.in_waiting)

        def deinit(self) -> None:
            super().deinit()
            for pin in self._pins:
                pin.id.claimed = False

    return {"UART": UART}
