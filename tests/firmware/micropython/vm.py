"""The MicroPython that scripts/get-micropython found, else the one on PATH."""

from pathlib import Path
import shutil
from subprocess import run

import pytest

ROOT = Path(__file__).parents[3]
HERE = Path(__file__).parent
# The board's modules, as far as MicroPython has them not or has them differently.
MODULES = HERE / "circuitpython"
# What runs an image where it lies.
IN_PLACE = HERE / "in_place.py"

_GOT = ROOT / ".cache" / "micropython" / "micropython"
MICROPYTHON = str(_GOT) if _GOT.exists() else shutil.which("micropython")

needs_micropython = (
    pytest.mark.skipif(False, reason="")
    if MICROPYTHON
    else pytest.mark.needs("micropython")
)


def version() -> tuple[str, int]:
    """Return MicroPython's version, and how many bits its pointers have."""
    asked = "import sys; print('.'.join([str(n) for n in sys.implementation[1][:3]]), sys.maxsize)"
    answer = run([MICROPYTHON, "-c", asked], check=True, capture_output=True, text=True)
    text, most = answer.stdout.split()
    return text, int(most).bit_length() + 1
