"""Polling bodies of Engine.IO revision 3, which servers and clients of 2021 speak.

Source: Engine.IO protocol revision 3 (the socket.io project's own document).
"""

import base64
from collections.abc import Iterable
from urllib.parse import parse_qs


def join(packets: Iterable[str]) -> bytes:
    """Lay packets out as `<length>:<packet>…`, which everything of revision 3 reads."""
    return "".join(f"{len(_utf16(each)) // 2}:{each}" for each in packets).encode()


def split(body: bytes) -> list[str | bytes]:
    """Return the packets of a polling body: length and text, or the form with a 0/1 tag that Python 4.x sends.

    A packet in bytes is the data of a binary message. Raises ValueError for anything else.
    """
    if body[:2] == b"d=":
        body = parse_qs(body).get(b"d", [b""])[0]
    if not body:
        raise ValueError("Empty payload")
    return _split_tagged(body) if body[:1] <= b"\x01" else _split_text(body)


def _split_text(body: bytes) -> list[str | bytes]:
    """`<length in UTF-16 code units>:<packet>…`."""
    data = _utf16(body.decode())
    found: list[str | bytes] = []
    at = 0
    while at < len(data):
        end = data.index(_utf16(":"), at)
        start = end + 2
        stop = start + 2 * int(data[at:end].decode("utf-16-le"))
        if not start < stop <= len(data):
            raise ValueError("Malformed payload")
        text = data[start:stop].decode("utf-16-le", "surrogatepass")
        # "b4" is a message in base64.
        found.append(
            base64.b64decode(text[2:], validate=True) if text[0] == "b" else text
        )
        at = stop
    return found


def _split_tagged(body: bytes) -> list[str | bytes]:
    """`<0 text or 1 binary><decimal digits of the length, a byte each><0xff><packet>…`."""
    found: list[str | bytes] = []
    at = 0
    while at < len(body):
        end = body.index(b"\xff", at + 1)
        start = end + 1
        stop = start + int("".join(map(str, body[at + 1 : end])))
        raw = body[start:stop]
        if not start < stop <= len(body):
            raise ValueError("Malformed payload")
        found.append(raw[1:] if body[at] else raw.decode())
        at = stop
    return found


def _utf16(text: str) -> bytes:
    """Revision 3 counts UTF-16 code units, as JavaScript's strings do."""
    return text.encode("utf-16-le", "surrogatepass")
