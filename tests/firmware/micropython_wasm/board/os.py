"""Settings and chance."""

import world


def getenv(name, default=None):
    return world.settings.get(name, default)


def urandom(count):
    return bytes([7] * count)
