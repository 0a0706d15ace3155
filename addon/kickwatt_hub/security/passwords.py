"""Passwords, hashed with Argon2id at OWASP's minimum (19 MiB, 2 passes, 1 lane; about 30 ms)."""

import asyncio
import base64
import hashlib
import hmac

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 8
MAX_LENGTH = 256

DJANGO = "pbkdf2_sha256"
"""What the hashes of another system begin with; they hold until their owners first log in here."""
MOST_ROUNDS = 5_000_000

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_NOBODYS = _HASHER.hash("nobody has this password")


class Passwords:
    """Hashes in threads, a few at a time: each holds its 19 MiB while it runs."""

    def __init__(self, at_once: int = 4) -> None:
        """`at_once` bounds memory and processors that logins can take."""
        self._turn = asyncio.Semaphore(at_once)

    async def hash(self, password: str) -> str:
        """Return what may be stored."""
        async with self._turn:
            return await asyncio.to_thread(_HASHER.hash, password)

    async def verify(self, password: str, stored: str | None) -> bool:
        """Whether this is the password; for an unknown user (None) it takes as long to say no."""
        async with self._turn:
            fits = await asyncio.to_thread(_verify, password, stored or _NOBODYS)
        return fits and stored is not None


def outdated(stored: str) -> bool:
    """Whether a hash should be replaced when its password is known."""
    return stored.startswith(f"{DJANGO}$")


def _verify(password: str, stored: str) -> bool:
    if outdated(stored):
        return _verify_django(password, stored)
    try:
        return _HASHER.verify(stored, password)
    except VerificationError, InvalidHashError:
        return False


def _verify_django(password: str, stored: str) -> bool:
    """Verify Django's `pbkdf2_sha256$<rounds>$<salt>$<base64>` (django.contrib.auth.hashers)."""
    try:
        _, rounds, salt, wanted = stored.split("$")
        count, digest = int(rounds), base64.b64decode(wanted, validate=True)
    except ValueError:
        return False
    if not 0 < count <= MOST_ROUNDS:
        return False
    made = hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), count)
    return hmac.compare_digest(made, digest)
