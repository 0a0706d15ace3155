"""Columns of numbers, small: difference to the one before, bytes sorted by their weight, zstd.

A column of neighbouring measurements differs little from row to row, so almost all of the high bytes are zero; with all
lowest bytes first, then all second ones, and so on, zstd finds long runs. What comes out is exactly what went in.
"""

from array import array
from collections.abc import Iterator, Sequence
from compression import zstd
from itertools import accumulate, pairwise, starmap
from operator import xor
import struct

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
    raw = zstd.decompress(data)
    reader = _Cursor(raw)
    columns = []
    for scale in scales:
        if reader.at == len(raw):
            break
        columns.append(_unpack_column(reader, count, scale))
    return columns


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


def _unpack_column(reader: _Cursor, count: int, scale: int) -> list[Number | None]:
    kind = reader.take(1)[0]
    if kind == _NOTHING:
        return [None] * count
    mask: list[bool] | None = None
    if kind & _HOLES:
        mask = _unbits(reader.take((count + 7) // 8), count)
        count = sum(mask)
    values = _unpack_numbers(
        reader, 1 if kind & _SAME else count, kind & ~(_HOLES | _SAME), scale
    )
    if kind & _SAME:
        values *= count
    if mask is None:
        return list(values)
    present = iter(values)
    return [next(present) if there else None for there in mask]


def _unpack_numbers(reader: _Cursor, count: int, kind: int, scale: int) -> list[Number]:
    raw = reader.take(count * _WIDTH)
    values: list[Number]
    if kind == _FLOATS:
        bits = list(accumulate(_unshuffle(raw, count, "Q"), xor))
        values = list(struct.unpack(f"<{count}d", struct.pack(f"<{count}Q", *bits)))
    elif kind in (_WHOLE, _SCALED):
        whole = list(accumulate(_unshuffle(raw, count, "q")))
        if not -(2**63) <= min(whole) <= max(whole) < 2**63:
            whole = [(each + 2**63) % 2**64 - 2**63 for each in whole]
        values = [each / scale for each in whole] if kind == _SCALED else list(whole)
    else:
        raise ValueError("A column of an unknown kind.")
    return values


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


def _unbits(raw: bytes, count: int) -> list[bool]:
    number = int.from_bytes(raw, "little")
    return [bool(number >> place & 1) for place in range(count)]
