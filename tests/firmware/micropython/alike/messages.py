"""S1: the vectors that every part of Kickwatt runs, from standard input."""

import binascii
import json
import sys

from kickwatt import proto
from kickwatt.meter import Reading
from kickwatt.queue import Sample

vectors = json.load(sys.stdin)
envelope = proto.Envelope(vectors["id"], binascii.unhexlify(vectors["key"]))


def tell(reply):
    """Print a reply, whatever the order of its fields."""
    print(
        None
        if reply is None
        else sorted([(name, str(reply[name])) for name in reply if name != "settings"])
    )


for message in vectors["messages"]:
    fields = json.loads(message["request_json"])
    header = proto.Header()
    for name in header.__dict__:
        setattr(header, name, fields.get(name))
    samples = [
        Sample(number, 99_999 - age, relay == 1, Reading(volt, amp, watt, wh, factor))
        for number, age, relay, volt, amp, watt, wh, factor in fields["samples"]
    ]
    body, mac = envelope.seal(proto.encode(header, samples, 99_999))
    print(body.decode(), binascii.hexlify(mac).decode())
    assert body.decode() == message["request_body"]
    for reply in message["replies"]:
        tell(envelope.open(reply["reply_body"].encode(), mac))
        assert envelope.open(reply["reply_body"].encode(), mac) is not None
        assert envelope.open(reply["reply_body"].encode(), bytes(32)) is None

for forged in vectors["forged_replies"]:
    tell(
        envelope.open(
            forged["reply_body"].encode(), binascii.unhexlify(forged["request_mac"])
        )
    )
for value in (5, 0, -1, 11, True, "5", 1.0, None, 10**20):
    print(proto.integer({"field": value}, "field", 0, 10))
