"""The S1 envelope: a body proves who wrote it (docs/protocol.md, "Keys", "Request", "Reply")."""

from dataclasses import dataclass
import hmac
import re
import secrets

KEY_BYTES = 32
MAC_HEX = 64
SHA256 = "sha256"  # by name: given the function, hmac looks its name up each time, which takes as long as the digest

_HEAD = re.compile(rb"[0-9a-f]{64}\n")


@dataclass(frozen=True, slots=True)
class DeviceKey:
    """A charger's two keys; there is one per direction so that no message can be reflected."""

    up: bytes
    down: bytes

    @classmethod
    def derive(cls, key: bytes) -> DeviceKey:
        """Derive both from the charger's own key of 32 bytes."""
        return cls(
            hmac.digest(key, b"kickwatt s1 up", SHA256),
            hmac.digest(key, b"kickwatt s1 down", SHA256),
        )


NOBODY = DeviceKey.derive(secrets.token_bytes(KEY_BYTES))
"""Checked for an unknown device, so that the answer takes as long as for a known one."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request's two parts, not yet believed."""

    mac: bytes
    json: bytes

    @classmethod
    def split(cls, body: bytes) -> Request | None:
        """Take a body apart; None when it cannot be an S1 message."""
        if _HEAD.match(body) is None:
            return None
        return cls(bytes.fromhex(body[:MAC_HEX].decode()), body[MAC_HEX + 1 :])

    def proves(self, charger_id: str, key: DeviceKey) -> bool:
        """Whether this charger wrote it."""
        signed = b"S1 up " + charger_id.encode() + b"\n" + self.json
        return hmac.compare_digest(hmac.digest(key.up, signed, SHA256), self.mac)


def seal(charger_id: str, key: DeviceKey, request_mac: bytes, json: bytes) -> bytes:
    """Return the body of the reply to the request with this MAC."""
    signed = b"S1 down " + charger_id.encode() + b"\n" + request_mac + json
    return hmac.digest(key.down, signed, SHA256).hex().encode() + b"\n" + json
