"""`watchdog`."""


class WatchDogMode:
    """What happens at the end."""

    RESET = "reset"
