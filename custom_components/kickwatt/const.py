"""Constants of the Kickwatt integration."""

from typing import Final

DOMAIN: Final = "kickwatt"

MANUFACTURER: Final = "Kickwatt"

DOCUMENTATION: Final = (
    "https://github.com/kickwatt/kickwatt/blob/main/docs/home-assistant.md"
)
