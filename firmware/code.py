import board
import digitalio

# Before anything else: the relay is off. Everything after these lines may fail.
relay = digitalio.DigitalInOut(board.GP15)
relay.switch_to_output(value=False)

from kickwatt import start  # noqa: E402

start.run(relay)
