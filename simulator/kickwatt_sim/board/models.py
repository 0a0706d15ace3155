"""The boards that can be simulated: what CircuitPython gives them, and where the parts of a charger are wired to them.

`boards.json` comes from circuitpython-stubs, by scripts/render_boards.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
import json
from pathlib import Path
from typing import Any, Final

# CircuitPython's core always has them, so the definitions of boards do not list them.
_ALWAYS_THERE: Final = {"gc", "micropython"}


@dataclass(frozen=True)
class Wiring:
    """Names of the pins; `meter` is None where the board has no second UART to spare."""

    modem: tuple[str, str]
    modem_reset: str
    modem_power_key: str
    modem_supply: str
    meter: tuple[str, str] | None
    voltage: str
    current: str
    button: str
    relay: str


# As firmware/kickwatt/pins.py.
_PICO: Final = Wiring(
    modem=("GP0", "GP1"),
    modem_reset="GP2",
    modem_power_key="GP3",
    modem_supply="GP6",
    meter=("GP4", "GP5"),
    voltage="GP26",
    current="GP27",
    button="GP14",
    relay="GP15",
)
# Its second UART has no receiving pin at the edge of the board, so the analog pair is the sensor.
_XIAO: Final = Wiring(
    modem=("D6", "D7"),
    modem_reset="D8",
    modem_power_key="D10",
    modem_supply="D9",
    meter=None,
    voltage="A0",
    current="A1",
    button="D4",
    relay="D5",
)


@dataclass(frozen=True)
class Model:
    """A kind of board. `pins` are the names in its module `board`, and the chip's name of each pin."""

    id: str
    name: str
    chip: str
    platform: str
    frequency_hz: int
    nvm_bytes: int
    pins: Mapping[str, str]
    modules: frozenset[str]
    wiring: Wiring

    @property
    def machine(self) -> str:
        """What CircuitPython calls the board, in `os.uname()`."""
        return f"{self.name} with {self.chip}"


_BOARDS: Final[dict[str, dict[str, Any]]] = json.loads(
    (Path(__file__).parent / "boards.json").read_text("utf-8")
)
# Chip, its platform and its usual clock.
_RP2040: Final = ("rp2040", "RP2040", 125_000_000)
_RP2350: Final = ("rp2350a", "RP2350", 150_000_000)


def _model(id_: str, chip: tuple[str, str, int], wiring: Wiring) -> Model:
    found = _BOARDS[id_]
    return Model(
        id_,
        found["name"],
        *chip,
        found["nvm_bytes"],
        found["pins"],
        frozenset(found["modules"]) | _ALWAYS_THERE,
        wiring,
    )


# By the names that people type.
MODELS: Final = {
    "pico": _model("raspberry_pi_pico", _RP2040, _PICO),
    "pico_w": _model("raspberry_pi_pico_w", _RP2040, _PICO),
    "pico2": _model("raspberry_pi_pico2", _RP2350, _PICO),
    "pico2_w": _model("raspberry_pi_pico2_w", _RP2350, _PICO),
    "xiao_rp2040": _model("seeeduino_xiao_rp2040", _RP2040, _XIAO),
}
USUAL: Final = "pico2"
USUAL_WITH_WIFI: Final = "pico2_w"
