"""A simulated scooter in a process of its own, to be looked at and changed over its control."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
import re
import signal
import subprocess
import sys

NOBODY = "http://127.0.0.1:9"
"""A hub that does not answer: the discard port."""


@dataclass(frozen=True, slots=True)
class Scooter:
    """Its process, and the port of its control."""

    process: subprocess.Popen[str]
    port: int


@contextmanager
def scooter(
    hub: str = NOBODY,
    key: str = "ab" * 32,
    *,
    control: int = 0,
    start: str = "now",
    options: Sequence[str] = ("--quiet",),
) -> Iterator[Scooter]:
    """Run the charger `scooter` until the block ends; `control` 0 lets the system choose the port."""
    process = subprocess.Popen(
        [
            str(Path(sys.executable).with_name("kickwatt-sim")),
            *("run", "--hub", hub, "--id", "scooter", "--key", key),
            *("--control", str(control), "--start", start, *options),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        said = re.search(r"Its control is at port (\d+)\.", process.stdout.readline())
        assert said is not None
        yield Scooter(process, int(said[1]))
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
