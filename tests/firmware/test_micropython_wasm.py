"""The firmware on a real MicroPython VM: CircuitPython 10 has its parser and its core.

CPython accepts much that the board does not, and mpy-cross only compiles. Here the code runs: the pure parts with the
vectors of docs/protocol.md, and `code.py` with a whole charge in virtual time.
"""

import fcntl
from pathlib import Path
import shutil
import subprocess

import pytest

HERE = Path(__file__).parent / "micropython_wasm"
ROOT = Path(__file__).parents[2]
PACKAGE = HERE / "node_modules" / "@micropython" / "micropython-webassembly-pyscript"

pytestmark = pytest.mark.needs("node", package="nodejs")


@pytest.fixture(scope="session", autouse=True)
def vm() -> None:
    """Install what package-lock.json pins, once; several workers may ask at the same time."""
    with (HERE / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if PACKAGE.exists():
            return
        npm = shutil.which("npm")
        done = npm and subprocess.run(
            [npm, "ci"],
            cwd=HERE,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        if not done or done.returncode:
            pytest.skip(
                "needs a program that is not here: MicroPython's npm package "
                "(npm ci in tests/firmware/micropython_wasm)"
            )


@pytest.mark.parametrize(
    ("program", "says"),
    [("vectors.py", "pure parts: good"), ("charge.py", "a whole charge: good")],
)
def test_it_runs_on_micropython(program: str, says: str) -> None:
    done = subprocess.run(
        [
            "node",
            HERE / "run.mjs",
            ROOT / "firmware",
            ROOT / "tests" / "vectors" / "s1.json",
            HERE / program,
            "262144",
        ],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert says in done.stdout
