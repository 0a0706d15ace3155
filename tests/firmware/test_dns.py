"""Questions for addresses, and whatever comes back."""

import struct

from hypothesis import given, strategies as st
import pytest

from kickwatt.dns import address, is_address, query

QUESTION = query(0x1234, "hub.example")


def answer(
    *records: bytes, number: int = 0x1234, flags: int = 0x8180, count: int | None = None
) -> bytes:
    head = struct.pack(">HHHHHH", number, flags, 1, count or len(records), 0, 0)
    return head + QUESTION[12:] + b"".join(records)


def record(kind: int, data: bytes, name: bytes = b"\xc0\x0c") -> bytes:
    return name + struct.pack(">HHIH", kind, 1, 60, len(data)) + data


A = record(1, bytes([192, 168, 4, 7]))
ALIAS = record(5, b"\x03www\xc0\x0c")


def test_a_question_is_as_rfc_1035_writes_it() -> None:
    assert QUESTION == (
        b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
        b"\x03hub\x07example\x00\x00\x01\x00\x01"
    )


@pytest.mark.parametrize(
    ("packet", "found"),
    [
        (answer(A), "192.168.4.7"),
        (answer(ALIAS, A), "192.168.4.7"),
        (answer(record(28, bytes(16)), A), "192.168.4.7"),
        (answer(record(1, bytes(4), b"\x03hub\x07example\x00")), "0.0.0.0"),
        (answer(), ""),
        (answer(ALIAS), ""),
        (answer(flags=0x8183), ""),
        (answer(A, flags=0x8182), ""),
        (answer(record(1, b"\x01\x02")), ""),
        (answer(A, number=0x4321), None),
        (answer(A, flags=0x0100), None),
        (b"", None),
        (answer(A)[:-1], ""),
        (answer(A, count=9), "192.168.4.7"),
        (answer(b"\x3f", count=1), ""),
    ],
)
def test_an_answer_is_an_address_or_none_or_no_answer(
    packet: bytes, found: str | None
) -> None:
    assert address(packet, 0x1234) == found


@given(st.binary(max_size=120), st.integers(0, 100))
def test_no_packet_breaks_it(noise: bytes, at: int) -> None:
    for packet in (noise, answer(A)[:at] + noise, QUESTION[:2] + b"\x80" + noise):
        found = address(packet, 0x1234)
        assert found is None or found == "" or is_address(found)


@pytest.mark.parametrize(
    ("host", "is_one"),
    [
        ("192.168.1.5", True),
        ("255.0.0.1", True),
        ("256.0.0.1", False),
        ("1.2.3", False),
        ("1.2.3.4.5", False),
        ("hub.example", False),
        ("1.2.3.x", False),
        ("", False),
    ],
)
def test_an_address_needs_no_question(host: str, is_one: bool) -> None:
    assert is_address(host) is is_one
