"""Write down for the simulator what its boards have, out of the definitions in circuitpython-stubs.

Usage: render_boards.py BOARD_DEFINITIONS_FOLDER > simulator/kickwatt_sim/board/boards.json
"""

import json
from pathlib import Path
import re
import sys

BOARDS = (
    "raspberry_pi_pico",
    "raspberry_pi_pico_w",
    "raspberry_pi_pico2",
    "raspberry_pi_pico2_w",
    "seeeduino_xiao_rp2040",
)


def fact(text: str, pattern: str) -> str:
    if (match := re.search(pattern, text, re.MULTILINE)) is None:
        raise SystemExit(f"a board definition has no line like '{pattern}'")
    return match[1]


def described(definition: str) -> dict[str, object]:
    """Return name, size of the memory, pins and importable modules of one board."""
    listed = fact(definition, r"^ - Included modules: (.*)$").split(", ")
    pins = re.findall(
        r"^(\w+): microcontroller\.Pin  # (\w+)$", definition, re.MULTILINE
    )
    return {
        "name": fact(definition, r"^Board stub for (.*)$"),
        "nvm_bytes": int(fact(definition, r"^ - NVM size: (\d+)$")),
        "pins": dict(pins),
        "modules": sorted(
            {name.partition(".")[0].partition(" ")[0] for name in listed}
        ),
    }


def render(folder: Path) -> str:
    """Return the text of boards.json."""
    boards = {
        board: described((folder / board / "__init__.pyi").read_text())
        for board in BOARDS
    }
    return json.dumps(boards, indent=1) + "\n"


if __name__ == "__main__":
    sys.stdout.write(render(Path(sys.argv[1])))
