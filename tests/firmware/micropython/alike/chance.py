"""Chance that is the same on every interpreter."""


class Chance:
    """Numbers that look random and follow from the seed."""

    def __init__(self, seed):
        self._state = seed

    def below(self, limit):
        """Return a number from 0 to `limit` - 1; `limit` is at most 2**23."""
        self._state = (self._state * 1103515245 + 12345) & 0x7FFFFFFF
        return (self._state >> 8) % limit

    def one_of(self, choices):
        """Return one of several."""
        return choices[self.below(len(choices))]

    def bytes(self, count):
        """Return `count` bytes."""
        return bytes([self.below(256) for _ in range(count)])
