"""What a Raspberry Pi Pico 2 with CircuitPython has.

Generated from circuitpython-stubs 10.3.1, `board_definitions/raspberry_pi_pico2`.
"""

from typing import Final

BOARD_ID: Final = "raspberry_pi_pico2"
NVM_BYTES: Final = 4096

# Names in the module `board` and the GPIO behind each.
PINS: Final = {
    **{f"GP{number}": number for number in range(23)},
    "SMPS_MODE": 23,
    "GP23": 23,
    "VBUS_SENSE": 24,
    "GP24": 24,
    "LED": 25,
    "GP25": 25,
    "GP26_A0": 26,
    "GP26": 26,
    "A0": 26,
    "GP27_A1": 27,
    "GP27": 27,
    "A1": 27,
    "GP28_A2": 28,
    "GP28": 28,
    "A2": 28,
    "A3": 29,
    "VOLTAGE_MONITOR": 29,
}
