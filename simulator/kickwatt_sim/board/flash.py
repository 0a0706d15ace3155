"""The board's non-volatile memory: one sector of flash, with what that means.

Reference: CircuitPython, `ports/raspberrypi/common-hal/nvm/ByteArray.c`. Writing over erased bytes (0xFF) programs them;
anything else erases the sector and writes it again, which takes longer, wears it, and loses everything if the power
goes in between. Interrupts are off meanwhile, so the UARTs keep only what fits into their hardware.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from ..world import MILLISECOND

# Typical times of the W25Q flash on the board (data sheet: page program 0.4-3 ms, sector erase 45-400 ms).
PROGRAM_NS: Final = 1 * MILLISECOND
ERASE_NS: Final = 45 * MILLISECOND
_ERASED: Final = 0xFF


class FlashImage:
    """The sector's content; it outlives resets, and the process if it has a file."""

    def __init__(self, file: Path | None = None, *, size: int = 4096) -> None:
        """Load the image from a file, or start erased. Raises ValueError when the file cannot hold an image."""
        self._file = file
        self.content = bytearray([_ERASED]) * size
        self.programs = 0
        self.erases = 0
        # What is left of the bytes that are written; worn cells keep something else.
        self.wear: Callable[[bytes], bytes] = lambda data: data
        if file is None:
            return
        try:
            if file.exists():
                self._load(file.read_bytes())
            self.save()
        except OSError as error:
            raise ValueError(f"cannot use {file}: {error.strerror}") from error

    def _load(self, content: bytes) -> None:
        if len(content) != len(self.content):
            raise ValueError(
                f"{self._file} is not an image of {len(self.content)} bytes"
            )
        self.content[:] = content

    def save(self) -> None:
        """Write the file, whole or not at all."""
        if self._file is not None:
            beside = self._file.with_name(self._file.name + ".new")
            beside.write_bytes(self.content)
            beside.replace(self._file)


class ByteArray:
    """The object behind `microcontroller.nvm`."""

    def __init__(self, image: FlashImage, busy: Callable[[int], None]) -> None:
        """Show an image; `busy` lets the time of a write pass."""
        self._image = image
        self._busy = busy

    def __bool__(self) -> bool:
        """Return that there is memory."""
        return True

    def __len__(self) -> int:
        """Return the size in bytes."""
        return len(self._image.content)

    def __getitem__(self, index: int | slice) -> int | bytearray:
        """Return one byte, or a copy of some."""
        if isinstance(index, slice):
            _check_step(index)
        return self._image.content[index]

    def __setitem__(self, index: int | slice, value: Any) -> None:
        """Write one byte or as many as the slice has."""
        if isinstance(index, slice):
            _check_step(index)
            start, stop, _ = index.indices(len(self))
            if not isinstance(value, (bytes, bytearray, memoryview)):
                raise TypeError("array/bytes required on right side")
            data = bytes(value)
            if len(data) != max(0, stop - start):
                raise ValueError("Slice and value different lengths.")
        else:
            start = index + len(self) if index < 0 else index
            if not 0 <= start < len(self):
                raise IndexError("ByteArray index out of range")
            data = bytes([value])
        self._write(start, data)

    def _write(self, start: int, data: bytes) -> None:
        content = self._image.content
        old = content[start : start + len(data)]
        if old == data:
            return
        data = self._image.wear(data)
        half = len(data) // 2
        try:
            if any(byte != _ERASED for byte in old):
                kept = bytes(content)
                content[:] = bytes([_ERASED]) * len(content)
                self._image.erases += 1
                self._busy(ERASE_NS)
                content[:] = kept
            content[start : start + half] = data[:half]
            self._image.programs += 1
            self._busy(PROGRAM_NS)
            content[start + half : start + len(data)] = data[half:]
        finally:
            self._image.save()


def _check_step(index: slice) -> None:
    if index.step not in (None, 1):
        raise NotImplementedError("only slices with step=1 (aka None) are supported")
