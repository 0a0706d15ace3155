"""The live connection: docs/api.md, "Live".

`commands` is a table of what a client may ask for, `topics` one of what it is told; `connection` is the same for all of it.
"""

from .door import CONNECTIONS, close_all, live

__all__ = ["CONNECTIONS", "close_all", "live"]
