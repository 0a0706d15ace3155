"""Meter models: one data file each, checked when it is read.

A file names its registers in two tables: what is measured at the moment (`instantaneous`) and what is counted
(`cumulative`). `defaults` holds what they have in common.
"""

from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
import math
import tomllib
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from .register import Register

LONGEST = 125
"""Words in one reply at most (Modbus Application Protocol V1.1b3, 6.3 and 6.4)."""
_LINE = r"^[^\x00-\x1f\x7f]*\Z"


class ModelError(Exception):
    """A meter model is wrong; the text names the file and the field."""


class _File(Struct, forbid_unknown_fields=True):
    title: Annotated[str, Meta(min_length=1, max_length=100, pattern=_LINE)]
    source: Annotated[str, Meta(min_length=1, max_length=500, pattern=_LINE)]
    bidirectional: bool
    longest_read: Annotated[int, Meta(ge=2, le=LONGEST)]
    defaults: dict[str, Any]
    instantaneous: dict[str, dict[str, Any]]
    cumulative: dict[str, dict[str, Any]]


class MeterModel(Struct, frozen=True):
    """A kind of meter. `cumulative` names those of its registers that count; `longest_read` is in words."""

    name: str
    title: str
    source: str
    bidirectional: bool
    longest_read: int
    registers: Mapping[str, Register]
    cumulative: frozenset[str]


def shipped() -> dict[str, MeterModel]:
    """Return the models that come with the hub, by name."""
    folder = resources.files(__package__) / "models"
    files = sorted(folder.iterdir(), key=lambda file: file.name)
    models = [load(file) for file in files if file.name.endswith(".toml")]
    return {model.name: model for model in models}


def load(file: Traversable) -> MeterModel:
    """Read a model's file; its name is the model's. Raises ModelError."""
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
        return parse(file.name.removesuffix(".toml"), content)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, ModelError) as error:
        raise ModelError(f"{file.name}: {error}") from None


def parse(name: str, content: Mapping[str, Any]) -> MeterModel:
    """Return the model that `content` describes. Raises ModelError."""
    try:
        found = msgspec.convert(content, _File)
    except msgspec.ValidationError as error:
        raise ModelError(str(error)) from None
    twice = found.instantaneous.keys() & found.cumulative.keys()
    if twice:
        raise ModelError(f"{min(twice)} is in both tables")
    registers = {
        each: _register(each, {**found.defaults, **fields})
        for each, fields in (found.instantaneous | found.cumulative).items()
    }
    if not registers:
        raise ModelError("it has no registers")
    _refuse_overlaps(registers)
    return MeterModel(
        name=name,
        title=found.title,
        source=found.source,
        bidirectional=found.bidirectional,
        longest_read=found.longest_read,
        registers=registers,
        cumulative=frozenset(found.cumulative),
    )


def _register(name: str, fields: dict[str, Any]) -> Register:
    if not 1 <= len(name) <= 64 or not name.isprintable():
        raise ModelError(f"{name[:80]!r}: a name has 1 to 64 printable characters")
    try:
        register = msgspec.convert(fields, Register)
    except msgspec.ValidationError as error:
        raise ModelError(f"{name}: {error}") from None
    if not (register.unit or "").isprintable():
        raise ModelError(f"{name}: its unit cannot be printed")
    if not (math.isfinite(register.scale) and math.isfinite(register.offset)):
        raise ModelError(f"{name}: scale and offset are finite numbers")
    if register.end > 0x10000:
        raise ModelError(f"{name}: it ends behind the last address")
    return register


def _refuse_overlaps(registers: Mapping[str, Register]) -> None:
    taken: dict[tuple[int, int], str] = {}
    for name, register in registers.items():
        for address in range(register.address, register.end):
            other = taken.setdefault((register.function_code, address), name)
            if other != name:
                raise ModelError(f"{name} and {other} share the address {address}")
