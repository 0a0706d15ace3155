"""Constants of the Kickwatt integration."""

from typing import Final

DOMAIN: Final = "kickwatt"

MANUFACTURER: Final = "Kickwatt"

EVENT_CHARGE: Final = "kickwatt_charge"
"""Fired for the activity when a charge ends and when a safety stop trips."""

DOCUMENTATION: Final = (
    "https://github.com/kickwatt/kickwatt/blob/main/docs/home-assistant.md"
)
