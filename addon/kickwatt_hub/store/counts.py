"""What the guards have counted, and when it is time to write it down.

Several hubs on one PostgreSQL write it down with every message, in the row in which they agree about the conversation
(`admission`): whichever gets the next one goes on from there. A hub alone with its file knows by itself, and a page of an
SD card for every message is too much: there it is written with whatever else a message changes, when power is allowed or
the relay closes or opens, otherwise every ten minutes, and at the end.
"""

from collections.abc import Mapping

import msgspec
import sqlalchemy as sa

from ..watch import Watch
from .driver import driver

NOTE_MS = 600_000  # less than guards.GAP_MS, so that what flowed after a crash is known from what was counted before it

encode_watch = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Watch).decode


class Counts:
    """What one hub's guards have counted of each charger, by its pk, and how much of that is in its file."""

    def __init__(self) -> None:
        """Nothing is known."""
        self._noted: dict[int, Watch] = {}
        self._ahead: dict[int, Watch] = {}

    def is_due(self, charger_pk: int, watch: Watch) -> bool:
        """Whether it has to be written down now."""
        noted = self._noted.get(charger_pk, Watch())
        return (watch.allowed_ms, watch.closed) != (noted.allowed_ms, noted.closed) or (
            watch.closed
            and abs((watch.heard_ms or 0) - (noted.heard_ms or 0)) >= NOTE_MS
        )

    def found(self, charger_pk: int, watch: Watch) -> None:
        """Know that this is in the file."""
        self._noted[charger_pk] = watch

    def noted(self, charger_pk: int, watch: Watch) -> None:
        """Know that this has just been written to the file."""
        self._noted[charger_pk] = watch
        self._ahead.pop(charger_pk, None)

    def passed(self, charger_pk: int, watch: Watch) -> None:
        """Know that this has not."""
        if watch.closed:
            self._ahead[charger_pk] = watch

    def ahead(self) -> Mapping[int, Watch]:
        """Return what is not in the file yet."""
        return dict(self._ahead)


def note(connection: sa.Connection, charger_pk: int, watch: Watch) -> None:
    """Write down what was counted of a charger."""
    raw = driver(connection)
    raw.execute(
        raw.sql("UPDATE conversation SET watch=? WHERE charger_pk=?"),
        (encode_watch(watch), charger_pk),
    )


def decode_watch(stored: bytes | None) -> Watch:
    """Return what was written down; nothing where there is nothing, or nothing that this version can read."""
    if stored is None:
        return Watch()
    try:
        return _decode(stored)
    except msgspec.DecodeError:
        return Watch()
