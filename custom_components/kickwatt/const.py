"""Constants of the Kickwatt integration."""

from typing import Final

DOMAIN: Final = "kickwatt"

MANUFACTURER: Final = "Kickwatt"

EVENT_SAFETY_STOP: Final = "kickwatt_safety_stop"
"""Fired for the activity, which cannot say why from a state alone."""

DOCUMENTATION: Final = (
    "https://github.com/kickwatt/kickwatt/blob/main/docs/home-assistant.md"
)
