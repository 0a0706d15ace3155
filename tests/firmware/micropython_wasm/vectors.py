"""Pure parts on the VM: S1 vectors, the journal, the queue."""
# ruff: noqa: PTH123 - MicroPython has no pathlib.

import binascii
import json

from kickwatt import cclk, config, proto
from kickwatt.journal import Journal
from kickwatt.memory import Memory
from kickwatt.meter import Reading
from kickwatt.queue import Queue, Sample

with open("s1.json") as file:
    vectors = json.load(file)
envelope = proto.Envelope(vectors["id"], binascii.unhexlify(vectors["key"]))
for message in vectors["messages"]:
    fields = json.loads(message["request_json"])
    header = proto.Header()
    for name in header.__dict__:
        setattr(header, name, fields[name])
    samples = [
        Sample(s[0], 90_000 - s[1], s[2] == 1, Reading(s[3], s[4], s[5], s[6], s[7]))
        for s in fields["samples"]
    ]
    text = proto.encode(header, samples, 90_000)
    assert text.decode() == message["request_json"]
    body, mac = envelope.seal(text)
    assert body.decode() == message["request_body"]
    for reply in message["replies"]:
        opened = envelope.open(reply["reply_body"].encode(), mac)
        assert opened == json.loads(reply["reply_json"])
        assert envelope.open(reply["reply_body"].encode(), bytes(32)) is None
for forged in vectors["forged_replies"]:
    mac = binascii.unhexlify(forged["request_mac"])
    assert envelope.open(forged["reply_body"].encode(), mac) is None
assert envelope.open(b"\xff" * 200, bytes(32)) is None

nvm = bytearray(b"\xff" * 4096)
for boot in range(1, 600):
    memory = Memory(Journal(nvm))
    assert memory.start_boot("watchdog")[0] == boot
    memory.note_order(boot, True, None)
    memory.note_trips(boot & 0x3FF)
assert Memory(Journal(nvm)).order() == (599, True, None)

queue = Queue(64)
for number in range(1, 1001):
    queue.add(number * 30, number < 500, Reading(2300, 700, 900, number, 56))
assert len(queue) == 64
order = [sample.number for sample in queue.first(64)]
assert order == sorted(order) and order[-1] == 1000
assert queue.first(64)[-1].reading.energy_wh == 1000
assert sum([sample.weight for sample in queue.first(64)]) == 1000
queue.acknowledge(order[10])
assert [sample.number for sample in queue.first(64)] == order[11:]

assert cclk.unix_seconds('+CCLK: "26/11/21,09:00:00+04"') == 1_795_248_000
assert len(config.load({}.get, ["KICKWATT_MAX_AMPS"]).problems) == 5
print("pure parts: good")
