"""Packets of Socket.IO."""

from contextlib import suppress
import json

from hypothesis import given, strategies as st
import pytest

from kickwatt_hub.sources.vecharge import frames
from kickwatt_hub.sources.vecharge.frames import (  # fmt: skip
    Event,
    Joined,
    Left,
    NonsenseError,
    Rejected,
)
from kickwatt_hub.sources.vecharge.transport import unpack

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("0", Joined(has_sid=False)),
        ('0{"sid":"x"}', Joined(has_sid=True)),
        ("1", Left()),
        ('4"Unauthorized"', Rejected("Unauthorized")),
        ('4{"message":"no"}', Rejected("no")),
        ("4", Rejected("no reason given")),
        ('2["newLog","{}"]', Event("newLog", "{}")),
        ('27["newLog"]', Event("newLog", None)),
        ('2/,["newLog",1]', Event("newLog", 1)),
        ('2/other,["newLog",1]', None),
        ('51-["newLog",{"_placeholder":true,"num":0}]', None),
    ],
)
def test_what_a_server_says_is_understood_in_both_revisions(
    message: str, said: object
) -> None:
    """The default namespace's packets; the others are no concern of ours."""
    assert frames.read(message) == said


@given(st.text(min_size=1), _JSON)
def test_every_event_is_read_as_it_was_written(name: str, data: object) -> None:
    """Whatever its name and data."""
    assert frames.read(f"2{json.dumps([name, data])}") == Event(name, data)


@given(st.text())
def test_any_other_text_is_nonsense_or_nothing(text: str) -> None:
    """But never another error."""
    with suppress(NonsenseError):
        frames.read(text)
    with suppress(NonsenseError):
        frames.opening(text)


@given(st.binary(max_size=60))
def test_any_polling_body_is_packets_or_nonsense(body: bytes) -> None:
    """In either revision."""
    with suppress(NonsenseError):
        assert all(isinstance(each, str) for each in unpack(body))
