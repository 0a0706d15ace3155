"""What the earlier charges have taught about this charger: twelve bytes, one record of the journal."""

import struct

_TRUSTED = 2  # charges: the first could have been somebody else's battery
_IDLES = 8  # an ageing charger must show within weeks, one odd charge must not
_UNKNOWN = 0xFF


class Learned:
    """A value that grows by one charge at a time. Powers in mW, as `robust` has them."""

    def __init__(self, payload: bytes | None = None) -> None:
        self._charges = 0
        self._tau_min = 0
        self._plateau_dw = 0
        self._idles = bytes([_UNKNOWN] * _IDLES)  # 0.1 W, of the last charges
        if payload is not None:
            self._charges, self._tau_min, self._plateau_dw = struct.unpack(
                "<BBH", payload[:4]
            )
            self._idles = payload[4 : 4 + _IDLES]

    def packed(self) -> bytes:
        """Return the twelve bytes."""
        head = struct.pack("<BBH", self._charges, self._tau_min, self._plateau_dw)
        return head + self._idles

    @property
    def idle_mw(self) -> int | None:
        """What the charger draws at rest, or None until two charges are known.

        The lowest that was seen, not the mean: a charge that is cut a little early leaves a rest that is too high, and
        learning from that would make the next cut earlier still.
        """
        lowest = min(self._idles)
        if self._charges < _TRUSTED or lowest == _UNKNOWN:
            return None
        return lowest * 100

    @property
    def tau_s(self) -> int:
        """The usual time constant of the tail, 0 when none is known."""
        return self._tau_min * 60

    @property
    def plateau_mw(self) -> int:
        """The usual highest power, 0 when none is known."""
        return self._plateau_dw * 100

    def add(self, plateau_mw: int, tau_s: int | None, idle_mw: int | None) -> None:
        """Learn from one full charge; None where the charge did not show it."""
        plateau_dw = min(plateau_mw // 100, 0xFFFF)
        self._plateau_dw = _usual(self._plateau_dw, plateau_dw)
        if tau_s is not None:
            self._tau_min = _usual(self._tau_min, min(1 + tau_s // 60, 0xFF))
        idle = _UNKNOWN if idle_mw is None else min((idle_mw + 50) // 100, _UNKNOWN)
        self._idles = self._idles[1:] + bytes([idle])
        self._charges = min(self._charges + 1, 0xFF)


def _usual(before: int, now: int) -> int:
    return (3 * before + now + 2) // 4 if before else now
