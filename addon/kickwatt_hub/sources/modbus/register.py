"""One register of a meter, and what its words mean.

Modbus itself knows only 16-bit words, big-endian on the wire; how a meter makes a number of two of them is up to its
maker. Eastron sends IEEE 754 with the high word first (SDM630 Modbus protocol, "ABCD").
"""

from collections.abc import Sequence
from enum import StrEnum
import math
import struct
from typing import Annotated, Literal

from msgspec import Meta, Struct

type Order = Literal["big", "little"]

HOLDING: Literal[3] = 3
"""Function code 3, read holding registers."""
INPUT: Literal[4] = 4
"""Function code 4, read input registers."""


class Kind(StrEnum):
    """How many words a value has, and what they are."""

    int16 = "int16"
    long32 = "long32"
    float32 = "float32"

    @property
    def words(self) -> int:
        """Return the number of registers."""
        return 1 if self is Kind.int16 else 2


class NoValueError(Exception):
    """The words are there, but they are no measurement; the text says why."""


class Register(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a measurement is in a meter. Its value is `raw * scale + offset`, in `unit`."""

    address: Annotated[int, Meta(ge=0, le=0xFFFF)]
    unit: Annotated[str, Meta(max_length=8)] | None = None
    kind: Kind = Kind.float32
    function_code: Literal[3, 4] = INPUT
    signed: bool = True
    word_order: Order = "big"
    byte_order: Order = "big"
    scale: float = 1.0
    offset: float = 0.0

    @property
    def end(self) -> int:
        """Return the address behind its last word."""
        return self.address + self.kind.words

    def value(self, words: Sequence[int]) -> float:
        """Return what its words (0..65535, as many as its kind has) say. Raises NoValueError."""
        ordered = words if self.word_order == "big" else words[::-1]
        pack = ">H" if self.byte_order == "big" else "<H"
        data = b"".join(struct.pack(pack, word) for word in ordered)
        if self.kind is Kind.float32:
            (raw,) = struct.unpack(">f", data)
        else:
            raw = int.from_bytes(data, signed=self.signed)
        value = float(raw * self.scale + self.offset)
        if not math.isfinite(value):
            raise NoValueError("not a number")
        return value
