"""Run a file of the board's drive from an image in memory that is none of the heap's, as a board's flash is.

For MicroPython: `micropython in_place.py IMAGE NAME`. The image is one of `romfs.py`; it is mapped, not read.
"""

import sys

import ffi
import uctypes
import vfs

_READ, _PRIVATE = 1, 2
_TO_THE_END = 2


def mount(file):
    """Make the image the only place that modules come from."""
    system = ffi.open("libc.so.6")
    number = system.func("i", "open", "si")(file, 0)
    size = system.func("l", "lseek", "ili")(number, 0, _TO_THE_END)
    at = system.func("P", "mmap", "PLiiil")(0, size, _READ, _PRIVATE, number, 0)
    vfs.mount(vfs.VfsRom(uctypes.bytearray_at(at, size)), "/flash")
    sys.path[:] = ["/flash"]


_, image, name = sys.argv
mount(image)
__import__(name)
