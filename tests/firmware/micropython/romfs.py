"""An image of a read-only file system, as MicroPython's `vfs.VfsRom` reads it (ROMFS, MicroPython 1.25 and later).

What is compiled runs from such an image where it lies: neither bytecode nor names are copied to the heap.
"""

from pathlib import Path
from typing import Final

_MAGIC: Final = b"\xd2\xcd\x31"
_BYTES, _FOLDER, _FILE = 2, 4, 5  # kinds of records


def image(folder: Path) -> bytes:
    """Return the image of everything in a folder."""
    records = _records(folder)
    return _MAGIC + _number(len(records)) + records


def _records(folder: Path) -> bytes:
    return b"".join(
        _record(_FOLDER, _name(entry) + _records(entry))
        if entry.is_dir()
        else _record(_FILE, _name(entry) + _record(_BYTES, entry.read_bytes()))
        for entry in sorted(folder.iterdir())
    )


def _record(kind: int, payload: bytes) -> bytes:
    return _number(kind) + _number(len(payload)) + payload


def _name(entry: Path) -> bytes:
    return _number(len(entry.name)) + entry.name.encode()


def _number(value: int) -> bytes:
    """Return a number in pieces of seven bits, the greatest first; all but the last are marked."""
    pieces = [value & 0x7F]
    while value := value >> 7:
        pieces.append(value & 0x7F | 0x80)
    return bytes(reversed(pieces))
