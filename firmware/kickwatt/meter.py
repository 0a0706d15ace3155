"""What a meter says, and whether it can be true.

A meter is anything with `read()`, a task step (see `scheduler`) that returns a `Reading` or raises `MeterError`.
`pzem` is one, `analog` the other. A sensor that measures only volts and amperes leaves power, energy and power factor as None.
"""


class MeterError(Exception):
    """No reading this time. The text says why: silence, CRC, or a value that cannot be."""


class Reading:
    """One measurement, in the units of the wire (docs/protocol.md): 0.1 V, 1 mA, 0.1 W, 1 Wh, 0.01."""

    def __init__(
        self,
        voltage_dv: int,
        current_ma: int,
        power_dw: int | None = None,
        energy_wh: int | None = None,
        factor_c: int | None = None,
    ) -> None:
        self.voltage_dv = voltage_dv
        self.current_ma = current_ma
        self.power_dw = power_dw
        self.energy_wh = energy_wh
        self.factor_c = factor_c

    @property
    def load_dw(self) -> int:
        """Real power; without it the apparent power, which is never less, so that limits stay on the safe side."""
        if self.power_dw is None:
            return self.apparent_dva
        return self.power_dw

    @property
    def apparent_dva(self) -> int:
        """Volts times amperes in 0.1 VA: 0.1 V x 1 mA is 0.001 of that."""
        return self.voltage_dv * self.current_ma // 1000


def implausible(reading: Reading) -> str | None:
    """Return why no mains meter can have measured this, or None.

    PZEM-004T: 80..260 V, and now and then a frame of zeros with a good CRC (arendst/Tasmota issue 21297).
    Real power cannot exceed apparent power; 10 % and 2 W are left for rounding and for power near the start current.
    """
    if not 800 <= reading.voltage_dv <= 3000:
        return "%d dV" % reading.voltage_dv
    if reading.current_ma > 100_000:
        return "%d mA" % reading.current_ma
    if (
        reading.power_dw is not None
        and reading.power_dw > reading.apparent_dva * 11 // 10 + 20
    ):
        return "%d dW from %d dVA" % (reading.power_dw, reading.apparent_dva)
    if reading.factor_c is not None and reading.factor_c > 100:
        return "power factor %d" % reading.factor_c
    return None
