"""The one way in: whoever brings something proves who it is, and what it brings goes its way.

Whatever a message changes is worked out first, from the charger's present state and without touching it. Then it is
stored in one commit, and only when that is on the disk does the new state take effect and the bus hear of it (`effect`).
"""

from collections.abc import Awaitable, Callable
from functools import partial

from .bus import Bus
from .conversation import Conversations, Reply
from .effect import Effect
from .entry import Entry
from .fleet import Fleet
from .guarding import Guarding
from .model import Kind
from .security.envelope import NOBODY, Request
from .sources import gsm
from .store import NotThereError, Store
from .turn import upon_the_newest
from .unnumbered import Unnumbered, Word

LEASE_S = 900
INTERVAL_S = 30

__all__ = [
    "INTERVAL_S",
    "LEASE_S",
    "Ingest",
    "NotS1Error",
    "Reply",
    "StrangerError",
    "Word",
]


class NotS1Error(Exception):
    """A body is no S1 message at all."""


class StrangerError(Exception):
    """Unknown device, or it did not prove to be the one it says it is."""


class Ingest:
    """Takes what devices send.

    Whoever calls `s1` or `legacy` must see it through, also when the device hangs up, unless the hub stops: what is
    stored must be known to be stored.
    """

    def __init__(
        self,
        fleet: Fleet,
        store: Store,
        bus: Bus,
        *,
        refresh: Callable[[], Awaitable[None]],
        now_ms: Callable[[], int],
        interval_s: int = INTERVAL_S,
        lease_s: int = LEASE_S,
        due: Callable[[Entry], None] = lambda _entry: None,
    ) -> None:
        """`refresh` notices what another process has stored; `now_ms` is the wall clock.

        `due` is told of every charger that has new readings.
        """
        self._fleet = fleet
        self._refresh = refresh
        effect = Effect(fleet, store, bus, now_ms, due)
        guarding = Guarding(fleet, now_ms, lease_s)
        self._conversations = Conversations(
            store, bus, effect, guarding, now_ms, interval_s
        )
        self._unnumbered = Unnumbered(store, bus, effect, guarding, now_ms)

    async def s1(self, charger_id: str, body: bytes) -> Reply:
        """Take an S1 message and return the signed reply.

        Raises NotS1Error, StrangerError and store.UnavailableError, which are answered unsigned.
        """
        request = Request.split(body)
        if request is None:
            raise NotS1Error
        entry = self._proved(charger_id, request)
        if entry is None:
            await self._refresh()
            entry = self._proved(charger_id, request)
        if entry is None:
            raise StrangerError
        return await self._upon_the_newest(
            partial(self._conversations.converse, entry, request)
        )

    async def legacy(self, api_key: str | None, body: bytes) -> None:
        """Take rows in the seed's format. Raises StrangerError, gsm.LegacyError and store.UnavailableError."""
        entry = await self._legacy_charger(api_key)
        rows = gsm.decode_legacy(body, entry.charger.legacy)
        await self._upon_the_newest(partial(self._unnumbered.rows, entry, rows))

    async def legacy_latest(self, api_key: str | None) -> bytes | None:
        """Return the newest row as it came, in JSON; None before the first. Raises StrangerError."""
        return (await self._legacy_charger(api_key)).conversation.reply

    async def word(self, entry: Entry, word: Word) -> None:
        """Take what a source has heard. Raises StrangerError where it was removed, and store.UnavailableError."""
        await self._upon_the_newest(partial(self._unnumbered.word, entry, word))

    async def _upon_the_newest[T](self, work: Callable[[], Awaitable[T]]) -> T:
        try:
            return await upon_the_newest(work)
        except NotThereError:
            raise StrangerError from None

    def _proved(self, charger_id: str, request: Request) -> Entry | None:
        entry = self._fleet.find(charger_id)
        if entry is None or entry.charger.kind is not Kind.s1:
            request.proves(charger_id, NOBODY)
            return None
        return entry if request.proves(charger_id, entry.device_key) else None

    async def _legacy_charger(self, api_key: str | None) -> Entry:
        for _ in range(2):
            entry = self._fleet.find_by_key(api_key) if api_key else None
            if entry is not None and entry.charger.kind is Kind.legacy:
                return entry
            await self._refresh()
        raise StrangerError
