"""Find the processes of one run, by a mark in their environment that they inherit."""

from pathlib import Path
from typing import Final

MARK: Final = "KICKWATT_E2E_RUN"


def marked(mark: str) -> dict[int, str]:
    """The processes that live with this mark, with their command lines."""
    wanted = f"{MARK}={mark}".encode()
    found: dict[int, str] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ")
                found[int(folder.name)] = command.decode(errors="replace")
        except OSError:
            continue
    return found
