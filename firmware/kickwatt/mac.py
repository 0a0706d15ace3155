"""HMAC-SHA256 (RFC 2104) and a comparison that does not tell where two values differ.

CircuitPython has `hashlib.new("sha256")` with `update` and `digest`, and nothing above it.
"""

import hashlib

_BLOCK = 64


def sha256(*parts: bytes) -> bytes:
    """Return the digest of the parts, one after the other."""
    digest = hashlib.new("sha256")
    for part in parts:
        digest.update(part)
    return digest.digest()


class Mac:
    """HMAC-SHA256 under one key; the two padded keys are worked out once."""

    def __init__(self, key: bytes) -> None:
        if len(key) > _BLOCK:
            key = sha256(key)
        key = key + bytes(_BLOCK - len(key))
        self._inner = bytes([byte ^ 0x36 for byte in key])
        self._outer = bytes([byte ^ 0x5C for byte in key])

    def of(self, *parts: bytes) -> bytes:
        """Return the 32-byte MAC of the parts, one after the other, without joining them in memory."""
        return sha256(self._outer, sha256(self._inner, *parts))


def same(left: bytes, right: bytes) -> bool:
    """Compare in a time that depends on the length only."""
    if len(left) != len(right):
        return False
    difference = 0
    for index in range(len(left)):
        difference |= left[index] ^ right[index]
    return difference == 0
