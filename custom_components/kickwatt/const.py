"""Constants of the Kickwatt integration."""

from typing import Final

DOMAIN: Final = "kickwatt"

MANUFACTURER: Final = "Kickwatt"
