"""A board in a hundred lines: an independent S1 client for tests.

Written from docs/protocol.md alone. It shares no code with the hub or the firmware, so that a mistake in one
of them does not hide in the other.

    async with S1Device(hub.device_url, "scooter", key) as board:
        reply = await board.report(power_w=91.2, state="charging")
        assert reply.status == 200 and reply.json["ack"] == board.last_number

`report` does what a real board does: it measures one sample, sends what is queued, obeys the reply and forgets
what was acknowledged. `message` and `post` are the parts, for tests that want to bend the rules.
"""

from dataclasses import dataclass
import hashlib
import hmac
import json
import secrets
from typing import Any, Self

import aiohttp


def derive(key: str, direction: str) -> bytes:
    """Return K_up or K_down (32 bytes) of a key of 64 hexadecimal digits."""
    return hmac.digest(
        bytes.fromhex(key), f"kickwatt s1 {direction}".encode(), hashlib.sha256
    )


def request_body(charger_id: str, key: str, text: str) -> bytes:
    """Return the body that carries the JSON `text` up."""
    signed = f"S1 up {charger_id}\n{text}".encode()
    return f"{hmac.new(derive(key, 'up'), signed, hashlib.sha256).hexdigest()}\n{text}".encode()


def open_reply(
    charger_id: str, key: str, request: bytes, body: bytes
) -> dict[str, Any] | None:
    """Return the reply's JSON, or None when it does not prove itself as the answer to `request`."""
    mac, newline, text = body.partition(b"\n")
    try:
        request_mac = bytes.fromhex(request[:64].decode())
    except ValueError:
        return None
    signed = f"S1 down {charger_id}\n".encode() + request_mac + text
    wanted = hmac.new(derive(key, "down"), signed, hashlib.sha256).hexdigest().encode()
    if not newline or not hmac.compare_digest(mac, wanted):
        return None
    reply: dict[str, Any] = json.loads(text)
    return reply


@dataclass(frozen=True)
class Reply:
    """What came back: `json` is None unless the body proved itself."""

    status: int
    json: dict[str, Any] | None
    body: bytes
    headers: dict[str, str]


class S1Device:
    """A board. Its public attributes are what it will report next; tests may set any of them."""

    def __init__(
        self,
        url: str,
        charger_id: str,
        key: str,
        *,
        session: aiohttp.ClientSession | None = None,
        boot: int = 1,
    ) -> None:
        """`url` is the device port without a path; `key` has 64 hexadecimal digits."""
        self.url = url.rstrip("/")
        self.charger_id = charger_id
        self.key = key
        self._session = session
        self._owned = session is None
        self.boot = boot
        self.seq = 0
        self.last_number = 0
        self.queue: list[list[Any]] = []
        self.state = "idle"
        self.relay = 0
        self.why = "boot"
        self.trips: list[str] = []
        self.order = 0
        self.refused: str | None = None
        self.refuse_next: str | None = None
        self.remote_clear = False
        self.rev = 0
        self.settings: dict[str, Any] = {}
        self.csq = 17
        self.fw = "0.1.0"
        self.up = 0
        self.reset = "power_on"
        self.clock: int | None = None
        self.energy_wh = 0
        self.lease = 0
        self.interval = 60

    async def __aenter__(self) -> Self:
        """Open a connection of its own unless one was given."""
        if self._session is None:
            self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close what was opened."""
        await self.close()

    async def close(self) -> None:
        """Close the connection if it is the board's own."""
        if self._owned and self._session is not None:
            await self._session.close()
            self._session = None

    def reboot(self, reset: str = "power_on") -> None:
        """Start again as a board does: next boot, numbers from 1, relay open, nothing queued."""
        self.boot += 1
        self.seq = self.last_number = self.up = 0
        self.queue.clear()
        self.relay, self.why, self.reset, self.state = 0, "boot", reset, "off"

    def measure(
        self,
        power_w: float | None = 0.0,
        *,
        age_s: int = 0,
        voltage_v: float = 230.0,
        current_a: float | None = None,
        energy_wh: int | None = -1,
        power_factor: float | None = 0.56,
    ) -> list[Any]:
        """Queue one sample and return it; energy_wh -1 means the board's own counter."""
        if current_a is None:
            current_a = (power_w or 0.0) / voltage_v / (power_factor or 1.0)
        self.last_number += 1
        sample = [
            self.last_number,
            age_s,
            self.relay,
            round(voltage_v * 10),
            round(current_a * 1000),
            None if power_w is None else round(power_w * 10),
            self.energy_wh if energy_wh == -1 else energy_wh,
            None if power_factor is None else round(power_factor * 100),
        ]
        self.queue.append(sample)
        return sample

    def message(self, **changes: Any) -> dict[str, Any]:
        """Build the next message, with fields changed; a field set to ... (Ellipsis) is left out."""
        self.seq += 1
        fields: dict[str, Any] = {
            "v": 1,
            "boot": self.boot,
            "seq": self.seq,
            "nonce": secrets.token_hex(8),
            "fw": self.fw,
            "up": self.up,
            "reset": self.reset,
            "clock": self.clock,
            "csq": self.csq,
            "state": self.state,
            "relay": self.relay,
            "why": self.why,
            "trips": self.trips,
            "order": self.order,
            "refused": self.refused,
            "rev": self.rev,
            "left": max(0, len(self.queue) - 40),
            "samples": self.queue[:40],
        }
        return {
            name: value
            for name, value in (fields | changes).items()
            if value is not ...
        }

    def body(self, **changes: Any) -> bytes:
        """Build and sign the next message."""
        return request_body(
            self.charger_id,
            self.key,
            json.dumps(self.message(**changes), separators=(",", ":")),
        )

    async def post(
        self, body: bytes, *, path: str | None = None, timeout_s: float = 30.0
    ) -> Reply:
        """Send a body as it is."""
        if self._session is None:
            self._session = aiohttp.ClientSession()
        async with self._session.post(
            self.url + (path or f"/s1/{self.charger_id}"),
            data=body,
            headers={"Content-Type": "application/octet-stream"},
            timeout=aiohttp.ClientTimeout(total=timeout_s),
        ) as response:
            answer = await response.read()
            proved = open_reply(self.charger_id, self.key, body, answer)
            return Reply(response.status, proved, answer, dict(response.headers))

    async def send(self, **changes: Any) -> Reply:
        """Send what is queued and obey the reply."""
        reply = await self.post(self.body(**changes))
        self.obey(reply)
        return reply

    async def report(self, power_w: float | None = 0.0, **measured: Any) -> Reply:
        """Measure, send, obey. `state=…` sets the state first; the rest goes to `measure`."""
        self.state = measured.pop("state", self.state)
        self.measure(power_w, **measured)
        return await self.send()

    def obey(self, reply: Reply) -> None:
        """Do what protocol.md wants of a board that got this reply."""
        if reply.json is None:
            return
        if reply.status == 409:
            self.boot, self.seq = reply.json["boot"] + 1, 0
        elif reply.status == 422 and reply.json["error"] == "sample":
            self.queue = [
                sample for sample in self.queue if sample[0] != reply.json["number"]
            ]
        elif reply.status == 200:
            self._obey_orders(reply.json)

    def _obey_orders(self, wanted: dict[str, Any]) -> None:
        self.queue = [sample for sample in self.queue if sample[0] > wanted["ack"]]
        self.lease, self.interval = wanted["lease"], wanted["interval"]
        if "settings" in wanted:
            self.settings = wanted["settings"]
            self.rev = self.settings["rev"]
        is_new = wanted["order"] != self.order
        if wanted["relay"] == 0:
            if self.relay:
                self.relay, self.why, self.state = 0, "order", "off"
            self.refused = None
            if is_new:
                self._do(wanted.get("do"))
        elif is_new and (self.refuse_next or self.trips):
            self.refused, self.refuse_next = self.refuse_next or "trip", None
        elif is_new or (not self.relay and self.why in ("lease", "boot")):
            self.relay, self.why, self.refused = 1, "order", None
            self.state = "idle" if self.state in ("off", "done") else self.state
        elif not self.relay:
            self.refused = "ended"
        self.order = wanted["order"]

    def _do(self, what: str | None) -> None:
        if what == "restart":
            self.reboot("software")
        elif what == "clear" and self.trips:
            if self.remote_clear:
                self.trips, self.state, self.why = [], "off", "order"
            else:
                self.refused = "remote"
