"""Modes of the watchdog."""


class WatchDogMode:
    RESET = 1
