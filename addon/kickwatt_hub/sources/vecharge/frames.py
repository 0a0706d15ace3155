"""Packets of Socket.IO in Engine.IO's, as text: both revisions write those that are needed here alike.

Sources: Engine.IO protocol revisions 3 and 4, Socket.IO protocol revisions 4 and 5 (the socket.io project's own documents).
"""

from dataclasses import dataclass
import json
import re
from typing import Any

OPEN, CLOSE, PING, PONG, MESSAGE, UPGRADE, NOOP = "0123456"
SEPARATOR = "\x1e"  # between packets of revision 4

_SHAPE = re.compile(r"([0-6])(?:(/[^,]*),)?(\d*)", re.ASCII)


class NonsenseError(ValueError):
    """This is no packet of the protocol."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What the server says first."""

    sid: str
    upgrades: tuple[str, ...]
    interval_s: float
    timeout_s: float


@dataclass(frozen=True, slots=True)
class Joined:
    """The default namespace is joined. Only revision 4 says an id with it."""

    has_sid: bool


@dataclass(frozen=True, slots=True)
class Left:
    """The server has ended it for good."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The server does not let us in."""

    message: str


@dataclass(frozen=True, slots=True)
class Event:
    """An event with its first argument."""

    name: str
    data: Any


type Said = Joined | Left | Rejected | Event


def opening(packet: str) -> Opening:
    """Read the packet `0{…}`. Raises NonsenseError."""
    try:
        found = json.loads(packet.removeprefix(OPEN))
        return Opening(
            sid=str(found["sid"]),
            upgrades=tuple(map(str, found.get("upgrades", ()))),
            interval_s=min(600.0, max(0.1, float(found["pingInterval"]) / 1000)),
            timeout_s=min(600.0, max(0.1, float(found["pingTimeout"]) / 1000)),
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise NonsenseError("The server's first packet cannot be read.") from error


def read(message: str) -> Said | None:
    """Return what a message of the default namespace says; None for what is no concern of ours. Raises NonsenseError."""
    shape = _SHAPE.match(message)
    if shape is None:
        raise NonsenseError("A packet cannot be read.")
    kind, namespace = shape[1], shape[2]
    if namespace not in (None, "/"):
        return None
    rest = message[shape.end() :]
    if kind in "356":
        return None
    try:
        data = json.loads(rest) if rest else None
    except (ValueError, RecursionError) as error:
        raise NonsenseError("A packet's data cannot be read.") from error
    match kind:
        case "0":
            return Joined(has_sid=isinstance(data, dict) and "sid" in data)
        case "1":
            return Left()
        case "4":
            return Rejected(_message(data))
    if not isinstance(data, list) or not data or not isinstance(data[0], str):
        raise NonsenseError("An event has no name.")
    return Event(data[0], data[1] if len(data) > 1 else None)


def _message(data: Any) -> str:
    said = data.get("message") if isinstance(data, dict) else data
    return said if isinstance(said, str) else "no reason given"
