"""Which modem and which meter hang on the board."""

from dataclasses import dataclass
from functools import cache
import random
from typing import Final

from ..board.models import USUAL, USUAL_WITH_WIFI
from ..device import Device

MODEMS: Final = ("sim800", "a7670", "wifi")
METERS: Final = ("pzem", "analog")
_WIFI: Final = {"KICKWATT_WIFI_SSID": "home", "KICKWATT_WIFI_PASSWORD": "garage door"}


@dataclass(frozen=True)
class Build:
    """What an owner has built: one of `MODEMS` and one of `METERS`."""

    modem: str = MODEMS[0]
    meter: str = METERS[0]

    def __str__(self) -> str:
        """Say it in two words."""
        return f"{self.modem}, {self.meter}"

    @property
    def board(self) -> str:
        """A board for it."""
        return USUAL_WITH_WIFI if self.modem == "wifi" else USUAL

    @property
    def settings(self) -> dict[str, str]:
        """Its part of settings.toml."""
        return {
            "KICKWATT_MODEM": self.modem,
            **(_WIFI if self.modem == "wifi" else {}),
            **(_calibration() if self.meter == "analog" else {}),
        }


@cache
def _calibration() -> dict[str, str]:
    with Device({}) as device:
        return device.analog_settings


USUAL_BUILD: Final = Build()


def draw_build(seed: int) -> Build:
    """Return the build that belongs to a seed. The analog front end, for which four times as much is computed, is one in ten."""
    luck = random.Random(f"build:{seed}")
    return Build(luck.choice(MODEMS), luck.choices(METERS, weights=(9, 1))[0])
