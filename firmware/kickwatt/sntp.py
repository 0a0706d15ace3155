"""One question for the time and its answer (RFC 4330)."""

import struct

_VERSION_4_CLIENT = 0x23
_SERVER = 4
_1900_TO_1970_S = 2_208_988_800
_ERA_S = 1 << 32
_FIRST_S = 1_767_225_600  # 2026: nothing older than this firmware is the time


def query(nonce: bytes) -> bytes:
    """Return the packet; the answer repeats the 8 bytes of `nonce`."""
    return bytes([_VERSION_4_CLIENT]) + bytes(39) + nonce


def unix_seconds(packet: bytes, nonce: bytes) -> int | None:
    """Return Unix seconds, or None when this is no answer to that question, or its sender does not know the time."""
    if len(packet) < 48 or packet[0] & 7 != _SERVER or packet[24:32] != nonce:
        return None
    if not 1 <= packet[1] <= 15:  # stratum; 0 is a refusal
        return None
    seconds = struct.unpack(">I", packet[40:44])[0] - _1900_TO_1970_S
    return seconds + _ERA_S if seconds < _FIRST_S else seconds
