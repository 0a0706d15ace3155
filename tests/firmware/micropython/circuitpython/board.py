"""`board`: every pin is its name."""


def __getattr__(name):
    return name
