"""A hub's device port in a few lines, written from docs/protocol.md alone, for the tests of the simulator."""

from collections.abc import Callable
from dataclasses import dataclass, field
import hashlib
import hmac
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import json
import threading
from typing import Any, Self

ID = "scooter-1"
KEY = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"


def _mac(key: bytes, *parts: bytes) -> bytes:
    return hmac.digest(key, b"".join(parts), hashlib.sha256)


@dataclass
class S1Hub:
    """Verifies messages, keeps samples, and answers what `wish` says.

    `samples` maps (boot, number) to (wall-clock second, sample).
    """

    key: str = KEY
    wish: dict[str, Any] = field(
        default_factory=lambda: {"relay": 1, "order": 1, "lease": 900, "interval": 60}
    )
    messages: list[dict[str, Any]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    forged: int = 0
    refused: int = 0
    doubled: int = 0
    samples: dict[tuple[int, int], tuple[int, list[Any]]] = field(default_factory=dict)
    on_message: Callable[[dict[str, Any]], None] = lambda _message: None

    def __enter__(self) -> Self:
        """Start to listen on a free port."""
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, reply = hub.answer(self.path, body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *_arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        ).start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    @property
    def settings(self) -> dict[str, str | int]:
        """What goes into the board's settings.toml."""
        return {
            "KICKWATT_ID": ID,
            "KICKWATT_KEY": self.key,
            "KICKWATT_URL": self.url,
            "KICKWATT_APN": "internet",
        }

    def answer(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Return status and body for a request."""
        key = bytes.fromhex(self.key)
        charger = path.removeprefix("/s1/").encode()
        mac, _, text = body.partition(b"\n")
        if (
            _mac(_mac(key, b"kickwatt s1 up"), b"S1 up ", charger, b"\n", text)
            .hex()
            .encode()
            != mac
        ):
            self.forged += 1
            return 401, b"who are you"
        message = json.loads(text)
        if not self._rises(message):
            self.refused += 1
            refusal = {"v": 1, "error": "boot", "boot": self.messages[-1]["boot"]}
            return 409, self._sealed(key, charger, mac, refusal)
        self.bodies.append(body)
        self.messages.append(message)
        for sample in message["samples"]:
            name = (message["boot"], sample[0])
            self.doubled += name in self.samples
            self.samples.setdefault(name, ((message["clock"] or 0) - sample[1], sample))
        self.on_message(message)
        newest = max(
            (number for boot, number in self.samples if boot == message["boot"]),
            default=0,
        )
        reply = {"v": 1, "ack": newest, "time": message["clock"] or 0, **self.wish}
        return 200, self._sealed(key, charger, mac, reply)

    def _rises(self, message: dict[str, Any]) -> bool:
        """Return whether boot and sequence rise, and the board's uptime within a boot."""
        if not self.messages:
            return True
        last = self.messages[-1]
        if message["boot"] == last["boot"] and message["up"] < last["up"]:
            return False
        return (message["boot"], message["seq"]) > (last["boot"], last["seq"])

    @staticmethod
    def _sealed(key: bytes, charger: bytes, mac: bytes, reply: dict[str, Any]) -> bytes:
        text = json.dumps(reply).encode()
        request = bytes.fromhex(mac.decode())
        down = _mac(
            _mac(key, b"kickwatt s1 down"), b"S1 down ", charger, b"\n", request, text
        )
        return down.hex().encode() + b"\n" + text
