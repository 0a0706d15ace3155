"""What a client of Socket.IO may say: text that is not too long, not too deep, and nothing that the hub has no use for.

The libraries trust their clients: what is no packet at all becomes a traceback in the log, and an answer of 200.
"""

from collections.abc import Iterable
import json
import re
from typing import Any
from urllib.parse import parse_qs

from engineio.payload import Payload

from ... import engineio3

MAX_BYTES = 64 * 1024
MAX_DEPTH = 16

_CLOSE, _PING, _PONG, _MESSAGE, _UPGRADE = "12345"
_HEAD = re.compile(r"([0-3])(?:(?:/[^,\x00-\x20\x7f]{0,100})(?:,|\Z))?(?:\d{1,9})?(?=[\[{]|\Z)", re.ASCII)  # fmt: skip


class NonsenseError(ValueError):
    """A client has said what no client of Socket.IO says."""


def packets(body: bytes, revision: int) -> list[str]:
    """Return the packets of a polling body. Raises NonsenseError."""
    try:
        found = _split(body, revision)
    except ValueError as error:
        raise NonsenseError("No polling body") from error
    if len(found) > Payload.max_decode_packets:
        raise NonsenseError("Too many packets")
    return [checked(each) for each in found]


def _split(body: bytes, revision: int) -> list[str | bytes]:
    if revision == 3:
        return engineio3.split(body)
    text = body.decode()
    if text.startswith("d="):
        text = parse_qs(text).get("d", [""])[0]
    return [*text.split("\x1e")]


def checked(packet: str | bytes) -> str:
    """Return a packet of Engine.IO if it is one that the hub has a use for. Raises NonsenseError."""
    if not isinstance(packet, str):
        raise NonsenseError("Binary")
    if len(packet) > MAX_BYTES:
        raise NonsenseError("Too long")
    kind, rest = packet[:1], packet[1:]
    sane = _is_message(rest) if kind == _MESSAGE else kind in (_CLOSE, _PING, _PONG, _UPGRADE) and len(rest) <= 100  # fmt: skip
    if not sane:
        raise NonsenseError("No packet")
    return packet


def _is_message(message: str) -> bool:
    head = _HEAD.match(message)
    if head is None:
        return False
    try:
        data = json.loads(message[head.end() :] or "null")
    except (ValueError, RecursionError):  # fmt: skip
        return False
    if _is_deeper(data, MAX_DEPTH):
        return False
    match head[1]:
        case "0":
            return data is None or isinstance(data, dict)
        case "1":
            return data is None
        case "2":
            return isinstance(data, list) and bool(data) and isinstance(data[0], str)
    return isinstance(data, list)


def _is_deeper(data: Any, depth: int) -> bool:
    """Whether containers are within each other more than `depth` times."""
    level = [data]
    for _ in range(depth + 1):
        containers = [each for each in level if isinstance(each, dict | list)]
        if not containers:
            return False
        level = [child for each in containers for child in _inside(each)]
    return True


def _inside(container: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return container.values() if isinstance(container, dict) else container
