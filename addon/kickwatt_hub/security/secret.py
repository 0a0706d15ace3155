"""The hub's own secret, a file beside the database.

A board's key must be usable, so it cannot be hashed as a password is. It is stored encrypted under this secret.
That protects a copy of the database alone (a backup, a support request); whoever can read the whole data folder
can read the keys. The file's mode is 0600 for that reason, and no encryption scheme would change it.
"""

import hashlib
import hmac
import os
from pathlib import Path
import secrets

from ..store import UnusableError

SECRET_FILE = "hub.secret"
_NONCE = 16
_CHECK = 8


class WrongSecretError(Exception):
    """What was sealed under another hub's secret cannot be opened with this one."""


def load_secret(folder: Path) -> HubSecret:
    """Return the secret of a data folder. Raises store.UnusableError."""
    try:
        return HubSecret.load(folder / SECRET_FILE)
    except (OSError, ValueError) as error:
        reason = (
            getattr(error, "strerror", None) or "it does not hold 64 hexadecimal digits"
        )
        raise UnusableError(
            f"The file {folder / SECRET_FILE} cannot be used: {reason}."
        ) from error


class HubSecret:
    """32 random bytes that never leave the data folder."""

    def __init__(self, secret: bytes) -> None:
        """Use `load` to get the one of a data folder."""
        self._secret = secret

    @classmethod
    def load(cls, path: Path) -> HubSecret:
        """Read the secret, or make it when the file is not there. Raises OSError."""
        try:
            return cls(bytes.fromhex(path.read_text().strip()))
        except FileNotFoundError:
            pass
        # Written aside and linked into place: two processes that start at once agree on one secret.
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.unlink(missing_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        return cls(bytes.fromhex(path.read_text().strip()))

    def derive(self, purpose: str) -> bytes:
        """Return 32 bytes that are always the same for this hub and purpose."""
        return hmac.digest(self._secret, f"kickwatt {purpose}".encode(), hashlib.sha256)

    def seal(self, key: bytes) -> bytes:
        """Encrypt a key or token: nonce, check, key XOR HMAC(secret, nonce), as each nonce is used once."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._check(nonce, key) + self._mask(nonce, key)

    def open(self, sealed: bytes) -> bytes:
        """Return the key that was sealed. Raises WrongSecretError."""
        nonce, check = sealed[:_NONCE], sealed[_NONCE : _NONCE + _CHECK]
        key = self._mask(nonce, sealed[_NONCE + _CHECK :])
        if not hmac.compare_digest(self._check(nonce, key), check):
            raise WrongSecretError
        return key

    def _mask(self, nonce: bytes, text: bytes) -> bytes:
        seal = self.derive("seal")
        pad = hmac.digest(seal, nonce, hashlib.sha256)
        while len(pad) < len(text):
            block = len(pad).to_bytes(4)
            pad += hmac.digest(seal, nonce + block, hashlib.sha256)
        return bytes(a ^ b for a, b in zip(text, pad, strict=False))

    def _check(self, nonce: bytes, key: bytes) -> bytes:
        return hmac.digest(self.derive("check"), nonce + key, hashlib.sha256)[:_CHECK]
