"""A line that flips, drops and adds bytes: nothing is obeyed that the hub did not say, and no sample is lost or doubled."""

import hashlib
import hmac
import json
import random
from typing import Any

import pytest

from kickwatt import clock
from kickwatt.at import At
from kickwatt.cellular import Keys
from kickwatt.config import load
from kickwatt.control import Control
from kickwatt.journal import Journal
from kickwatt.memory import Memory
from kickwatt.meter import Reading
from kickwatt.queue import Queue
from kickwatt.relay import Relay
from kickwatt.sim800 import Sim800
from kickwatt.uplink import Uplink
from tests.firmware.fakes import Flash, Pin, Time, settings
from tests.firmware.modem import URCS, Sim800Wire

KEY = bytes(range(32))
UP = hmac.digest(KEY, b"kickwatt s1 up", hashlib.sha256)
DOWN = hmac.digest(KEY, b"kickwatt s1 down", hashlib.sha256)


class Hub:
    """Stores what proves itself, and says a number that it has not said before as every order."""

    def __init__(self) -> None:
        self.stored: dict[int, Any] = {}
        self.newest = (0, 0)
        self.orders: set[int] = {0}

    def __call__(self, body: bytes) -> bytes:
        mac, _, text = body.partition(b"\n")
        wanted = hmac.digest(UP, b"S1 up scooter-1\n" + text, hashlib.sha256)
        if mac != wanted.hex().encode():
            return b"401 unknown device or wrong MAC\n"
        message = json.loads(text)
        counted = (message["boot"], message["seq"])
        assert counted > self.newest
        self.newest = counted
        for sample in message["samples"]:
            assert self.stored.setdefault(sample[0], sample)[2:] == sample[2:]
        self.orders.add(len(self.orders))
        reply = {"v": 1, "ack": max(self.stored, default=0), "time": 0, "relay": 0}
        reply |= {"order": max(self.orders), "lease": 0, "interval": 30}
        out = json.dumps(reply).encode()
        mac = hmac.digest(DOWN, b"S1 down scooter-1\n" + wanted + out, hashlib.sha256)
        return mac.hex().encode() + b"\n" + out


def noisy(dice: random.Random, one_in: int) -> Any:
    """Return a line that spoils about one of so many pieces."""

    def spoil(data: bytes) -> bytes:
        if not data or dice.randrange(one_in):
            return data
        at = dice.randrange(len(data))
        kind = dice.randrange(4)
        if kind == 0:
            return (
                data[:at] + bytes([data[at] ^ 1 << dice.randrange(8)]) + data[at + 1 :]
            )
        if kind == 1:
            return data[:at] + data[at + dice.randrange(1, 40) :]
        if kind == 2:
            return data[:at] + dice.randbytes(dice.randrange(1, 40)) + data[at:]
        return data + f"\r\n{dice.choice(URCS)}\r\n".encode()

    return spoil


@pytest.mark.parametrize("one_in", [3, 10, 40])
@pytest.mark.parametrize("seed", range(4))
def test_noise_on_the_modems_line_loses_nothing_and_orders_nothing(
    seed: int, one_in: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        time = Time()
        patch.setattr(clock, "now_ms", lambda: time.ms)
        config = load(settings().get, [])
        memory = Memory(Journal(Flash()))
        boot, reset, _ = memory.start_boot("power_on")
        control = Control(config, Relay(Pin()), memory, False, time.ms)
        queue, wire, hub = Queue(4_096), Sim800Wire(), Hub()
        wire.hub = hub
        wire.now_ms = lambda: time.ms
        wire.spoil = noisy(random.Random(seed), one_in)
        modem = Sim800(At(wire, 57_600), Keys(Pin(True), Pin(True)), config, memory)
        task = Uplink(modem, control, queue, memory, config, boot, reset).run()
        added, ends = 0, time.ms + 3_600_000
        while time.ms < ends:
            if added < 25 and time.ms > ends - 3_600_000 + added * 60_000:
                added += 1
                queue.add(time.ms // 1_000, False, Reading(2_300, added, 0, added, 0))
            if time.ms > ends - 2_000_000:
                wire.spoil = bytes
            time.ms += max(next(task), 150)
            if len(queue) + len(hub.stored) < added:
                raise AssertionError("a sample was lost")
            assert control.orders.id in hub.orders
        assert sorted(hub.stored) == list(range(1, added + 1))
        assert len(queue) == 0
