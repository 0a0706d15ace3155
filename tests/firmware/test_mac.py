"""HMAC-SHA256 and the comparison."""

import hashlib
import hmac

from hypothesis import given, strategies as st

from kickwatt.mac import Mac, same


@given(st.binary(max_size=150), st.lists(st.binary(max_size=200), max_size=4))
def test_a_mac_is_what_the_standard_library_makes(
    key: bytes, parts: list[bytes]
) -> None:
    assert Mac(key).of(*parts) == hmac.digest(key, b"".join(parts), hashlib.sha256)


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_same_is_equality(left: bytes, right: bytes) -> None:
    assert same(left, right) is (left == right)
    assert same(left, left)
