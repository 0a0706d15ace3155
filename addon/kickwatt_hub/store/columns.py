"""Columns of numbers, small: difference to the one before, bytes sorted by their weight, zstd.

A column of neighbouring measurements differs little from row to row, so almost all of the high bytes are zero; with all
lowest bytes first, then all second ones, and so on, zstd finds long runs. What comes out is exactly what went in.
"""

from array import array
from collections.abc import Iterator, Sequence
from compression import zstd
from dataclasses import dataclass
from itertools import accumulate, islice, pairwise, starmap
from operator import xor
import struct
from typing import Any

LEVEL = 3
_WIDTH = 8  # every number has 64 bits: the empty ones cost nothing once they are side by side

_LARGE = 2.0**40  # beyond that a float has hardly room for a fraction

# How a column is kept.
_NOTHING = 0  # all of it is None
_WHOLE = 1  # whole numbers, each as the difference to the one before
_SCALED = 2  # numbers that are whole once they are multiplied, kept like those
_FLOATS = 3  # any other numbers: the bits of each, xor those of the one before
_HOLES = 16  # added where some are None: a bitmap of those that are not comes first
_SAME = 32  # added where all that are not None are equal: there is only one
_FLAGS = _HOLES | _SAME

_CODES = {_WHOLE: "q", _SCALED: "q", _FLOATS: "Q"}

type Number = int | float | bool
type Column = Sequence[Number | None]


def pack(columns: Sequence[Column], scales: Sequence[int]) -> bytes:
    """Return columns of one length as bytes.

    A scale of 0 promises integers of 64 bits; any other says that most values are whole once they are multiplied by it.
    Raises OverflowError for an integer beyond 64 bits.
    """
    parts: list[bytes] = []
    for column, scale in zip(columns, scales, strict=True):
        parts += _pack_column(column, scale)
    return zstd.compress(b"".join(parts), LEVEL)


def unpack(data: bytes, count: int, scales: Sequence[int]) -> list[list[Number | None]]:
    """Return the columns of `count` rows that `pack` made; fewer of them where it was given fewer."""
    return [column.values(0, count) for column in unfold(data, count, scales)]


def unfold(data: bytes, count: int, scales: Sequence[int]) -> list[Folded]:
    """Return the same columns before their values are worked out: whoever needs a few rows pays for those."""
    raw = zstd.decompress(data)
    reader = _Cursor(raw)
    columns = []
    for scale in scales:
        if reader.at == len(raw):
            break
        columns.append(_unfold_column(reader, count, scale))
    return columns


@dataclass(frozen=True, slots=True)
class Folded:
    """A column as it is kept."""

    kind: int
    scale: int
    count: int
    """Of the numbers in it, without the holes."""
    there: int | None
    """Which rows have a value, a bit each, the first row lowest; None: all."""
    raw: bytes

    def values(self, start: int, stop: int) -> list[Any]:
        """Return the values of the rows from `start` up to, not including, `stop`: numbers of one type, or None."""
        if self.kind == _NOTHING:
            return [None] * (stop - start)
        if self.there is None:
            return list(self._numbers(start, stop))
        before, until = (
            (self.there & (1 << row) - 1).bit_count() for row in (start, stop)
        )
        present = iter(self._numbers(before, until))
        return [
            next(present) if self.there >> row & 1 else None
            for row in range(start, stop)
        ]

    def _numbers(self, start: int, stop: int) -> list[Number]:
        if self.kind & _SAME:
            return _unpack_numbers(
                self.raw, 1, 0, 1, self.kind & ~_FLAGS, self.scale
            ) * (stop - start)
        return _unpack_numbers(
            self.raw, self.count, start, stop, self.kind & ~_FLAGS, self.scale
        )


class _Cursor:
    """Takes bytes off the front."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self.at = 0

    def take(self, length: int) -> bytes:
        part = self._raw[self.at : self.at + length]
        if len(part) != length:
            raise ValueError("The columns are cut short.")
        self.at += length
        return part


def _pack_column(column: Column, scale: int) -> Iterator[bytes]:
    present = [value for value in column if value is not None]
    if not present:
        yield bytes([_NOTHING])
        return
    same = present.count(present[0]) == len(present)
    kind, numbers = _numbers(present[:1] if same else present, scale)
    holes = len(present) < len(column)
    yield bytes([kind + _HOLES * holes + _SAME * same])
    if holes:
        yield _bits([value is not None for value in column])
    yield _shuffle(numbers)


def _numbers(present: Sequence[Number], scale: int) -> tuple[int, array[int]]:
    if scale == 0:
        return _WHOLE, _differences([int(value) for value in present])
    if -_LARGE < min(present) <= max(present) < _LARGE:
        whole = [round(value * scale) for value in present]
        if [value / scale for value in whole] == present:
            return _SCALED, _differences(whole)
    bits = struct.unpack(
        f"<{len(present)}Q", struct.pack(f"<{len(present)}d", *present)
    )
    return _FLOATS, array("Q", [bits[0], *starmap(xor, pairwise(bits))])


def _differences(numbers: Sequence[int]) -> array[int]:
    """Differences modulo 2**64, so that no two integers of 64 bits are too far apart."""
    if not -(2**63) <= min(numbers) <= max(numbers) < 2**63:
        raise OverflowError("A number has more than 64 bits.")
    differences = [numbers[0], *(b - a for a, b in pairwise(numbers))]
    try:
        return array("q", differences)
    except OverflowError:
        return array("Q", [each % 2**64 for each in differences])


def _unfold_column(reader: _Cursor, count: int, scale: int) -> Folded:
    kind = reader.take(1)[0]
    if kind == _NOTHING:
        return Folded(kind, scale, 0, None, b"")
    if kind & ~_FLAGS not in _CODES:
        raise ValueError("A column of an unknown kind.")
    there: int | None = None
    if kind & _HOLES:
        there = int.from_bytes(reader.take((count + 7) // 8), "little")
        count = (there & (1 << count) - 1).bit_count()
    kept = 1 if kind & _SAME else count
    return Folded(kind, scale, count, there, reader.take(kept * _WIDTH))


def _unpack_numbers(
    raw: bytes, count: int, start: int, stop: int, kind: int, scale: int
) -> list[Number]:
    """Return the numbers from `start` up to `stop` of all `count` that are there."""
    differences = islice(_unshuffle(raw, count, _CODES[kind]), stop)
    if kind == _FLOATS:
        bits = list(islice(accumulate(differences, xor), start, None))
        packed = struct.pack(f"<{len(bits)}Q", *bits)
        return list(struct.unpack(f"<{len(bits)}d", packed))
    whole = list(islice(accumulate(differences), start, None))
    if not _are_small(raw, count):
        whole = [(each + 2**63) % 2**64 - 2**63 for each in whole]
    return [each / scale for each in whole] if kind == _SCALED else list(whole)


def _are_small(raw: bytes, count: int) -> bool:
    """Whether no difference has more than 48 bits, so that no sum of them can have more than 64."""
    highest, next_highest = raw[7 * count :], raw[6 * count : 7 * count]
    signs = highest.count(0) + highest.count(255)
    return count < 2**15 and highest == next_highest and signs == count


def _shuffle(numbers: array[int]) -> bytes:
    raw = numbers.tobytes()
    return b"".join(raw[weight::_WIDTH] for weight in range(_WIDTH))


def _unshuffle(raw: bytes, count: int, code: str) -> array[int]:
    sorted_ = bytearray(len(raw))
    for weight in range(_WIDTH):
        sorted_[weight::_WIDTH] = raw[weight * count : (weight + 1) * count]
    numbers: array[int] = array(code)
    numbers.frombytes(sorted_)
    return numbers


def _bits(flags: Sequence[bool]) -> bytes:
    number = int("".join("1" if flag else "0" for flag in reversed(flags)), 2)
    return number.to_bytes((len(flags) + 7) // 8, "little")
