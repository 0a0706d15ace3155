"""Modules that CPython has just so, cut down to the names that the board has."""

from importlib import import_module
from types import ModuleType
from typing import Final

CONTENT: Final = {
    "array": ("array",),
    "binascii": ("a2b_base64", "b2a_base64", "crc32", "hexlify", "unhexlify"),
    "collections": ("OrderedDict", "deque", "namedtuple"),
    "errno": (
        "EACCES",
        "EAGAIN",
        "EBADF",
        "ECONNABORTED",
        "ECONNREFUSED",
        "ECONNRESET",
        "EEXIST",
        "EHOSTUNREACH",
        "EINVAL",
        "EIO",
        "EISDIR",
        "ENOBUFS",
        "ENODEV",
        "ENOENT",
        "ENOMEM",
        "ENOTCONN",
        "EPERM",
        "ETIMEDOUT",
        "errorcode",
    ),
    "io": ("BytesIO", "StringIO"),
    "math": (
        "acos",
        "asin",
        "atan",
        "atan2",
        "ceil",
        "copysign",
        "cos",
        "degrees",
        "e",
        "exp",
        "fabs",
        "floor",
        "fmod",
        "frexp",
        "isfinite",
        "isinf",
        "isnan",
        "ldexp",
        "log",
        "modf",
        "pi",
        "pow",
        "radians",
        "sin",
        "sqrt",
        "tan",
        "trunc",
    ),
    "re": ("compile", "match", "search", "sub"),
    "struct": ("calcsize", "pack", "pack_into", "unpack", "unpack_from"),
    "warnings": ("warn",),
    "zlib": ("decompress",),
}


def make(name: str) -> ModuleType:
    """Return the module with only the board's names in it."""
    real = import_module(name)
    module = ModuleType(name)
    vars(module).update({content: getattr(real, content) for content in CONTENT[name]})
    return module
