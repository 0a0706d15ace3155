"""A hub inside the simulator, written from docs/protocol.md alone. It orders by its own dice and keeps account.

It never refuses what a sound board sends; what it would have to refuse is an entry in `complaints`.
"""

from dataclasses import dataclass, field
import hashlib
import hmac
import json
import random
from typing import Any, Final

from ..internet import Answer, Request
from ..world import World

ID: Final = "scooter"
KEY: Final = bytes(range(32))

_LEASES_S: Final = (60, 180, 900)
_ORDERS_EVERY_S: Final = (60.0, 1200.0)
# What goes with an order for "off", by its number.
_DO: Final = {1: "clear", 3: "clear", 6: "restart"}
_LIMITS: Final = {
    "rev": 1,
    "cutoff_dw": 115,
    "hold_s": 120,
    "max_s": 400,
    "max_wh": 15,
    "max_ma": 1500,
}


def _derived(direction: str) -> bytes:
    return hmac.digest(KEY, f"kickwatt s1 {direction}".encode(), hashlib.sha256)


_UP: Final = _derived("up")
_DOWN: Final = _derived("down")


def sealed(request_mac: bytes, reply: dict[str, Any]) -> bytes:
    """Return the body of a reply to the request with this MAC."""
    text = json.dumps(reply).encode()
    mac = hmac.digest(
        _DOWN, b"S1 down " + ID.encode() + b"\n" + request_mac + text, "sha256"
    )
    return mac.hex().encode() + b"\n" + text


def opened(request: bytes, answer: bytes) -> dict[str, Any] | None:
    """Return the reply in an answer to that very request, or None."""
    try:
        request_mac = bytes.fromhex(request[:64].decode())
    except ValueError:
        return None
    text = answer.partition(b"\n")[2]
    mac = hmac.digest(
        _DOWN, b"S1 down " + ID.encode() + b"\n" + request_mac + text, "sha256"
    )
    if not hmac.compare_digest(mac.hex().encode() + b"\n" + text, answer):
        return None
    reply: dict[str, Any] = json.loads(text)
    return reply


@dataclass
class _Wish:
    relay: int = 1
    order: int = 1
    until_s: float = 0.0


@dataclass
class InsideHub:
    """One charger's hub. `messages` are all that it took, newest last."""

    world: World
    limits: bool
    messages: list[dict[str, Any]] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin with an order to switch on."""
        self._luck: random.Random = self.world.random("hub")
        self.lease_s = self._luck.choice(_LEASES_S)
        self._wish = _Wish(until_s=self._luck.uniform(*_ORDERS_EVERY_S))
        self._newest: dict[int, int] = {}
        self._samples: dict[tuple[int, int], list[Any]] = {}
        self._last: tuple[bytes, Answer] | None = None

    @property
    def settings(self) -> dict[str, str | int]:
        """What goes into the board's settings.toml."""
        return {
            "KICKWATT_ID": ID,
            "KICKWATT_KEY": KEY.hex(),
            "KICKWATT_URL": "http://hub.example:8422",
            "KICKWATT_APN": "internet",
        }

    def carry(self, request: Request) -> Answer:
        """Answer a request."""
        mac, _, text = request.body.partition(b"\n")
        right = hmac.digest(_UP, b"S1 up " + ID.encode() + b"\n" + text, "sha256").hex()
        if mac != right.encode():
            self.complaints.append("a message with a wrong MAC")
            return Answer(401, b"unknown")
        if self._last is not None and self._last[0] == mac:
            return self._last[1]
        message = json.loads(text)
        request_mac = bytes.fromhex(right)
        if not self._rises(message):
            refusal = {"v": 1, "error": "boot", "boot": self.messages[-1]["boot"]}
            return Answer(409, sealed(request_mac, refusal))
        self._take(message)
        reply = {
            "v": 1,
            "ack": self._newest.get(message["boot"], 0),
            **self.orders(message),
        }
        answer = Answer(200, sealed(request_mac, reply))
        self._last = mac, answer
        return answer

    def _rises(self, message: dict[str, Any]) -> bool:
        if not self.messages:
            return True
        last = self.messages[-1]
        if message["boot"] == last["boot"] and message["up"] < last["up"]:
            return False
        return (message["boot"], message["seq"]) > (last["boot"], last["seq"])

    def _take(self, message: dict[str, Any]) -> None:
        self.messages.append(message)
        boot = message["boot"]
        for number, _age, *values in message["samples"]:
            before = self._samples.setdefault((boot, number), values)
            if before is values:
                self._count(boot, number)
            elif before != values:
                self.complaints.append(f"two samples {number} of boot {boot}")

    def _count(self, boot: int, number: int) -> None:
        newest = self._newest.get(boot)
        if newest is not None and number != newest + 1:
            self.complaints.append(f"a sample of boot {boot} is missing")
        self._newest[boot] = number

    def orders(self, message: dict[str, Any]) -> dict[str, Any]:
        """Return what a reply says beside the acknowledgement."""
        wish = self._wish
        if self.world.now_s >= wish.until_s:
            wish.order += 1
            wish.relay = int(self._luck.random() < 0.7)
            wish.until_s = self.world.now_s + self._luck.uniform(*_ORDERS_EVERY_S)
        orders: dict[str, Any] = {
            "time": int(self.world.wall_s),
            "relay": wish.relay,
            "order": wish.order,
            "lease": self.lease_s if wish.relay else 0,
            "interval": 30,
        }
        if not wish.relay and message["order"] != wish.order:
            if what := _DO.get(wish.order % 7):
                orders["do"] = what
        if self.limits and message["rev"] != _LIMITS["rev"]:
            orders["settings"] = _LIMITS
        return orders
