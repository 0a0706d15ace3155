"""One question for the address of a name, and its answer (RFC 1035); the same packet serves mDNS (RFC 6762, 5.1).

The board asks by itself, because the core's `getaddrinfo` holds the processor until a server answers or is given up.
"""

import struct

_A, _INTERNET = 1, 1
_ANSWER, _RCODE = 0x8000, 0x000F
_NAME_LIMIT = 253


def query(number: int, name: str) -> bytes:
    """Return the packet; `number` is any 16 bits, the answer repeats them."""
    parts = [struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0)]
    for label in name.strip(".")[:_NAME_LIMIT].split("."):
        text = label.encode()[:63]
        parts.append(bytes([len(text)]) + text)
    parts.append(b"\x00" + struct.pack(">HH", _A, _INTERNET))
    return b"".join(parts)


def address(packet: bytes, number: int) -> str | None:
    """Return the first address in an answer to question `number`, "" when there is none, None when this is no such answer."""
    if len(packet) < 12:
        return None
    found, flags, questions, answers = struct.unpack(">HHHH", packet[:8])
    if found != number or not flags & _ANSWER:
        return None
    if flags & _RCODE:
        return ""
    at: int | None = 12
    for _ in range(questions):
        at = _after_name(packet, at)
        at = None if at is None else at + 4
    for _ in range(answers):
        at = _after_name(packet, at)
        if at is None or at + 10 > len(packet):
            return ""
        kind, _, _, length = struct.unpack(">HHIH", packet[at : at + 10])
        at += 10
        if kind == _A and length == 4 and at + 4 <= len(packet):
            return "%d.%d.%d.%d" % tuple(packet[at : at + 4])
        at += length
    return ""


def is_address(host: str) -> bool:
    """Whether a host is four numbers already."""
    parts = host.split(".")
    for part in parts:
        if not part.isdigit() or len(part) > 3 or int(part) > 255:
            return False
    return len(parts) == 4


def _after_name(packet: bytes, at: int | None) -> int | None:
    """Return where a name ends; a pointer to another place ends it (RFC 1035, 4.1.4)."""
    while at is not None and at < len(packet):
        length = packet[at]
        if length >= 0xC0:
            return at + 2
        at += 1 + length
        if length == 0:
            return at
    return None
