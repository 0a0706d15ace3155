"""PZEM-004T v3.0 / v4.0: Modbus RTU over a TTL UART at 9600 8N1, read without waiting in one place.

Peacefair's manual: function 04, ten registers from 0; 32-bit values have their low word first.
"""

import struct

from kickwatt import clock
from kickwatt.crc import crc16
from kickwatt.meter import MeterError, Reading, implausible

TYPE_CHECKING = False  # the board has no `typing`; checkers take the name for true
if TYPE_CHECKING:
    from collections.abc import Generator

    from busio import UART

BAUD = 9600
REQUEST = b"\x01\x04\x00\x00\x00\x0a\x70\x0d"
_REPLY_BYTES = 25
_TIMEOUT_MS = 300  # 25 bytes take 26 ms, the meter answers within about 100 ms
_FIRST_MS = 60
_POLL_MS = 20


class Pzem:
    """A meter on its own UART."""

    def __init__(self, uart: UART) -> None:
        self._uart = uart

    def read(self) -> Generator[int, None, Reading]:
        """Ask once and wait for the answer, step by step."""
        self._uart.reset_input_buffer()
        self._uart.write(REQUEST)
        deadline = clock.now_ms() + _TIMEOUT_MS
        received = b""
        yield _FIRST_MS
        while clock.now_ms() < deadline:
            waiting = self._uart.in_waiting
            if waiting:
                received = without_echo(received + (self._uart.read(waiting) or b""))
            if len(received) >= _REPLY_BYTES:
                return parse(received[:_REPLY_BYTES])
            yield _POLL_MS
        raise MeterError(
            "%d of %d bytes" % (len(received), _REPLY_BYTES)
            if received
            else "no answer"
        )


def without_echo(received: bytes) -> bytes:
    """Drop our own request where the wiring sends it back (esphome issue 4746)."""
    if received.startswith(REQUEST):
        return received[len(REQUEST) :]
    return received


def parse(frame: bytes) -> Reading:
    """Return the reading in a reply of 25 bytes, or raise `MeterError`."""
    if frame[:3] != b"\x01\x04\x14":
        raise MeterError("not a reply")
    if struct.unpack("<H", frame[23:25])[0] != crc16(frame[:23]):
        raise MeterError("CRC")
    (
        voltage,
        amps_low,
        amps_high,
        watts_low,
        watts_high,
        wh_low,
        wh_high,
        _hertz,
        factor,
        _alarm,
    ) = struct.unpack(">10H", frame[3:23])
    reading = Reading(
        voltage,
        amps_low | amps_high << 16,
        watts_low | watts_high << 16,
        wh_low | wh_high << 16,
        factor,
    )
    reason = implausible(reading)
    if reason:
        raise MeterError("implausible: " + reason)
    return reading
