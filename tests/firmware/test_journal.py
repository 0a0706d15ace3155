"""The journal survives power that fails at any byte."""

from contextlib import suppress

from hypothesis import given, strategies as st
import pytest

from kickwatt.journal import Journal
from tests.firmware.fakes import Flash, PowerFailed

records = st.lists(st.tuples(st.integers(1, 9), st.binary(max_size=12)), max_size=400)


def newest_of(written: list[tuple[int, bytes]]) -> dict[int, bytes]:
    return {kind: payload.ljust(12, b"\x00") for kind, payload in written}


def contents(journal: Journal) -> dict[int, bytes]:
    found = {kind: journal.newest(kind) for kind in range(256)}
    return {kind: payload for kind, payload in found.items() if payload is not None}


@given(records)
def test_the_newest_record_of_each_kind_is_found_again(
    written: list[tuple[int, bytes]],
) -> None:
    flash = Flash()
    journal = Journal(flash)
    for kind, payload in written:
        journal.append(kind, payload)
    assert contents(journal) == newest_of(written)
    assert contents(Journal(flash)) == newest_of(written)


@given(records, st.integers(1, 9), st.binary(max_size=12), st.integers(0, 20))
def test_a_cut_while_appending_loses_the_new_record_or_nothing(
    before: list[tuple[int, bytes]], kind: int, payload: bytes, lasts: int
) -> None:
    flash = Flash(16 * 500)
    journal = Journal(flash)
    for record in before:
        journal.append(*record)
    flash.lasts = lasts
    with suppress(PowerFailed):
        journal.append(kind, payload)
    flash.lasts = None
    after = Journal(flash)
    assert contents(after) in (newest_of(before), newest_of([*before, (kind, payload)]))
    after.append(kind, b"again")
    assert contents(Journal(flash)) == newest_of([*before, (kind, b"again")])


@given(st.integers(0, 4_200))
def test_a_cut_while_erasing_loses_high_kinds_first(lasts: int) -> None:
    flash = Flash()
    journal = Journal(flash)
    for turn in range(256):
        journal.append(1 + turn % 8, bytes([turn]))
    whole = contents(journal)
    flash.lasts = lasts
    with suppress(PowerFailed):
        journal.append(8, b"last")
    flash.lasts = None
    whole[8] = b"last".ljust(12, b"\x00")
    left = contents(Journal(flash))
    assert left.items() <= whole.items() or lasts == 0
    if lasts:
        assert sorted(left) == list(range(1, len(left) + 1))
    if 8 in left and lasts:
        assert left == whole


@given(st.binary(min_size=4096, max_size=4096))
def test_foreign_contents_are_neither_records_nor_trouble(noise: bytes) -> None:
    flash = Flash()
    flash.bytes[:] = noise
    journal = Journal(flash)
    assert contents(journal) == {}
    journal.append(3, b"hello")
    assert contents(Journal(flash)) == {3: b"hello".ljust(12, b"\x00")}


def test_it_erases_only_when_it_is_full() -> None:
    flash = Flash()
    journal = Journal(flash)
    for turn in range(256):
        assert journal.free == 256 - turn
        journal.append(1, bytes([turn]))
    assert flash.erases == 0
    journal.append(2, b"one more")
    assert flash.erases == 1
    assert journal.free == 254


@pytest.mark.parametrize("flipped", range(16 * 8))
def test_a_bit_that_fell_over_makes_a_record_void(flipped: int) -> None:
    flash = Flash()
    journal = Journal(flash)
    journal.append(1, b"old")
    journal.append(1, b"new")
    flash.bytes[16 + flipped // 8] ^= 1 << flipped % 8
    assert Journal(flash).newest(1) == b"old".ljust(12, b"\x00")


def test_without_memory_it_remembers_until_the_next_start() -> None:
    journal = Journal(None)
    journal.append(1, b"x")
    journal.compact()
    assert journal.newest(1) == b"x".ljust(12, b"\x00")
    assert journal.free == 0


class WornFlash(Flash):
    """Loses a bit of whatever is written to its first `bad` records."""

    def __init__(self, bad: int) -> None:
        super().__init__()
        self._bad = bad * 16

    def __setitem__(self, where: slice, data: bytes) -> None:
        worn = bytes(byte & 0xFE for byte in data[: max(0, self._bad - where.start)])
        super().__setitem__(where, worn + data[len(worn) :])


@pytest.mark.parametrize(
    ("bad", "worn"), [(0, False), (2, False), (3, False), (150, False), (256, True)]
)
def test_a_record_that_comes_out_wrong_is_written_again(bad: int, worn: bool) -> None:
    flash = WornFlash(bad)
    journal = Journal(flash)
    journal.append(1, b"odd\x01")
    assert journal.worn == worn
    assert (Journal(flash).newest(1) is None) == worn
    assert Journal(flash).worn == worn
    if not worn:
        journal.append(2, b"odd\x01")
        again = Journal(flash)
        assert again.newest(1) == again.newest(2) == b"odd\x01".ljust(12, b"\x00")


def test_the_next_start_knows_that_a_record_could_not_be_written() -> None:
    """Only this one: what is written before and after it is whole."""
    flash = Flash()
    journal = Journal(flash)
    journal.append(3, b"before")
    for slot in (1, 2, 3):
        flash[slot * 16 : slot * 16 + 16] = bytes(16)
    again = Journal(flash)
    assert again.worn
    again.append(3, b"after")
    assert Journal(flash).worn
    again.compact()
    assert not Journal(flash).worn


@given(
    st.lists(st.tuples(st.integers(1, 9), st.binary(max_size=12)), max_size=40),
    st.integers(16, 64),
    st.data(),
)
def test_power_that_fails_at_any_byte_of_any_write_leaves_what_was_or_what_is(
    before: list[tuple[int, bytes]], slots: int, data: st.DataObject
) -> None:
    """But for the rewriting of a full sector, which loses high kinds first."""
    flash = Flash(16 * slots)
    journal = Journal(flash)
    for record in before:
        journal.append(*record)
    old = contents(journal)
    new = (data.draw(st.integers(1, 9)), data.draw(st.binary(max_size=12)))
    image, erases = bytes(flash.bytes), flash.erases
    for lasts in range(17):
        flash.bytes[:] = image
        flash.lasts = lasts
        with suppress(PowerFailed):
            Journal(flash).append(*new)
        flash.lasts = None
        found = contents(Journal(flash))
        if flash.erases == erases:
            assert found in (old, {**old, new[0]: new[1].ljust(12, b"\x00")})
        else:
            assert set(found) <= set(old) | {new[0]}
            erases = flash.erases


def test_a_sector_that_cannot_be_written_anew_is_worn() -> None:
    journal = Journal(WornFlash(256))
    journal.append(1, b"odd\x01")
    journal.compact()
    assert journal.worn
