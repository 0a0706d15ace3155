"""A SIM800 modem, as its AT Command Manual (V1.10 and V1.12) and the SIM800L Hardware Design (V1.00) describe it.

`modem` is the module itself: supply, keys, the AT parser and the way lines go out. `cell` is the network around it.
`commands` and `http` are what it understands. It hangs on a `line.Line`, or on anything else that can `send`.
"""

from .cell import Cell
from .modem import Modem

__all__ = ["Cell", "Modem"]
