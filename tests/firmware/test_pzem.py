"""The PZEM-004T: frames, silence, echo."""

import itertools
import struct

from hypothesis import given, strategies as st
import pytest

from kickwatt.crc import crc16
from kickwatt.meter import MeterError, Reading
from kickwatt.pzem import REQUEST, Pzem, parse
from tests.firmware.fakes import Time, Wire

# From the meter's manual and a public capture; both CRCs check.
SAMPLE = bytes.fromhex("010414 08D1 006C 0000 00F4 0000 0026 0000 01F4 0064 0000 5134")


def frame(*registers: int) -> bytes:
    body = b"\x01\x04\x14" + struct.pack(">10H", *registers)
    return body + struct.pack("<H", crc16(body))


def read(time: Time, *answers: bytes) -> Reading:
    wire = Wire(lambda _: answers[0])
    task = Pzem(wire).read()
    later = list(answers[1:])
    while True:
        try:
            time.ms += next(task)
        except StopIteration as stop:
            return stop.value
        if later:
            wire.received += later.pop(0)


def test_the_request_is_the_one_of_the_manual() -> None:
    assert crc16(REQUEST[:6]) == struct.unpack("<H", REQUEST[6:])[0]


def test_a_captured_frame_reads_right(time: Time) -> None:
    assert vars(read(time, SAMPLE)) == {
        "voltage_dv": 2257,
        "current_ma": 108,
        "power_dw": 244,
        "energy_wh": 38,
        "factor_c": 100,
    }


def test_32_bit_values_have_their_low_word_first() -> None:
    reading = parse(frame(2300, 0x1170, 1, 0x2710, 2, 0x86A0, 1, 500, 90, 0))
    assert (reading.current_ma, reading.power_dw) == (0x11170, 0x22710)
    assert reading.energy_wh == 100_000


@given(st.lists(st.integers(1, 24), max_size=5))
def test_the_frame_may_come_in_any_pieces(cuts: list[int]) -> None:
    whole = REQUEST + SAMPLE
    edges = sorted({0, len(whole), *cuts})
    pieces = [whole[a:b] for a, b in itertools.pairwise(edges)]
    with pytest.MonkeyPatch.context() as patch:
        from kickwatt import clock

        fake = Time()
        patch.setattr(clock, "now_ms", lambda: fake.ms)
        assert read(fake, *pieces).voltage_dv == 2257


def test_silence_is_an_error_within_a_third_of_a_second(time: Time) -> None:
    began = time.ms
    with pytest.raises(MeterError, match="no answer"):
        read(time, b"")
    assert time.ms - began <= 330


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (SAMPLE[:20], "20 of 25 bytes"),
        (REQUEST, "no answer"),
        (SAMPLE[:-1] + b"\x00", "CRC"),
        (b"\x01\x84\x02" + bytes(22), "not a reply"),
        (frame(0, 0, 0, 0, 0, 0, 0, 0, 0, 0), "implausible: 0 dV"),
        (frame(2300, 100, 0, 9000, 0, 0, 0, 500, 90, 0), "implausible"),
    ],
)
def test_what_is_not_a_good_frame_is_no_reading(
    time: Time, answer: bytes, says: str
) -> None:
    with pytest.raises(MeterError, match=says):
        read(time, answer)


@given(st.integers(0, 24), st.integers(0, 7))
def test_no_flipped_bit_gets_through(where: int, bit: int) -> None:
    bad = bytearray(SAMPLE)
    bad[where] ^= 1 << bit
    with pytest.raises(MeterError):
        parse(bytes(bad))
