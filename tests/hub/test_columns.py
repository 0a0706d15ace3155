"""Columns of numbers: what comes out is what went in, and it is small."""

from hypothesis import given, strategies as st
import pytest

from kickwatt_hub.store import columns

WHOLE = st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1))
TENTHS = st.one_of(st.none(), st.integers(-(10**9), 10**9).map(lambda n: n / 10))
ANY = st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False))


@given(
    st.lists(st.tuples(WHOLE, TENTHS, ANY, st.none()), min_size=1, max_size=40),
)
def test_what_comes_out_is_what_went_in(
    rows: list[tuple[int | None, float | None, float | None, None]],
) -> None:
    """Integers of 64 bits, tenths, any float, and holes anywhere."""
    table = [list(column) for column in zip(*rows, strict=True)]
    scales = (0, 10, 10, 1)
    packed = columns.pack(table, scales)
    assert columns.unpack(packed, len(rows), scales) == table


@given(
    st.lists(st.tuples(WHOLE, TENTHS, ANY, st.none()), min_size=1, max_size=40),
    st.data(),
)
def test_some_rows_are_the_same_as_in_all_of_the_column(
    rows: list[tuple[int | None, float | None, float | None, None]], data: st.DataObject
) -> None:
    """Wherever they begin and end."""
    table = [list(column) for column in zip(*rows, strict=True)]
    scales = (0, 10, 10, 1)
    start = data.draw(st.integers(0, len(rows)))
    stop = data.draw(st.integers(start, len(rows)))
    folded = columns.unfold(columns.pack(table, scales), len(rows), scales)
    assert [each.values(start, stop) for each in folded] == [
        column[start:stop] for column in table
    ]


def test_a_day_of_a_steady_value_is_a_few_bytes() -> None:
    """Differences are zero."""
    packed = columns.pack([[230.1] * 1440, list(range(1440))], (10, 0))
    assert len(packed) < 60


def test_what_does_not_fit_into_64_bits_is_refused() -> None:
    """Rather than kept wrong."""
    with pytest.raises(OverflowError):
        columns.pack([[2**63]], (0,))


def test_a_column_that_was_added_later_is_missing_from_what_is_older() -> None:
    """The older columns are still read."""
    assert columns.unpack(columns.pack([[1, 2]], (0,)), 2, (0, 10)) == [[1, 2]]


def test_what_was_cut_short_or_made_by_somebody_else_is_an_error() -> None:
    """It never comes out as numbers."""
    packed = columns.pack([[1, 2, 3]], (0,))
    with pytest.raises(ValueError, match="cut short"):
        columns.unpack(packed, 4, (0,))
    strange = columns.zstd.compress(bytes([9, *bytes(8)]))
    with pytest.raises(ValueError, match="unknown kind"):
        columns.unpack(strange, 1, (0,))
