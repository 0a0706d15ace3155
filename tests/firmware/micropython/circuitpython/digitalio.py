"""`digitalio`."""

from link import link


class DriveMode:
    """How an output drives its pin."""

    PUSH_PULL = 0
    OPEN_DRAIN = 1


class Pull:
    """What holds an input while nothing drives it."""

    UP = 1
    DOWN = 2


class DigitalInOut:
    """One pin."""

    def __init__(self, pin):
        self._pin = pin
        self._seen = -1
        self._level = False
        link.ask(f"pin {pin}")

    def switch_to_output(self, value=False, drive_mode=DriveMode.PUSH_PULL):
        self._level = value
        link.ask(f"output {self._pin} {int(value)} {drive_mode}")

    def switch_to_input(self, pull=None):
        link.ask(f"input {self._pin} {pull or 0}")

    @property
    def value(self):
        link.look()
        if self._seen != link.events or link.now_ns >= link.quiet_ns:
            self._level = link.ask(f"level {self._pin}") == 1
            self._seen = link.events
        return self._level

    @value.setter
    def value(self, level):
        link.look()
        if level != self._level:
            self._level = level
            link.ask(f"drive {self._pin} {int(level)}")
