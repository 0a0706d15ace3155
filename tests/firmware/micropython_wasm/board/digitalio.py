"""Pins."""

import world


class DriveMode:
    PUSH_PULL = 0
    OPEN_DRAIN = 1


class Pull:
    UP = 1


class DigitalInOut:
    def __init__(self, pin):
        self.pin = pin

    def switch_to_output(self, value=False, drive_mode=DriveMode.PUSH_PULL):
        self.value = value

    def switch_to_input(self, pull=None):
        world.pins[self.pin] = True

    @property
    def value(self):
        return world.pins[self.pin]

    @value.setter
    def value(self, level):
        world.pins[self.pin] = level
