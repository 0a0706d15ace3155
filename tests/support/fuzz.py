"""Bodies and requests that no board would send: damaged, signed nonsense, and what is no HTTP at all."""

import asyncio
from collections.abc import Callable
import json
from random import Random
from typing import Any

from tests.support.s1_device import S1Device, request_body

ODD: tuple[Any, ...] = (
    None, True, -1, 0, 2**31, 2**63, 2**64, 10**400, 1.5, 1e308, "", "x", "\x00", "ü" * 100, "9" * 400, [], [[]], {},
    {"a": {"b": [None]}}, [0] * 300,
)  # fmt: skip
PIECES = (
    b"\x00",
    b"\xff",
    b"\r\n\r\n",
    b"{",
    b"]" * 50,
    b"[" * 5000,
    b'"',
    b"\\u",
    b"1e999",
    b"\xc0\xaf",
    b" " * 20_000,
)


PATIENCE_S = 30.0


class Fuzz:
    """Makes requests for the device port; the same seed makes the same ones."""

    def __init__(self, board: S1Device, api_key: str, seed: int) -> None:
        """`board` and the owner of `api_key` are known to the hub, so that what is signed gets past the door."""
        self._board = board
        self._api_key = api_key
        self._random = Random(seed)
        self._kinds: tuple[Callable[[], bytes], ...] = (
            self._damaged_message,
            self._signed_nonsense,
            self._odd_message,
            self._odd_message,
            self._odd_rows,
            self._damaged_rows,
            self._damaged_request,
        )

    def request(self) -> bytes:
        """Return the next request as it goes over the wire; it may be none."""
        return self._random.choice(self._kinds)()

    def _message(self) -> dict[str, Any]:
        self._board.measure(90.0)
        del self._board.queue[:-3]
        return self._board.message()

    def _post(self, path: str, body: bytes, *headers: str) -> bytes:
        lines = [
            f"POST {path} HTTP/1.1",
            "Host: x",
            f"Content-Length: {len(body)}",
            *headers,
        ]
        return "\r\n".join([*lines, "", ""]).encode() + body

    def _s1(self, body: bytes) -> bytes:
        return self._post(f"/s1/{self._board.charger_id}", body)

    def _signed(self, text: bytes) -> bytes:
        return request_body(
            self._board.charger_id, self._board.key, text.decode("latin-1")
        )

    def _damaged_message(self) -> bytes:
        return self._s1(
            self._damaged(self._signed(json.dumps(self._message()).encode()))
        )

    def _signed_nonsense(self) -> bytes:
        text = self._damaged(json.dumps(self._message()).encode())
        return self._s1(self._signed(text.decode("latin-1").encode("ascii", "ignore")))

    def _odd_message(self) -> bytes:
        message = self._message()
        if self._random.random() < 0.5:
            sample = self._random.choice(message["samples"])
            sample[self._random.randrange(len(sample))] = self._random.choice(ODD)
        else:
            for _ in range(self._random.randint(1, 3)):
                self._make_odd(message)
        return self._s1(self._signed(json.dumps(message).encode()))

    def _odd_rows(self) -> bytes:
        rows = [
            {"amper": 600, "data": "24/01/01,00:00:00", "signal": 17, "volt": 2300}
            for _ in range(self._random.randint(0, 4))
        ]
        body: dict[str, Any] = {"msg": rows}
        self._make_odd(self._random.choice([body, *rows]))
        return self._rows(json.dumps(body).encode())

    def _damaged_rows(self) -> bytes:
        row = {"amper": 600, "data": "24/01/01,00:00:00", "signal": 17, "volt": 2300}
        return self._rows(self._damaged(json.dumps({"msg": [row]}).encode()))

    def _rows(self, body: bytes) -> bytes:
        return self._post(
            "/", body, "Content-Type: application/json", f"api_key: {self._api_key}"
        )

    def _damaged_request(self) -> bytes:
        return self._damaged(self._s1(b"0" * 64 + b"\n{}"))

    def _make_odd(self, fields: dict[str, Any]) -> None:
        name = self._random.choice(list(fields))
        if self._random.random() < 0.2:
            del fields[name]
            fields["also"] = 1
        else:
            fields[name] = self._random.choice(ODD)

    def _damaged(self, data: bytes) -> bytes:
        damaged, random = bytearray(data), self._random
        for _ in range(random.randint(1, 4)):
            place = random.randint(0, len(damaged))
            match random.randrange(4):
                case 0:
                    del damaged[place : place + random.randint(1, 50)]
                case 1:
                    damaged[place:place] = random.choice(PIECES)
                case 2:
                    damaged[place : place + 1] = bytes([random.randrange(256)])
                case _:
                    damaged[place:place] = damaged[: random.randint(0, 40)]
        return bytes(damaged)


async def status_of(port: int, request: bytes) -> int | None:
    """Send it on a connection of its own; return the status, None where the hub closed without one."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        writer.write_eof()  # so that a hub that would wait for more of it need not
        line = await asyncio.wait_for(reader.readline(), PATIENCE_S)
        return int(line.split()[1]) if line else None
    except ConnectionError, TimeoutError:
        return None
    finally:
        writer.close()


async def fuzz(
    port: int, source: Fuzz, count: int, at_once: int = 64
) -> dict[int | None, int]:
    """Send so many requests; return how often each status came."""
    seen: dict[int | None, int] = {}
    left = count

    async def send() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            status = await status_of(port, source.request())
            seen[status] = seen.get(status, 0) + 1

    await asyncio.gather(*(send() for _ in range(at_once)))
    return seen
