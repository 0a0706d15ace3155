"""The AT dialogue as text: one line per line, with the second of the world and who said it.

    12.003412 > AT+CSQ
    12.018437 < +CSQ: 17,0

`>` is the board, `<` the modem. What is no text is written as in a Python string. A PIN and the access point's password
are left out.
"""

from collections.abc import Callable
import re
from typing import Final, TextIO

from ..world import World

_SIGNS: Final = {"host": ">", "modem": "<"}
_SECRET: Final = re.compile(
    r'(\+CPIN=|\+CLCK=|"PWD",|\+CSTT="[^"]*","[^"]*",)[^;]+', re.IGNORECASE
)


class Lines:
    """Listens to a modem's `dialogue` and makes lines of it."""

    def __init__(self, world: World, take: Callable[[float, str, str], None]) -> None:
        """`take` gets each line: the second of the world at which it began, `host` or `modem`, and the text."""
        self._world = world
        self._take = take
        self._who = ""
        self._rest = b""
        self._began_s = 0.0

    def hear(self, who: str, data: bytes) -> None:
        """Take what `host` or `modem` said."""
        if who != self._who:
            self.flush()
            self._who = who
        for piece in re.split(rb"([\r\n])", data):
            if piece in (b"\r", b"\n"):
                self.flush()
            elif piece:
                if not self._rest:
                    self._began_s = self._world.now_s
                self._rest += piece

    def flush(self) -> None:
        """Tell what has come of a line that has no end yet."""
        if self._rest:
            text = self._rest.decode("latin-1")
            shown = "".join(
                letter
                if letter.isascii() and letter.isprintable()
                else _escaped(letter)
                for letter in text
            )
            self._rest = b""
            self._take(self._began_s, self._who, _SECRET.sub(r"\1***", shown))


class Transcript(Lines):
    """Writes the dialogue down."""

    def __init__(self, world: World, file: TextIO) -> None:
        """Write to `file`."""
        super().__init__(world, self._write)
        self._file = file
        file.write(
            f"# AT dialogue; second of the world, which began at {world.wall:%Y-%m-%dT%H:%M:%SZ}; > board, < modem\n"
        )

    def _write(self, at_s: float, who: str, text: str) -> None:
        self._file.write(f"{at_s:14.6f} {_SIGNS[who]} {text}\n")


def _escaped(letter: str) -> str:
    return f"\\x{ord(letter):02x}"
