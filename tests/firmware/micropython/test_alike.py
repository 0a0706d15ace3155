"""The firmware's pure parts do the same on MicroPython as on CPython, where the other tests prove it right.

Each script in `alike/` puts parts of the firmware through some hundred cases and prints what comes of them.
"""

from pathlib import Path
from subprocess import run
import sys

import pytest

from tests.firmware.micropython.vm import (
    HERE,
    MICROPYTHON,
    MODULES,
    ROOT,
    needs_micropython,
)

pytestmark = needs_micropython

FIRMWARE = ROOT / "firmware"
SCRIPTS = [
    file for file in sorted((HERE / "alike").glob("*.py")) if file.stem != "chance"
]
VECTORS = ROOT / "tests" / "vectors" / "s1.json"


def said_by(command: list[str], **environment: str) -> list[str]:
    done = run(
        command,
        input=VECTORS.read_text(),
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout.splitlines()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_micropython_says_what_cpython_says(script: Path) -> None:
    # -S: no module of this environment, as there is none on the board.
    right = said_by([sys.executable, "-S", str(script)], PYTHONPATH=str(FIRMWARE))
    assert len(right) > 20
    said = said_by([MICROPYTHON, str(script)], MICROPYPATH=f"{FIRMWARE}:{MODULES}")
    assert said == right
