"""Whether what a message brought may be stored: its charger must be there, and nobody else may have spoken for it meanwhile.

One hub alone knows by itself where each charger stands. Several hubs on one PostgreSQL do not: the same board may reach
one with this message and another with the next. So there every commit moves the charger's row in `conversation` on from the
revision that the hub knew; where that is no longer the present one, another hub was first, and nothing is stored. What the
guards have counted moves on with it: the next message is judged by that, at whichever hub.
"""

from collections.abc import Sequence

import msgspec
from msgspec import Struct
import sqlalchemy as sa

from .driver import driver
from .errors import NotThereError, StoreError, SupersededError
from .log import Entry

_encode = msgspec.msgpack.Encoder().encode

_GUARD = """
UPDATE conversation
SET revision = conversation.revision + 1, state = told.state, watch = coalesce(told.watch, conversation.watch)
FROM unnest(%s::bigint[], %s::bigint[], %s::bytea[], %s::bytea[]) AS told(charger_pk, revision, state, watch)
WHERE conversation.charger_pk = told.charger_pk AND conversation.revision = told.revision
RETURNING conversation.charger_pk
"""


class Claim(Struct, frozen=True):
    """An entry that is to be stored, and the revision that it goes on from."""

    entry: Entry
    revision: int = 0
    watch: bytes | None = None
    """JSON of watch.Watch: what the guards have counted up to this; None: as it was."""


def admit(connection: sa.Connection, claims: Sequence[Claim]) -> dict[int, StoreError]:
    """Return which chargers' entries may not be stored, by their key, and why."""
    if connection.dialect.name == "sqlite":
        return _missing(connection, [claim.entry.charger_pk for claim in claims])
    telling = [claim for claim in claims if claim.entry.conversation is not None]
    admitted = driver(connection).execute(
        _GUARD,
        (
            [claim.entry.charger_pk for claim in telling],
            [claim.revision for claim in telling],
            [_encode(claim.entry.conversation) for claim in telling],
            [claim.watch for claim in telling],
        ),
    )
    there = {row[0] for row in admitted.fetchall()}
    late = [
        claim.entry.charger_pk
        for claim in telling
        if claim.entry.charger_pk not in there
    ]
    silent = [
        claim.entry.charger_pk for claim in claims if claim.entry.conversation is None
    ]
    refused: dict[int, StoreError] = {
        pk: SupersededError("Another hub was first.") for pk in late
    }
    return refused | _missing(connection, late + silent)


def _missing(connection: sa.Connection, pks: Sequence[int]) -> dict[int, StoreError]:
    raw = driver(connection)
    query = raw.sql("SELECT 1 FROM charger WHERE pk=?")
    return {
        pk: NotThereError("This charger was removed.")
        for pk in pks
        if raw.execute(query, (pk,)).fetchone() is None
    }
