"""A PZEM-004T v3 energy meter: Modbus RTU, 9600 baud, one slave.

Register map and behaviour: Peacefair, *PZEM-004T V3.0 User Manual*. Real power below 0.4 W and currents below 10 mA read
as nothing; values renew every 200 ms; the meter's own chip lives on the mains, so without mains there is no answer.
"""

from collections.abc import Callable
import struct
from typing import Final, Protocol

from ..world import MILLISECOND, World
from .outlet import Outlet

_BAUD: Final = 9600
_ANSWER_NS: Final = 30 * MILLISECOND
_RENEW_NS: Final = 200 * MILLISECOND
_FRAME_GAP_NS: Final = 50 * MILLISECOND
# It measures from 80 V on and lives on what it measures; a little less does as well.
_LEAST_V: Final = 70.0
_GENERAL_ADDRESS: Final = 0xF8
_READ_HOLDING, _READ_INPUT, _WRITE_SINGLE, _RESET_ENERGY = 0x03, 0x04, 0x06, 0x42
_ILLEGAL_FUNCTION, _ILLEGAL_ADDRESS, _ILLEGAL_DATA = 0x01, 0x02, 0x03


def _crc_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
        table.append(crc)
    return tuple(table)


_CRC_TABLE: Final = _crc_table()


def crc16(data: bytes) -> int:
    """Return the CRC-16/Modbus of the data."""
    crc = 0xFFFF
    for byte in data:
        crc = (crc >> 8) ^ _CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc


def framed(payload: bytes) -> bytes:
    """Return the payload with its CRC, low byte first."""
    return payload + struct.pack("<H", crc16(payload))


class Line(Protocol):
    """Where the meter's answers go."""

    def send(self, data: bytes, *, baud: int, at_ns: int = 0) -> int:
        """Put bytes on the line from `at_ns` on; return when the last has arrived."""


class Pzem:
    """The meter in front of an outlet."""

    def __init__(self, world: World, outlet: Outlet, line: Line) -> None:
        """Make a meter with address 1 whose energy counter stands at zero."""
        self._world = world
        self._outlet = outlet
        self._line = line
        self.address = 1
        self.alarm_w = 2300
        self.silent = False
        # The wiring sends back what the board says.
        self.echoes = False
        # Each may look at the ten registers on their way out and return others.
        self.distortions: list[Callable[[tuple[int, ...]], tuple[int, ...]]] = []
        # Each may change or drop (return nothing of) a whole answer.
        self.interference: list[Callable[[bytes], bytes]] = []
        self._energy_zero_wh = 0.0
        self._received = b""
        self._received_ns = 0
        self._renewed = -1
        self._registers: tuple[int, ...] = ()

    def receive(self, data: bytes, baud: int) -> None:
        """Take what the board has sent."""
        if self.echoes:
            self._line.send(data, baud=baud)
        if baud != _BAUD or self.silent or not self.has_supply():
            return
        if self._world.now_ns - self._received_ns > _FRAME_GAP_NS:
            self._received = b""
        self._received_ns = self._world.now_ns
        self._received += data
        length = 4 if self._received[1:2] == bytes([_RESET_ENERGY]) else 8
        if len(self._received) < length:
            return
        frame, self._received = self._received[:length], b""
        if crc16(frame[:-2]) != int.from_bytes(frame[-2:], "little"):
            return
        if frame[0] not in (self.address, _GENERAL_ADDRESS):
            return
        answer = framed(bytes([self.address]) + self._answer(frame[1], frame[2:-2]))
        for disturb in self.interference:
            answer = disturb(answer)
        if answer:
            self._line.send(answer, baud=_BAUD, at_ns=self._world.now_ns + _ANSWER_NS)

    def has_supply(self) -> bool:
        """Whether the mains suffice for its own chip."""
        return self._outlet.mains.steady_v(self._world.now_ns) >= _LEAST_V

    def registers(self) -> tuple[int, ...]:
        """Return the ten input registers as they read now."""
        renewed = self._world.now_ns // _RENEW_NS
        if renewed != self._renewed:
            self._renewed = renewed
            self._registers = self._measure()
        registers = self._registers
        for distort in self.distortions:
            registers = distort(registers)
        return registers

    def energy_wh(self) -> float:
        """Return what the energy counter stands at."""
        return self._outlet.charger.wall_wh - self._energy_zero_wh

    def _measure(self) -> tuple[int, ...]:
        volts, amperes, watts, factor = self._outlet.measure()
        if amperes < 0.010 or watts < 0.4:
            amperes = watts = factor = 0.0
        milliamperes, deciwatts, watt_hours = (
            round(amperes * 1000),
            round(watts * 10),
            int(self.energy_wh()),
        )
        return (
            round(volts * 10),
            milliamperes & 0xFFFF,
            milliamperes >> 16,
            deciwatts & 0xFFFF,
            deciwatts >> 16,
            watt_hours & 0xFFFF,
            watt_hours >> 16,
            round(self._outlet.mains.frequency_hz * 10),
            round(factor * 100),
            0xFFFF if watts > self.alarm_w else 0,
        )

    def _answer(self, function: int, body: bytes) -> bytes:
        if function == _RESET_ENERGY:
            self._energy_zero_wh += self.energy_wh()
            self._renewed = -1
            return bytes([function])
        if function not in (_READ_HOLDING, _READ_INPUT, _WRITE_SINGLE):
            return bytes([function | 0x80, _ILLEGAL_FUNCTION])
        first, second = struct.unpack(">HH", body)
        if function == _WRITE_SINGLE:
            return self._write(first, second, body)
        registers = (
            self.registers()
            if function == _READ_INPUT
            else (0, self.alarm_w, self.address)
        )
        if second == 0 or first + second > len(registers):
            return bytes([function | 0x80, _ILLEGAL_ADDRESS])
        values = registers[first : first + second]
        return bytes([function, 2 * second]) + struct.pack(f">{second}H", *values)

    def _write(self, register: int, value: int, body: bytes) -> bytes:
        if register == 1:
            self.alarm_w = value
        elif register == 2:
            if not 1 <= value <= 247:
                return bytes([_WRITE_SINGLE | 0x80, _ILLEGAL_DATA])
            self.address = value
        else:
            return bytes([_WRITE_SINGLE | 0x80, _ILLEGAL_ADDRESS])
        return bytes([_WRITE_SINGLE]) + body
