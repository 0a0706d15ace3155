"""The simulated SDM630: its frames byte by byte, its house, its command."""

import asyncio
import math
import signal
import struct
import subprocess
import sys

import pytest

from kickwatt_sim.energy_meter import FAULTS, House, SimulatedMeter, registers


async def ask(meter: SimulatedMeter, pdu: bytes, unit: int = 1) -> bytes:
    """Send one request and return the answer's PDU; b"" when the meter hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", meter.port)
    writer.write(struct.pack(">HHHB", 7, 0, len(pdu) + 1, unit) + pdu)
    try:
        number, protocol, length, answered = struct.unpack(
            ">HHHB", await asyncio.wait_for(reader.readexactly(7), 60)
        )
        assert (number, protocol, answered) == (7, 0, unit)
        return await asyncio.wait_for(reader.readexactly(length - 1), 60)
    except asyncio.IncompleteReadError:
        return b""
    finally:
        writer.close()


def read(start: int, count: int) -> bytes:
    return struct.pack(">BHH", 4, start, count)


async def test_a_float_has_its_high_word_first() -> None:
    async with SimulatedMeter(House(), now_s=lambda: 0.0) as meter:
        answer = await ask(meter, read(0x46, 2))
    assert answer == bytes.fromhex("04 04 4248 0000")  # 50 Hz


async def test_voltages_and_powers_are_those_of_the_house() -> None:
    async with SimulatedMeter(House(), now_s=lambda: 0.0) as meter:
        answer = await ask(meter, read(0, 12))
        volts_amperes = struct.unpack(">6f", answer[2:])
    expected = registers.values(House(), 0.0)
    for at, value in enumerate(volts_amperes):
        assert value == pytest.approx(expected[2 * at], rel=1e-6)


@pytest.mark.parametrize(
    ("pdu", "code"),
    [
        (struct.pack(">BHH", 3, 0, 2), 1),
        (struct.pack(">BHH", 6, 0, 2), 1),
        (read(0x0180, 2), 2),
        (read(0x017E, 4), 2),
        (read(0, 0), 3),
        (read(0, 81), 3),
        (b"\x04\x00", 3),
    ],
)
async def test_what_a_real_meter_refuses_is_refused(pdu: bytes, code: int) -> None:
    async with SimulatedMeter(House()) as meter:
        assert await ask(meter, pdu) == bytes([pdu[0] | 0x80, code])


async def test_another_unit_of_the_bus_is_not_there() -> None:
    async with SimulatedMeter(House()) as meter:
        assert await ask(meter, read(0, 2), unit=9) == b"\x84\x0b"


@pytest.mark.parametrize(
    "header", [b"\0\1\0\1\0\6\1", b"\0\1\0\0\0\1\1", b"\0\1\0\0\xff\xff\1"]
)
async def test_what_is_no_modbus_is_hung_up_on(header: bytes) -> None:
    async with SimulatedMeter(House()) as meter:
        reader, writer = await asyncio.open_connection("127.0.0.1", meter.port)
        writer.write(header)
        assert await asyncio.wait_for(reader.read(), 60) == b""
        writer.close()


def test_a_house_counts_what_it_takes() -> None:
    house = House()
    before = registers.values(house, 0.0)
    taken_wh = 0.0
    for second in range(10, 3610, 10):
        table = registers.values(house, float(second))
        taken_wh += table[0x34] / 360
    assert (table[0x48] - before[0x48]) * 1000 == pytest.approx(taken_wh)
    assert sum(table[address] for address in (0x15A, 0x15C, 0x15E)) == pytest.approx(
        table[0x48]
    )
    assert table[0x34] == pytest.approx(sum(table[at] for at in (0xC, 0xE, 0x10)))


def test_a_clock_that_is_set_back_takes_nothing_away() -> None:
    house = House()
    later = registers.values(house, 1000.0)
    assert registers.values(house, 0.0)[0x48] == later[0x48]


def test_the_same_seed_is_the_same_house() -> None:
    one, same, other = (registers.values(House(seed), 5.0) for seed in (1, 1, 2))
    assert one == same
    assert one != other


async def test_faults_that_are_frames_do_what_their_names_say() -> None:
    whole = await _with("", read(0, 4))
    assert len(whole) == 2 + 8
    assert len(await _with("short", read(0, 4))) == 2 + 4
    assert await _with("hangs_up", read(0, 4)) == b""
    assert await _with("cut", read(0, 4)) == b""
    assert await _with("failing", read(0, 4)) == b"\x84\x04"
    assert await _with("busy", read(0, 4)) == b"\x84\x06"
    assert await _with("gaps", read(0x2A, 4)) == b"\x84\x02"
    (number,) = struct.unpack(">f", (await _with("nan", read(0, 2)))[2:])
    assert math.isnan(number)


async def _with(fault: str, pdu: bytes) -> bytes:
    async with SimulatedMeter(House(), fault=fault or None, now_s=lambda: 0.0) as meter:
        return await ask(meter, pdu)


async def test_a_frozen_meter_shows_one_moment_until_it_thaws() -> None:
    clock = iter(range(0, 10_000, 100))
    async with SimulatedMeter(House(), now_s=lambda: float(next(clock))) as meter:
        meter.fault = "frozen"
        assert await ask(meter, read(0x34, 2)) == await ask(meter, read(0x34, 2))
        meter.fault = None
        assert await ask(meter, read(0x34, 2)) != await ask(meter, read(0x34, 2))


def test_the_command_says_where_it_listens_and_stops_when_asked() -> None:
    command = [sys.executable, "-m", "kickwatt_sim", "meter", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        host, _, port = running.stdout.readline().strip().partition(":")
        assert host == "127.0.0.1"
        assert int(port) > 0
        running.send_signal(signal.SIGTERM)
        assert running.stdout.read() == "Stopped after 0 requests.\n"
        assert running.wait(20) == 0


def test_a_port_that_is_taken_is_said_in_one_sentence() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "kickwatt_sim", "meter", "--host", "192.0.2.1"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode != 0
    assert "cannot listen on 192.0.2.1:1502" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_fault_says_what_it_does() -> None:
    assert all(what.endswith(".") for what in FAULTS.values())
