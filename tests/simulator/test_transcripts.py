"""The emulated modems against golden transcripts, one file per area, written from the manuals and not from the emulators.

In a file of `transcripts/`: `modem NAME` first; `> text` the host says a line, `>> text` bytes; `< line` the modem must say just
that next, `~ pattern` something that matches; `. 5` so many seconds pass; `! words` something happens around it. At the next `>`
or `!` the modem must have said everything that is written, and nothing else.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
import re

import pytest

from kickwatt_sim.courier import Courier
from kickwatt_sim.internet import Answer, Internet, Request
from kickwatt_sim.parts.modem import MODEMS, Cell
from kickwatt_sim.world import World

FOLDER = Path(__file__).parent / "transcripts"
BAUD = 115_200


class Bench:
    """A modem of some kind, and what it says."""

    def __init__(self, kind: str) -> None:
        self.world = World(start=datetime(2026, 11, 21, 18, 0, tzinfo=UTC))
        self.answer = Answer(200, b"OK, you said")
        self.heard = b""
        self.cell = Cell(self.world)
        courier = Courier(Internet(self.world, self._carry))
        self.modem = MODEMS[kind](self.world, self, courier, self.cell)

    def _carry(self, _request: Request) -> Answer:
        return self.answer

    def send(self, data: bytes, *, baud: int, at_ns: int = 0) -> int:
        at_ns = max(at_ns, self.world.now_ns)
        self.world.at(at_ns, lambda: self._hear(data))
        return at_ns

    def _hear(self, data: bytes) -> None:
        if data != self.modem.start_noise:
            self.heard += data

    def lines(self) -> list[str]:
        """Return the lines that were said since the last call."""
        said, self.heard = self.heard.decode("latin-1"), b""
        return [line for line in re.split(r"[\r\n]+", said) if line]

    def host(self, data: bytes) -> None:
        self.modem.receive(data, BAUD)
        self.world.run_for(0.4)

    def start(self) -> None:
        self.modem.supply(True)
        self.world.run_for(self.modem.start_ns / 1e9 + 0.5)

    def quiet(self) -> None:
        """Synchronise, echo off, numbers for errors."""
        for line in (b"AT\r", b"ATE0\r", b"AT+CMEE=1\r"):
            self.host(line)
        self.heard = b""

    def online(self) -> None:
        """Wait for the network and open the data connection."""
        self.modem.apn = "internet"
        if not self.cell.registered:
            self.world.run_for(10)
        self.modem.bearer = 1
        self.heard = b""

    def do(self, words: str) -> None:
        what, _, number = words.partition(" ")
        modem, cell = self.modem, self.cell
        actions: dict[str, Callable[[], object]] = {
            "start": self.start,
            "quiet": self.quiet,
            "online": self.online,
            "reset": modem.restart,
            "pull the card": modem.remove_sim,
            "no network": lambda: cell.cover(False),
            "no network time": lambda: setattr(cell, "gives_time", False),
            "pin": lambda: setattr(modem, "sim_pin", number),
            "supply": lambda: setattr(modem, "battery_mv", int(number)),
            "answer": lambda: setattr(self, "answer", Answer(int(number))),
        }
        (actions.get(words) or actions[what])()


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.txt")), ids=lambda f: f.stem)
def test_the_modem_says_what_the_manual_says(file: Path) -> None:
    rows = [
        (number, *line.partition(" ")[::2])
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if line and not line.startswith("#")
    ]
    assert rows[0][1] == "modem"
    bench = Bench(rows[0][2])
    said: list[str] = []
    for number, sign, text in rows[1:]:
        where = f"{file.name}:{number}"
        if sign in ("<", "~"):
            said = said or bench.lines()
            assert said, f"{where}: the modem is silent"
            line = said.pop(0)
            fits = line == text if sign == "<" else re.fullmatch(text, line)
            assert fits, f"{where}: the modem says {line!r}"
            continue
        if sign == ".":
            bench.world.run_for(float(text))
            continue
        said += bench.lines()
        if text == "quiet":
            said.clear()
        assert not said, f"{where}: before it the modem says {said} as well"
        if sign == ">":
            bench.host(text.encode() + b"\r")
        elif sign == ">>":
            bench.host(text.encode())
        else:
            assert sign == "!", where
            bench.do(text)
    said += bench.lines()
    assert not said, f"{file.name}: at its end the modem says {said} as well"


def test_every_kind_of_modem_has_transcripts() -> None:
    kinds = {file.stem.partition("-")[0] for file in FOLDER.glob("*.txt")}
    assert kinds == set(MODEMS)
