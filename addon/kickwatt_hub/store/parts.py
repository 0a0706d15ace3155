"""Texts that are longer than a notification of PostgreSQL's, in parts.

A server delivers the notifications of one connection in their order, so that each part follows the one before. What was
lost in between (a queue that was full, a connection that broke) takes its whole text with it, and no other.
"""

from itertools import batched, count

_PART = "part"


class Splitter:
    """Takes texts apart."""

    def __init__(self, most: int) -> None:
        """`most` is how many characters of ASCII a part may have."""
        self._most = most
        self._numbers = count()

    def split(self, text: str) -> list[str]:
        """Return what to tell for a text of ASCII: itself where it is short enough."""
        if len(text) <= self._most:
            return [text]
        number = next(self._numbers)
        pieces = [
            "".join(each) for each in batched(text, self._most - 60, strict=False)
        ]
        return [
            f"{_PART} {number} {index} {len(pieces)} {piece}"
            for index, piece in enumerate(pieces)
        ]


class Joiner:
    """Puts the texts of several tellers together again."""

    def __init__(self) -> None:
        """Nothing was heard yet."""
        self._begun: dict[str, tuple[str, list[str]]] = {}

    def join(self, teller: str, text: str) -> str | None:
        """Take what a teller says; return it, or the text that it completes, None where there is more to come."""
        if not text.startswith(f"{_PART} "):
            return text
        _, number, index, size, piece = text.split(" ", 4)
        of = f"{number} {size}"
        begun, pieces = self._begun.pop(teller, (of, []))
        if index == "0":
            begun, pieces = of, []
        if begun != of or index != str(len(pieces)):
            return None  # something is missing
        pieces.append(piece)
        if len(pieces) == int(size):
            return "".join(pieces)
        self._begun[teller] = of, pieces
        return None
