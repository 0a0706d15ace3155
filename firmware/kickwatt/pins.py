"""Which wire goes where, on a Raspberry Pi Pico or Pico 2.

Only this file and the first lines of `code.py` (which must switch the relay off before anything else is
imported) name pins. A test keeps the two in step.
"""

import board

MODEM_TX = board.GP0
MODEM_RX = board.GP1
MODEM_RESET = board.GP2  # SIM800 RST, active low: >= 105 ms (SIM800L Hardware Design V1.00)
MODEM_POWER_KEY = board.GP3  # SIM800 PWRKEY, active low: >= 1.2 s (SIM800), 1 s (SIM800L)
METER_TX = board.GP4
METER_RX = board.GP5
BUTTON = board.GP14  # to ground, internal pull-up
RELAY = board.GP15  # high closes the contact; an external pull-down keeps it open while the pin floats
LED = board.LED
