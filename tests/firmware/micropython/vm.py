"""The MicroPython that scripts/get-micropython found, or the one on PATH."""

from pathlib import Path
import shutil

_GOT = Path(__file__).parents[3] / ".cache" / "micropython" / "micropython"
MICROPYTHON = str(_GOT) if _GOT.exists() else shutil.which("micropython")
