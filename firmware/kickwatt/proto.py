"""S1, the board's side: seal a message, open a reply. docs/protocol.md is the text; nothing here knows a network."""

import binascii
import json

from kickwatt.mac import Mac, same

TYPE_CHECKING = False
if TYPE_CHECKING:
    from kickwatt.queue import Sample

MAX_SAMPLES = 40
_MAC_HEX = 64
_MAX_AGE_S = 5_184_000
_INT_MAX = 0x7FFFFFFF


class Header:
    """Everything in a message but its samples; the names are the wire's."""

    def __init__(self) -> None:
        self.boot = 0
        self.seq = 0
        self.nonce = ""
        self.fw = ""
        self.up = 0
        self.reset = ""
        self.clock: int | None = None
        self.csq = 99
        self.state = ""
        self.relay = 0
        self.why = ""
        self.trips: list[str] = []
        self.order = 0
        self.refused: str | None = None
        self.rev = 0
        self.left = 0
        self.supply_mv: int | None = None
        self.next_s: int | None = None


class Envelope:
    """The two keys of one device, and the bytes that its messages are signed with."""

    def __init__(self, device: str, key: bytes) -> None:
        root = Mac(key)
        self._up = Mac(root.of(b"kickwatt s1 up"))
        self._down = Mac(root.of(b"kickwatt s1 down"))
        self._up_context = b"S1 up " + device.encode() + b"\n"
        self._down_context = b"S1 down " + device.encode() + b"\n"

    def seal(self, message: bytes) -> tuple[bytes, bytes]:
        """Return the body to post, and its MAC, which the reply must be bound to."""
        mac = self._up.of(self._up_context, message)
        return binascii.hexlify(mac) + b"\n" + message, mac

    def open(self, body: bytes, request_mac: bytes) -> dict[str, object] | None:
        """Return the object in a reply to that very request, or None for anything else at all."""
        if len(body) < _MAC_HEX + 2 or body[_MAC_HEX : _MAC_HEX + 1] != b"\n":
            return None
        message = body[_MAC_HEX + 1 :]
        expected = binascii.hexlify(
            self._down.of(self._down_context, request_mac, message)
        )
        if not same(expected, body[:_MAC_HEX]):
            return None
        try:
            reply = json.loads(message.decode())
        except ValueError:
            return None
        return reply if isinstance(reply, dict) else None


def encode(header: Header, samples: list[Sample], now_s: int) -> bytes:
    """Return the message as JSON. Written out by hand: the board's `json.dumps` spends a blank after every comma."""
    parts = [
        '{"v":1,"boot":%d,"seq":%d,"nonce":"%s","fw":"%s","up":%d,"reset":"%s"'
        % (header.boot, header.seq, header.nonce, header.fw, header.up, header.reset),
        ',"clock":%s,"csq":%d,"state":"%s","relay":%d,"why":"%s"'
        % (_or_null(header.clock), header.csq, header.state, header.relay, header.why),
        ',"trips":[%s],"order":%d,"refused":%s,"rev":%d,"left":%d%s%s,"samples":['
        % (
            ",".join(['"%s"' % trip for trip in header.trips]),
            header.order,
            '"%s"' % header.refused if header.refused else "null",
            header.rev,
            header.left,
            "" if header.supply_mv is None else ',"supply_mv":%d' % header.supply_mv,
            "" if header.next_s is None else ',"next_s":%d' % header.next_s,
        ),
        ",".join([_sample(sample, now_s) for sample in samples]),
        "]}",
    ]
    return "".join(parts).encode()


def integer(
    reply: dict[str, object], name: str, least: int = 0, most: int = _INT_MAX
) -> int | None:
    """Return a whole number within its bounds from a verified reply, or None."""
    value = reply.get(name)
    if (
        isinstance(value, bool)
        or not isinstance(value, int)
        or not least <= value <= most
    ):
        return None
    return value


def _sample(sample: Sample, now_s: int) -> str:
    reading = sample.reading
    return "[%d,%d,%d,%d,%d,%s,%s,%s]" % (
        sample.number,
        min(now_s - sample.second, _MAX_AGE_S),
        1 if sample.closed else 0,
        reading.voltage_dv,
        reading.current_ma,
        _or_null(reading.power_dw),
        _or_null(reading.energy_wh),
        _or_null(reading.factor_c),
    )


def _or_null(value: int | None) -> str:
    return "null" if value is None else "%d" % value
