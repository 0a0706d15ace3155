"""What the hub remembers, and the only SQL in it."""

from .database import Store
from .errors import (
    AlreadyThereError,
    BusyError,
    NotThereError,
    StoreError,
    TooNewError,
    UnavailableError,
    UnusableError,
)

__all__ = [
    "AlreadyThereError",
    "BusyError",
    "NotThereError",
    "Store",
    "StoreError",
    "TooNewError",
    "UnavailableError",
    "UnusableError",
]
