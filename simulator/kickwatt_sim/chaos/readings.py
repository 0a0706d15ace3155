"""What the meter told the board, heard at its wires: the PZEM's frames, or the bursts of samples that the analog pair was asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
import struct
from typing import TYPE_CHECKING, Final

from ..parts.pzem import crc16

if TYPE_CHECKING:
    from ..device import Device

# Bursts of the current that make one reading.
_BURSTS: Final = 3


@dataclass(frozen=True)
class Seen:
    """One good reading. Of the analog pair the last two are VA and VAh."""

    at_s: float
    volts: float
    amperes: float
    watts: float
    watt_hours: float

    @property
    def possible(self) -> bool:
        """Whether a board may believe it."""
        return 80 <= self.volts <= 300 and self.amperes <= 100


type Take = Callable[[Seen], None]


def hear_pzem(device: Device, take: Take) -> None:
    """Listen to the line between meter and board."""
    wires = device.board.model.wiring.meter
    assert wires is not None

    def hear(who: str, data: bytes) -> None:
        if who == "part" and len(data) == 25 and crc16(data[:23]) == _crc_of(data):
            seen = _read(data, device.world.now_s)
            if seen is not None:
                take(seen)

    device.board.ports[wires].line.on_traffic.append(hear)


def hear_analog(device: Device, take: Take) -> None:
    """Count the bursts at the two pins. What they show is what the outlet has, unless an input is stuck."""
    ear = _AnalogEar(device, take)
    wiring, pins = device.board.model.wiring, device.board.pins
    for name, hear in ((wiring.voltage, ear.voltage), (wiring.current, ear.current)):
        pins[name].analog = _overheard(pins[name].analog, hear)


type _Samples = Callable[[int, int, int], Sequence[float]]


def _overheard(samples: _Samples, hear: Callable[[], None]) -> _Samples:
    def burst(first_ns: int, step_ns: int, count: int) -> Sequence[float]:
        hear()
        return samples(first_ns, step_ns, count)

    return burst


class _AnalogEar:
    def __init__(self, device: Device, take: Take) -> None:
        self._device = device
        self._take = take
        self._bursts = 0
        self._sound = False
        self._last: Seen | None = None

    def voltage(self) -> None:
        self._bursts = 0
        self._sound = self._device.front_end.voltage_stuck_v is None

    def current(self) -> None:
        self._bursts += 1
        if self._device.front_end.current_stuck_v is not None:
            self._sound = False
        if self._bursts == _BURSTS and self._sound:
            seen = self._measured()
            if seen.possible:
                self._last = seen
                self._take(seen)

    def _measured(self) -> Seen:
        """Return what a meter without noise would say."""
        world, outlet, last = self._device.world, self._device.outlet, self._last
        volts, watts = outlet.mains.voltage(world.now_ns), outlet.power_w()
        va = watts / outlet.charger.power_factor(watts) if watts and volts else 0.0
        hours = 0.0 if last is None else (world.now_s - last.at_s) / 3600
        before = 0.0 if last is None else last.watt_hours
        amperes = va / volts if volts else 0.0
        return Seen(world.now_s, volts, amperes, va, before + va * hours)


def _crc_of(frame: bytes) -> int:
    return int.from_bytes(frame[23:], "little")


def _read(frame: bytes, now_s: float) -> Seen | None:
    """Return what a whole frame says, or None when no meter can have measured it."""
    if frame[:3] != b"\x01\x04\x14":
        return None
    volts, a_low, a_high, w_low, w_high, e_low, e_high, _hz, factor, _alarm = (
        struct.unpack(">10H", frame[3:23])
    )
    seen = Seen(
        now_s,
        volts / 10,
        (a_low | a_high << 16) / 1000,
        (w_low | w_high << 16) / 10,
        e_low | e_high << 16,
    )
    if factor > 100 or seen.watts > seen.volts * seen.amperes * 1.1 + 2.1:
        return None
    return seen if seen.possible else None
