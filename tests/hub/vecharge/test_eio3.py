"""Polling bodies of Engine.IO 3."""

from engineio import packet
from hypothesis import given, strategies as st
import pytest

from kickwatt_hub.api.vecharge.eio3 import decode_payload, encode_payload

# A lone surrogate cannot be sent as UTF-8.
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
_MESSAGES = st.lists(_TEXT | st.binary(min_size=1), min_size=1, max_size=16)


@given(_MESSAGES)
def test_what_is_encoded_is_decoded(messages: list[str | bytes]) -> None:
    """Text and binary, in any script."""
    packets = [packet.Packet(packet.MESSAGE, message) for message in messages]
    decoded = decode_payload(encode_payload(packets))
    assert [each.packet_type for each in decoded] == [packet.MESSAGE] * len(messages)
    # A message that looks like JSON or a number is read as such by the library, here as there.
    again = [packet.Packet(encoded_packet=each.encode()) for each in packets]
    assert [each.data for each in decoded] == [each.data for each in again]


@pytest.mark.parametrize(
    "body",
    [
        "3:4€x".encode(),
        b"\x00\x03\xff4hi",
        b"d=3%3A4hi",
    ],
)
def test_each_of_the_layouts_that_clients_use_is_read(body: bytes) -> None:
    """Length in UTF-16 units; tagged; as a form."""
    (decoded,) = decode_payload(body)
    assert decoded.packet_type == packet.MESSAGE
    assert len(decoded.data) == 2


@given(st.binary(max_size=60))
def test_anything_else_is_refused_and_never_kept(body: bytes) -> None:
    """With a ValueError, whatever it is."""
    try:
        decoded = decode_payload(body)
    except ValueError:
        return
    assert len(decoded) <= 16
