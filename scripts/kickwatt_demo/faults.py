"""Hear from the simulated scooter's log which faults strike."""

import asyncio
from collections.abc import Callable
import re
from typing import Final

from .process import Process

_LOOK_EVERY_S: Final = 0.3
# As `kickwatt-sim run` prints it: the scooter's own time, then what happens.
_LINE: Final = re.compile(r"^(\w{3} \d\d \d\d:\d\d:\d\dZ)  (fault: .+)$")


def news(line: str) -> str | None:
    """What a line of the log says of a fault, with the scooter's time; None when it says nothing of one."""
    match = _LINE.match(line.strip())
    return f"{match[2]}, {match[1]} for the scooter" if match else None


async def hear(scooter: Process, say: Callable[[str], None]) -> None:
    """Say each fault that begins or ends, until the scooter is gone."""
    with scooter.log.open(errors="replace") as log:
        rest = ""
        while True:
            gone = scooter.returncode is not None
            *lines, rest = (rest + log.read()).split("\n")
            for line in lines:
                if (text := news(line)) is not None:
                    say(text)
            if gone:
                return
            await asyncio.sleep(_LOOK_EVERY_S)
