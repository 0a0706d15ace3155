"""`digitalio`."""

import link


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
        self._asked = -1
        self._level = False
        link.ask("pin %s" % pin)

    def switch_to_output(self, value=False, drive_mode=DriveMode.PUSH_PULL):
        self._level = value
        link.ask("output %s %d %d" % (self._pin, value, drive_mode))

    def switch_to_input(self, pull=None):
        link.ask("input %s %d" % (self._pin, pull or 0))

    @property
    def value(self):
        link.look()
        if self._asked != link.asked:  # as long as nobody asks, nothing has happened
            self._level = link.ask("level %s" % self._pin) == 1
            self._asked = link.asked
        return self._level

    @value.setter
    def value(self, level):
        link.look()
        if level != self._level:
            self._level = level
            link.ask("drive %s %d" % (self._pin, level))
