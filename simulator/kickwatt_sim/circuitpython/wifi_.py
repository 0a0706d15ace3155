"""`wifi`: the board's radio, as CircuitPython's port for the Raspberry Pi has it.

`connect` leaves the network first, and then waits for its time only: joining goes on, and `connected` tells the rest
(ports/raspberrypi/common-hal/wifi/Radio.c). `ap_info` is not implemented there.
"""

from typing import Any

from ..board.board import Board
from ..world import MILLISECOND, nanoseconds

_USUAL_TIMEOUT_S = 8.0
_LEAVE_NS = 500 * MILLISECOND


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode()


def make(board: Board) -> dict[str, Any]:
    """Return the module's content."""
    station = board.radio

    class Radio:
        """The only radio; firmware cannot make another."""

        @property
        def enabled(self) -> bool:
            return bool(station.enabled)

        @enabled.setter
        def enabled(self, on: bool) -> None:
            board.work()
            if station.enabled and not on:
                self.stop_station()
            station.enabled = bool(on)

        @property
        def connected(self) -> bool:
            board.work()
            return bool(station.joined)

        @property
        def ipv4_address(self) -> str | None:
            board.work()
            return station.address

        @property
        def ipv4_dns(self) -> str | None:
            board.work()
            return station.resolver

        @property
        def ap_info(self) -> object:
            raise NotImplementedError

        def stop_station(self) -> None:
            busy = station.joining is not None or station.joined
            station.leave()
            board.work(_LEAVE_NS if busy else MILLISECOND)

        def start_station(self) -> None:
            board.work()

        def connect(
            self,
            ssid: str | bytes,
            password: str | bytes = b"",
            *,
            channel: int = 0,
            bssid: object = None,
            timeout: float | None = None,
        ) -> None:
            if not station.enabled:
                raise RuntimeError("WiFi is not enabled")
            if not 1 <= len(_text(ssid).encode()) <= 32:
                raise ValueError("ssid length must be 1-32")
            if password and not 8 <= len(_text(password).encode()) <= 64:
                raise ValueError("password length must be 8-64")
            if station.joined:
                return
            self.stop_station()
            station.join(_text(ssid), _text(password))
            wait_s = timeout if timeout and timeout > 0 else _USUAL_TIMEOUT_S
            until_ns = board.world.now_ns + nanoseconds(wait_s)
            board.sleep_until(until_ns, lambda: station.joining is None)
            if station.failure:
                raise ConnectionError(station.failure)
            if not station.joined:
                raise ConnectionError("Unknown failure 1")

    return {"radio": Radio(), "Radio": Radio}
