"""What the hub remembers, and the only SQL in it."""

from .database import Store
from .errors import (
    AlreadyThereError,
    BusyError,
    InUseError,
    NotThereError,
    NotUniqueError,
    StoreError,
    SupersededError,
    TooNewError,
    UnavailableError,
    UnusableError,
)

__all__ = [
    "AlreadyThereError",
    "BusyError",
    "InUseError",
    "NotThereError",
    "NotUniqueError",
    "Store",
    "StoreError",
    "SupersededError",
    "TooNewError",
    "UnavailableError",
    "UnusableError",
]
