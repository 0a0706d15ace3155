"""`from` and `to` of a question about the past."""

from collections.abc import Mapping

from . import shapes

EXPECTED = "Expected a time such as 2026-11-21T07:45:00Z."
_EVER_MS = (0, 253_402_300_799_000)  # until the year 9999


class WrongTimeError(Exception):
    """What should be a time is none; `field` says which."""

    def __init__(self, field: str) -> None:
        """`field` is `from` or `to`."""
        super().__init__(EXPECTED)
        self.field = field


def span(query: Mapping[str, str]) -> tuple[int, int]:
    """Return from and to in Unix milliseconds; what is left out is open. Raises WrongTimeError."""
    found = list(_EVER_MS)
    for place, name in enumerate(("from", "to")):
        if name in query:
            try:
                found[place] = shapes.parse_when(query[name])
            except ValueError, OverflowError:
                raise WrongTimeError(name) from None
    return found[0], found[1]
