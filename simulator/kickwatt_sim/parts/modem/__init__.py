"""SIMCom modems, as their AT Command Manuals describe them: a SIM800 and an A7670.

`module` is what they share: supply, keys, the AT parser and the way lines go out; `commands` and `http` are what all of them
understand, `sim800` and `a7670` what only one does. `cell` is the network around them. A modem hangs on a `line.Line`, or on
anything else that can `send`.
"""

from typing import Final

from .a7670 import A7670
from .cell import Cell
from .module import Modem
from .sim800 import Sim800

# By the names that people type, in settings.toml too.
MODEMS: Final[dict[str, type[Modem]]] = {"sim800": Sim800, "a7670": A7670}

__all__ = ["A7670", "MODEMS", "Cell", "Modem", "Sim800"]
