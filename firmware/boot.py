"""Runs once after a hard reset, before USB and before code.py."""

import board
import digitalio

# The pin is released again before code.py starts; the external pull-down keeps the contact open in between.
relay = digitalio.DigitalInOut(board.GP15)
relay.switch_to_output(value=False)

# Nothing that differs from boot to boot may be printed here: CircuitPython would write it to boot_out.txt each time,
# and a drive that is written while power fails can lose its files (adafruit/circuitpython issue 7065).
print("Kickwatt: relay off")
