"""S1 against the vectors that the hub and the simulator run too."""

import json
from pathlib import Path
from typing import Any

from hypothesis import given, strategies as st
import pytest

from kickwatt import proto
from kickwatt.meter import Reading
from kickwatt.queue import Sample

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "s1.json").read_text(encoding="utf-8")
)
ENVELOPE = proto.Envelope(VECTORS["id"], bytes.fromhex(VECTORS["key"]))
MESSAGES = VECTORS["messages"]


def header_of(fields: dict[str, Any]) -> proto.Header:
    header = proto.Header()
    for name in vars(header):
        setattr(header, name, fields.get(name))
    return header


def samples_of(fields: dict[str, Any], now_s: int) -> list[Sample]:
    return [
        Sample(number, now_s - age, relay == 1, Reading(volt, amp, watt, wh, factor))
        for number, age, relay, volt, amp, watt, wh, factor in fields["samples"]
    ]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message["name"])
def test_the_board_writes_the_very_bytes_of_the_vectors(
    message: dict[str, Any],
) -> None:
    fields = json.loads(message["request_json"])
    text = proto.encode(header_of(fields), samples_of(fields, 99_999), 99_999)
    assert text.decode() == message["request_json"]
    body, mac = ENVELOPE.seal(text)
    assert body.decode() == message["request_body"]
    assert mac.hex() == message["request_mac"]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message["name"])
def test_replies_of_the_vectors_open_for_their_own_request_only(
    message: dict[str, Any],
) -> None:
    mac = bytes.fromhex(message["request_mac"])
    for reply in message["replies"]:
        body = reply["reply_body"].encode()
        assert ENVELOPE.open(body, mac) == json.loads(reply["reply_json"])
        assert ENVELOPE.open(body, bytes(32)) is None


@pytest.mark.parametrize("forged", VECTORS["forged_replies"], ids=lambda it: it["name"])
def test_forged_replies_are_no_replies(forged: dict[str, str]) -> None:
    mac = bytes.fromhex(forged["request_mac"])
    assert ENVELOPE.open(forged["reply_body"].encode(), mac) is None


@given(st.binary(max_size=300), st.integers(0, 300), st.integers(0, 7))
def test_no_garbage_and_no_flipped_bit_opens(
    garbage: bytes, where: int, bit: int
) -> None:
    mac = bytes.fromhex(MESSAGES[0]["request_mac"])
    assert ENVELOPE.open(garbage, mac) is None
    body = bytearray(MESSAGES[0]["replies"][0]["reply_body"].encode())
    body[where % len(body)] ^= 1 << bit
    assert ENVELOPE.open(bytes(body), mac) is None


@pytest.mark.parametrize("text", [b"[]", b"7", b"{", b"\xff\xfe", b"null", b'{"v":}'])
def test_a_signed_body_that_is_no_object_is_no_reply(text: bytes) -> None:
    mac = bytes(32)
    down = ENVELOPE._down.of(ENVELOPE._down_context, mac, text)
    assert ENVELOPE.open(down.hex().encode() + b"\n" + text, mac) is None


def test_an_age_is_never_more_than_the_protocol_allows() -> None:
    sample = Sample(1, 0, False, Reading(2300, 0))
    message = json.loads(proto.encode(proto.Header(), [sample], 9_000_000))
    assert message["samples"] == [[1, 5_184_000, 0, 2300, 0, None, None, None]]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5, 5),
        (0, 0),
        (-1, None),
        (11, None),
        (True, None),
        ("5", None),
        (1.0, None),
        (None, None),
    ],
)
def test_a_field_of_a_reply_is_a_whole_number_within_bounds_or_nothing(
    value: object, expected: int | None
) -> None:
    assert proto.integer({"field": value}, "field", 0, 10) == expected
