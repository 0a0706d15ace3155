"""Polling bodies of Engine.IO 3 and 4, and what may be in them."""

import json

from engineio import packet
from hypothesis import given, strategies as st
import pytest

from kickwatt_hub.api.vecharge.eio3 import encode_payload
from kickwatt_hub.api.vecharge.incoming import (
    MAX_DEPTH,
    NonsenseError,
    checked,
    packets,
)

# A lone surrogate cannot be sent as UTF-8, and the separator of revision 4 separates.
_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x1e"))
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _TEXT,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3)
    ),
    max_leaves=8,
)
_EVENTS = st.lists(st.tuples(_TEXT, _JSON), min_size=1, max_size=16)


@given(_EVENTS, st.sampled_from([3, 4]))
def test_events_are_read_in_either_revision(
    events: list[tuple[str, object]], revision: int
) -> None:
    """In any script, as they were sent."""
    sent = [packet.Packet(packet.MESSAGE, f"2{json.dumps(each, ensure_ascii=False)}") for each in events]  # fmt: skip
    body = encode_payload(sent) if revision == 3 else "\x1e".join(each.encode() for each in sent).encode()  # fmt: skip
    read = packets(body, revision)
    assert [tuple(json.loads(each[2:])) for each in read] == [(name, data) for name, data in events]  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        '7:42["€"]'.encode(),
        b'\x00\x08\xff42["ab"]',
        b"d=7%3A42%5B%22a%22%5D",
    ],
)
def test_each_of_the_layouts_that_clients_use_is_read(body: bytes) -> None:
    """Length in UTF-16 units; tagged; as a form."""
    (read,) = packets(body, 3)
    assert read.startswith('42["')


@given(st.binary(max_size=60), st.sampled_from([3, 4]))
def test_anything_else_is_refused_and_never_kept(body: bytes, revision: int) -> None:
    """With a NonsenseError, whatever it is."""
    try:
        read = packets(body, revision)
    except NonsenseError:
        return
    assert len(read) <= 16


def test_depth_has_a_bound() -> None:
    """What is as deep as it is allowed to be passes, and nothing deeper."""
    allowed = MAX_DEPTH - 1
    assert checked('42["x",' + "[" * allowed + "]" * allowed + "]")
    for depth in (MAX_DEPTH, 1_000, 30_000):
        with pytest.raises(NonsenseError):
            checked('42["x",' + "[" * depth + "]" * depth + "]")
