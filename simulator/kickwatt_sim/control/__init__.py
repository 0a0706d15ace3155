"""A running simulation, looked at and changed from outside: `kickwatt-sim run --control PORT`.

`panel` is what can be seen and done of one board, `boards` all boards of the process, `catalog` what can happen, `requests` how it is
asked for, `server` the small HTTP server. Nothing here runs without `--control`, so a run by a seed stays the same run.
"""

from .boards import Boards
from .panel import Panel
from .server import Address, listen, serving

__all__ = ["Address", "Boards", "Panel", "listen", "serving"]
