"""Frames of the meter: the manual's sample, errors, and what makes it silent."""

from collections.abc import Iterator
import struct

import pytest

from kickwatt_sim.parts.outlet import Outlet
from kickwatt_sim.parts.pzem import Pzem, crc16, framed
from kickwatt_sim.world import MILLISECOND, World

READ_ALL = bytes.fromhex("01040000000a700d")
SAMPLE = bytes.fromhex(
    "01041408D1006C000000F40000002600000 1F40064 0000 5134".replace(" ", "")
)


class Wire:
    def __init__(self) -> None:
        self.sent: list[tuple[int, bytes]] = []

    def send(self, data: bytes, *, baud: int, at_ns: int = 0) -> int:
        assert baud == 9600
        self.sent.append((at_ns, data))
        return at_ns


class Bench:
    def __init__(self) -> None:
        self.world = World()
        self.outlet = Outlet(self.world)
        self.wire = Wire()
        self.meter = Pzem(self.world, self.outlet, self.wire)

    def ask(self, frame: bytes) -> bytes | None:
        self.wire.sent.clear()
        self.meter.receive(frame, 9600)
        self.world.run_for(1)
        return self.wire.sent[0][1] if self.wire.sent else None

    def registers(self) -> tuple[int, ...]:
        answer = self.ask(READ_ALL)
        assert answer is not None
        assert crc16(answer[:-2]) == int.from_bytes(answer[-2:], "little")
        assert answer[:3] == b"\x01\x04\x14"
        return struct.unpack(">10H", answer[3:23])


@pytest.fixture
def bench() -> Iterator[Bench]:
    return Bench()


def test_the_sample_of_the_reference_has_this_crc() -> None:
    assert framed(SAMPLE[:-2]) == SAMPLE
    assert framed(READ_ALL[:-2]) == READ_ALL


def test_it_sends_the_sample_when_it_measures_the_sample(bench: Bench) -> None:
    bench.meter.distortions.append(
        lambda _: (0x08D1, 0x6C, 0, 0xF4, 0, 0x26, 0, 0x1F4, 0x64, 0)
    )
    assert bench.ask(READ_ALL) == SAMPLE


def test_it_answers_after_30_ms(bench: Bench) -> None:
    bench.world.run_for(2)
    bench.meter.receive(READ_ALL, 9600)
    assert bench.wire.sent[0][0] == 2_030 * MILLISECOND


def test_behind_an_open_relay_it_sees_voltage_only(bench: Bench) -> None:
    volts, *rest, frequency, factor, alarm = bench.registers()
    assert 2250 <= volts <= 2350
    assert rest == [0] * 6
    assert (frequency, factor, alarm) == (500, 0, 0)


def test_it_measures_the_charger_and_counts_its_energy(bench: Bench) -> None:
    bench.outlet.plug_in(charge=0.5)
    bench.outlet.relay.drive(True)
    bench.world.run_for(3600)
    volts, amps, _, watts, _, energy, _, _, factor, _ = bench.registers()
    assert 850 <= watts <= 950
    assert factor in (54, 55)
    assert amps / 1000 * volts / 10 * factor / 100 == pytest.approx(
        watts / 10, rel=0.02
    )
    assert energy == int(bench.outlet.charger.wall_wh) == pytest.approx(88, abs=3)


def test_it_does_not_see_what_is_below_its_start_current(bench: Bench) -> None:
    bench.outlet.relay.drive(True)
    bench.world.run_for(1)
    assert bench.outlet.power_w() == pytest.approx(0.4)
    assert bench.registers()[1:5] == (0, 0, 0, 0)


def test_values_renew_every_200_ms(bench: Bench) -> None:
    bench.outlet.plug_in(charge=0.5)
    bench.outlet.relay.drive(True)
    bench.world.run_for(60)
    first = bench.meter.registers()
    bench.world.run_for(0.1)
    assert bench.meter.registers() == first
    bench.world.run_for(0.2)
    assert bench.meter.registers() != first


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("0110 0000 0001 02 00", None),  # too short, then silence
        ("0104 0000 000b", "0184 02"),  # eleven registers
        ("0104 0005 0006", "0184 02"),
        ("0105 0000 0001", "0185 01"),  # a function it has not
        ("0106 0002 0000", "0186 03"),  # address 0
        ("0106 0007 0001", "0186 02"),
        ("0106 0001 0064", "0106 0001 0064"),  # alarm at 100 W
        ("0103 0001 0002", "0103 04 08fc 0001"),
        ("f804 0007 0001", "0104 02 01f4"),  # the general address
        ("0204 0000 000a", None),  # another slave
    ],
)
def test_requests_and_answers(bench: Bench, asked: str, answered: str | None) -> None:
    expected = None if answered is None else framed(bytes.fromhex(answered))
    assert bench.ask(framed(bytes.fromhex(asked))) == expected


def test_the_energy_counter_can_be_reset(bench: Bench) -> None:
    bench.outlet.plug_in(charge=0.2)
    bench.outlet.relay.drive(True)
    bench.world.run_for(3600)
    assert bench.registers()[5] > 80
    assert bench.ask(framed(bytes.fromhex("0142"))) == framed(bytes.fromhex("0142"))
    assert bench.registers()[5] == 0


def test_a_new_address_counts_at_once(bench: Bench) -> None:
    assert bench.ask(framed(bytes.fromhex("010600020011"))) == framed(
        bytes.fromhex("010600020011")
    )
    assert bench.ask(READ_ALL) is None
    answer = bench.ask(framed(bytes.fromhex("11040000000a")))
    assert answer is not None
    assert answer[0] == 0x11


def test_a_request_in_two_pieces_is_one_request(bench: Bench) -> None:
    bench.meter.receive(READ_ALL[:3], 9600)
    assert bench.ask(READ_ALL[3:]) is not None


@pytest.mark.parametrize("why", ["crc", "baud", "silent", "no mains"])
def test_it_keeps_silent(bench: Bench, why: str) -> None:
    frame, baud = READ_ALL, 9600
    if why == "crc":
        frame = READ_ALL[:-1] + b"\x00"
    elif why == "baud":
        baud = 19200
    elif why == "silent":
        bench.meter.silent = True
    else:
        bench.outlet.mains.present = False
    bench.meter.receive(frame, baud)
    assert bench.wire.sent == []


def test_interference_may_change_or_swallow_an_answer(bench: Bench) -> None:
    bench.meter.interference.append(lambda answer: answer[:10])
    answer = bench.ask(READ_ALL)
    assert answer is not None
    assert len(answer) == 10
    bench.meter.interference.append(lambda _answer: b"")
    assert bench.ask(READ_ALL) is None
