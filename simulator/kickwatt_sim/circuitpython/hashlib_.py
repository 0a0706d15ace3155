"""`hashlib`: `new` for SHA-1 and SHA-256, and of its objects `update`, `digest` and `digest_size` only."""

import hashlib
from typing import Any

from ..board.board import Board


class Hash:
    """A hash under way."""

    def __init__(self, name: str, data: bytes) -> None:
        """Start a hash."""
        self._hash = hashlib.new(name, data)
        self.digest_size = self._hash.digest_size

    def update(self, data: bytes) -> None:
        """Add data."""
        self._hash.update(data)

    def digest(self) -> bytes:
        """Return the hash of all data so far."""
        return self._hash.digest()


def new(name: str, data: bytes = b"") -> Hash:
    """Start a hash by its name."""
    if name not in ("sha1", "sha256"):
        raise ValueError("Unsupported hash algorithm")
    return Hash(name, data)


def make(_board: Board) -> dict[str, Any]:
    """Return the module's content."""
    return {"new": new}
