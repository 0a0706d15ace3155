"""Which hubs a relay serves: a file in its folder with their names and the hashes of their tokens."""

from collections.abc import Iterator
from contextlib import contextmanager
import fcntl
import os
from pathlib import Path

import msgspec
from msgspec import Struct

from ..security import tokens
from .frames import NAME

FILE = "hubs.json"


class HubsError(Exception):
    """The relay's hubs cannot be read or changed so; the text is one sentence for its owner."""


class KnownHub(Struct, frozen=True):
    """A hub that may dial in."""

    token_sha256: str
    created_ms: int


class Hubs:
    """The hubs of a folder, read again whenever another process has changed them."""

    def __init__(self, folder: Path) -> None:
        """`folder` need not be there yet. Raises HubsError."""
        self._path = folder / FILE
        self._stamp: tuple[int, int, int] | None = None
        self._hubs: dict[str, KnownHub] = {}
        self._by_hash: dict[str, str] = {}
        self.refresh()

    def __contains__(self, name: str) -> bool:
        """Whether there is a hub of this name."""
        return name in self._hubs

    def all(self) -> dict[str, KnownHub]:
        """Return the hubs by their names."""
        return dict(sorted(self._hubs.items()))

    def owner(self, token: str | None) -> str | None:
        """Return whose token this is, None if nobody's."""
        if token is None:
            return None
        return self._by_hash.get(tokens.digest(token).hex())

    def token_hash(self, name: str) -> str | None:
        """Return the hash of a hub's token; another one means another token."""
        found = self._hubs.get(name)
        return found.token_sha256 if found else None

    def refresh(self) -> bool:
        """Notice what another process has changed; True when something was. Raises HubsError."""
        try:
            now = self._path.stat()
            stamp = (now.st_ino, now.st_mtime_ns, now.st_size)
            if stamp == self._stamp:
                return False
            hubs = msgspec.json.decode(
                self._path.read_bytes(), type=dict[str, KnownHub]
            )
        except FileNotFoundError:
            stamp, hubs = None, {}
        except OSError as error:
            raise HubsError(
                f"The file {self._path} cannot be read: {error.strerror}."
            ) from None
        except msgspec.DecodeError, UnicodeDecodeError:
            raise HubsError(
                f"The file {self._path} does not hold a relay's hubs."
            ) from None
        changed = hubs != self._hubs
        self._stamp, self._hubs = stamp, hubs
        self._by_hash = {hub.token_sha256: name for name, hub in hubs.items()}
        return changed

    def add(self, name: str, now_ms: int) -> str:
        """Add a hub and return its token, which is not kept. Raises HubsError."""
        if not NAME.match(name):
            raise HubsError(
                "A hub's name has 1 to 32 lower-case letters, digits, - and _, and begins with a letter or digit."
            )
        token = tokens.new()
        with self._changing():
            if name in self._hubs:
                raise HubsError(
                    f"There is a hub named {name} already: remove it first."
                )
            self._write(
                self._hubs | {name: KnownHub(tokens.digest(token).hex(), now_ms)}
            )
        return token

    def remove(self, name: str) -> None:
        """Remove a hub; a running relay closes its tunnel. Raises HubsError."""
        with self._changing():
            if name not in self._hubs:
                raise HubsError(f"There is no hub named {name}.")
            self._write({key: hub for key, hub in self._hubs.items() if key != name})

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Read and write as one, whoever else does the same."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with (self._path.parent / ".hubs.lock").open("w") as turn:
                fcntl.flock(turn, fcntl.LOCK_EX)
                self.refresh()
                yield
                self.refresh()
        except OSError as error:
            raise HubsError(
                f"The folder {self._path.parent} cannot be written: {error.strerror}."
            ) from None

    def _write(self, hubs: dict[str, KnownHub]) -> None:
        draft = self._path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(hubs)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
