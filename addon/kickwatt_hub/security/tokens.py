"""Tokens: random, shown once, stored as their SHA-256, with a scope and sometimes an end."""

import hashlib
import re
import secrets

from ..model import Scope

_TOKEN = re.compile(r"(?i:bearer|token) +([0-9a-f]{64})\Z")


def new() -> str:
    """Return a new token: 64 hexadecimal digits."""
    return secrets.token_hex(32)


def digest(token: str) -> bytes:
    """Return what is stored of a token. 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(token.encode()).digest()


def from_header(authorization: str | None) -> str | None:
    """Return the token in `Authorization: Bearer …` or `Token …`, or None."""
    match = _TOKEN.match(authorization or "")
    return match[1] if match else None


def may(scope: Scope, needed: Scope) -> bool:
    """Whether a token of this scope may do what needs that one."""
    return scope >= needed
