"""The S1 envelope: a body proves who wrote it (docs/protocol.md, "Keys", "Request", "Reply")."""

from binascii import hexlify, unhexlify
import hmac
import re
import secrets

from msgspec import Struct

KEY_BYTES = 32
MAC_HEX = 64
SHA256 = "sha256"  # by name: given the function, hmac looks its name up each time, which takes as long as the digest

_HEAD = re.compile(rb"[0-9a-f]{64}\n")


class DeviceKey(Struct, frozen=True):
    """A charger's two keys; there is one per direction so that no message can be reflected."""

    up: bytes
    down: bytes
    proving: hmac.HMAC
    """What depends on the key alone, hashed once: for messages up, and for messages down."""
    sealing: hmac.HMAC

    @classmethod
    def derive(cls, key: bytes) -> DeviceKey:
        """Derive both from the charger's own key of 32 bytes."""
        up = hmac.digest(key, b"kickwatt s1 up", SHA256)
        down = hmac.digest(key, b"kickwatt s1 down", SHA256)
        proving, sealing = (hmac.new(each, digestmod=SHA256) for each in (up, down))
        return cls(up, down, proving, sealing)


NOBODY = DeviceKey.derive(secrets.token_bytes(KEY_BYTES))
"""Checked for an unknown device, so that the answer takes as long as for a known one."""


class Request(Struct, frozen=True):
    """A request's two parts, not yet believed."""

    mac: bytes
    json: bytes

    @classmethod
    def split(cls, body: bytes) -> Request | None:
        """Take a body apart; None when it cannot be an S1 message."""
        if _HEAD.match(body) is None:
            return None
        return cls(unhexlify(body[:MAC_HEX]), body[MAC_HEX + 1 :])

    def proves(self, charger_id: str, key: DeviceKey) -> bool:
        """Whether this charger wrote it."""
        signed = b"S1 up " + charger_id.encode() + b"\n" + self.json
        return hmac.compare_digest(_digest(key.proving, signed), self.mac)


def seal(charger_id: str, key: DeviceKey, request_mac: bytes, json: bytes) -> bytes:
    """Return the body of the reply to the request with this MAC."""
    signed = b"S1 down " + charger_id.encode() + b"\n" + request_mac + json
    return hexlify(_digest(key.sealing, signed)) + b"\n" + json


def _digest(keyed: hmac.HMAC, message: bytes) -> bytes:
    digest = keyed.copy()
    digest.update(message)
    return digest.digest()
