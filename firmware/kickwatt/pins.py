"""Which wire goes where, on a Raspberry Pi Pico or Pico 2.

Only this file and the first lines of `code.py` (which must switch the relay off before anything else is
imported) name pins. A test keeps the two in step.
"""

import board

MODEM_TX = board.GP0
MODEM_RX = board.GP1
# RST and PWRKEY of the modem, both active low. SIM800L Hardware Design V1.00: at least 105 ms, and at least 1 s
# (SIM800L) or 1.2 s (SIM800).
MODEM_RESET = board.GP2
MODEM_POWER_KEY = board.GP3
# Where KICKWATT_MODEM_SWITCH says so: the enable pin of the modem's regulator. Low is off; let go, it pulls itself up.
MODEM_SUPPLY = board.GP6
METER_TX = board.GP4
METER_RX = board.GP5
# The analog pair instead of the PZEM: pins of the converter.
VOLTAGE = board.GP26
CURRENT = board.GP27
# To ground; the pin pulls up.
BUTTON = board.GP14
# High closes the contact; an external pull-down keeps it open while the pin floats.
RELAY = board.GP15
LED = board.LED
