"""The time by a server, and whatever comes back."""

import struct

from hypothesis import given, strategies as st
import pytest

from kickwatt.sntp import query, unix_seconds

NONCE = b"12345678"
NOW = 1_795_248_000


def answer(
    mode: int = 4, stratum: int = 2, nonce: bytes = NONCE, second: int = NOW
) -> bytes:
    time = struct.pack(">I", (second + 2_208_988_800) & 0xFFFFFFFF) + bytes(4)
    return bytes([0x20 | mode, stratum]) + bytes(22) + nonce + time + time


def test_a_question_is_a_client_of_version_4_with_the_nonce_as_its_time() -> None:
    packet = query(NONCE)
    assert len(packet) == 48
    assert (packet[0], packet[40:]) == (0x23, NONCE)


@pytest.mark.parametrize(
    ("packet", "seconds"),
    [
        (answer(), NOW),
        (answer(second=2_085_978_496 + 1_000), 2_085_978_496 + 1_000),  # era 1, 2036
        (answer(stratum=0), None),
        (answer(stratum=16), None),
        (answer(mode=3), None),
        (answer(nonce=bytes(8)), None),
        (answer()[:47], None),
        (b"", None),
    ],
)
def test_only_an_answer_to_this_question_tells_the_time(
    packet: bytes, seconds: int | None
) -> None:
    assert unix_seconds(packet, NONCE) == seconds


@given(st.binary(max_size=80))
def test_no_packet_breaks_it(packet: bytes) -> None:
    found = unix_seconds(packet, NONCE)
    assert found is None or found >= 1_767_225_600
