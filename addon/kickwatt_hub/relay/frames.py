"""What goes over the tunnel: MessagePack arrays, one per WebSocket message (docs/relay.md, "The tunnel").

There is no method and no path in them: a relay can hand its hub S1 messages and nothing else.
"""

import re
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from ..sources.gsm import MAX_BODY

PROTOCOL = "kickwatt.relay.1"
"""The WebSocket subprotocol; another version would have another name."""
PATH = "/tunnel"
MAX_REPLY = 4_096  # the firmware reads 2,048 bytes
MAX_FRAME = MAX_BODY + 1_024
SIGNED = frozenset({200, 409, 422})
"""Statuses of replies that the hub has signed: whoever gets one has proved itself to the hub."""
UNSIGNED = frozenset({400, 401, 413, 429, 500, 503})

REPLACED = 4409
"""Close code: the same hub has dialled in again."""
REVOKED = 4401
"""Close code: the hub's token is not valid any more."""
UNREADABLE = 4400
"""Close code: that was not a frame."""

DEVICE_URL = r"https?://[A-Za-z0-9.:\[\]_-]+"
"""A relay's device port as boards reach it."""

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}\Z")
"""Of a hub at its relay, and of a charger."""

type _Number = Annotated[int, Meta(ge=1, le=2**53)]


class Welcome(Struct, frozen=True, array_like=True, tag="welcome"):
    """Relay to hub, first: who the relay takes it for, and what its boards need as KICKWATT_URL."""

    hub: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}\Z")]
    # It goes into a board's settings.toml and a log, and the relay may be anybody's.
    device_url: Annotated[
        str, Meta(max_length=300, pattern=rf"^{DEVICE_URL}/h/[a-z0-9_-]+\Z")
    ]


class Ask(Struct, frozen=True, array_like=True, tag="ask"):
    """Relay to hub: a charger's S1 message as it came."""

    number: _Number
    charger: Annotated[str, Meta(max_length=32)]
    body: Annotated[bytes, Meta(max_length=MAX_BODY)]


class Answer(Struct, frozen=True, array_like=True, tag="answer"):
    """Hub to relay: what the charger gets for the message with this number."""

    number: _Number
    status: int
    body: Annotated[bytes, Meta(max_length=MAX_REPLY)]


class FrameError(Exception):
    """What came over the tunnel is no frame."""


_TO_HUB: msgspec.msgpack.Decoder[Welcome | Ask] = msgspec.msgpack.Decoder(Welcome | Ask)
_TO_RELAY = msgspec.msgpack.Decoder(Answer)


def encode(frame: Welcome | Ask | Answer) -> bytes:
    """Return a frame's bytes."""
    return msgspec.msgpack.encode(frame)


def for_hub(data: bytes) -> Welcome | Ask:
    """Return what a relay sent. Raises FrameError."""
    try:
        return _TO_HUB.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FrameError(str(error)) from None


def for_relay(data: bytes) -> Answer:
    """Return what a hub sent. Raises FrameError."""
    try:
        answer = _TO_RELAY.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FrameError(str(error)) from None
    if answer.status not in SIGNED | UNSIGNED:
        raise FrameError(f"{answer.status} is no status of S1")
    return answer
