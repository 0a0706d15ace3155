"""Every charger as the hub knows it right now."""

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
import hashlib

from msgspec.structs import replace

from .bus import Bus, ChargerChanged, ChargerRemoved
from .entry import Entry, is_online
from .model import Charger, Conversation, OrderState
from .rebuilding import Rebuilder
from .security.secret import HubSecret
from .store import NotThereError, Store
from .store.standing import StoredCharger

LOST_ORDERS = 1_000_000  # that a hub restored from a backup may have forgotten


class Fleet:
    """The chargers, kept in step with the store."""

    def __init__(
        self, store: Store, bus: Bus, secret: HubSecret, now_ms: Callable[[], int]
    ) -> None:
        """`now_ms` is the wall clock."""
        self._store = store
        self._bus = bus
        self._now_ms = now_ms
        self._rebuilder = Rebuilder(store, secret, now_ms)
        self._by_pk: dict[int, Entry] = {}
        self._by_id: dict[str, Entry] = {}
        self._by_key: dict[bytes, Entry] = {}
        self._refreshing = asyncio.Lock()
        self.last_order = 0

    async def load(self) -> None:
        """Read everything from the store; rebuild what the brain knew."""
        self.last_order = await self._store.chargers.last_order()
        for stored in await self._store.chargers.all():
            await self._adopt(stored)

    def find(self, charger_id: str) -> Entry | None:
        """Return a charger by its id."""
        return self._by_id.get(charger_id)

    def find_by_key(self, key: str) -> Entry | None:
        """Return a charger by its key in clear, as the seed's devices send it."""
        return self._by_key.get(hashlib.sha256(key.encode()).digest())

    def entries(self) -> Iterable[Entry]:
        """Return all, in the order in which they were added."""
        return list(self._by_pk.values())

    def snapshot(self) -> list[Charger]:
        """Return all as they are now."""
        return [entry.charger for entry in self._by_pk.values()]

    def next_order(self, seen: int) -> int:
        """Return a new order id: above all that were given and above what a board has seen of a former hub.

        A board that claims to have seen far more is broken; believing it would use up the ids of all chargers.
        """
        if seen - self.last_order > LOST_ORDERS:
            seen = 0
        self.last_order = max(self.last_order, seen) + 1
        return self.last_order

    def update(self, entry: Entry, charger: Charger) -> None:
        """Take a charger's new state and tell everybody, if it is one."""
        if charger != entry.charger:
            entry.charger = charger
            if entry.pk in self._by_pk:
                self._bus.publish(ChargerChanged(charger))

    async def refresh(self) -> list[Entry]:
        """Notice what the command line has added, changed or removed; return whose key is another one now."""
        rekeyed = []
        async with self._refreshing:
            keys = await self._store.chargers.keys()
            for pk in [pk for pk in self._by_pk if pk not in keys]:
                self._forget(pk)
            for pk, (name, rev, sealed) in keys.items():
                entry = self._by_pk.get(pk)
                if entry is None:
                    await self._add(pk)
                    continue
                if sealed != entry.sealed and self._rekey(entry, sealed):
                    rekeyed.append(entry)
                if (name, rev) != (entry.charger.name, entry.charger.settings_rev):
                    await self._reread(entry)
        return rekeyed

    def watch(self) -> None:
        """Call chargers offline that have been silent for too long; to be called now and then."""
        for entry in self._by_pk.values():
            if entry.charger.online and not self.is_online(entry.conversation):
                self.update(entry, replace(entry.charger, online=False))

    def is_online(self, conversation: Conversation) -> bool:
        """Whether a verified message came within three of the intervals that the board was told."""
        return is_online(conversation, self._now_ms())

    async def _add(self, pk: int) -> None:
        stored = await self._store.chargers.one(pk)
        if stored is not None:
            entry = await self._adopt(stored)
            if entry is not None:
                self._bus.publish(ChargerChanged(entry.charger))

    def _rekey(self, entry: Entry, sealed: bytes) -> bool:
        key = self._rebuilder.open(entry.charger.id, sealed)
        if key is None:
            return False
        del self._by_key[_key_digest(entry.key)]
        entry.rekey(key, sealed)
        self._by_key[_key_digest(key)] = entry
        return True

    async def _reread(self, entry: Entry) -> None:
        async with entry.turn:
            stored = await self._store.chargers.one(entry.pk)
            if stored is not None:
                self.update(
                    entry,
                    replace(
                        entry.charger,
                        name=stored.name,
                        settings=stored.settings,
                        settings_rev=stored.settings_rev,
                    ),
                )

    def _forget(self, pk: int) -> None:
        entry = self._by_pk.pop(pk)
        del self._by_id[entry.charger.id]
        del self._by_key[_key_digest(entry.key)]
        order = entry.charger.order
        if order is not None:
            entry.settle(replace(order, state=OrderState.expired, reason="removed"))
        self._bus.publish(ChargerRemoved(entry.charger.id))

    async def _adopt(self, stored: StoredCharger) -> Entry | None:
        entry = await self._rebuilder.rebuild(stored)
        if entry is None:
            return None
        entry.turn.reread = partial(self._reread_all, entry)
        self._by_pk[stored.pk] = entry
        self._by_id[stored.id] = entry
        self._by_key[_key_digest(entry.key)] = entry
        return entry

    async def _reread_all(self, entry: Entry) -> None:
        """Take over what another hub on this database has stored. Raises NotThereError."""
        stored = await self._store.chargers.one(entry.pk)
        now = None if stored is None else await self._rebuilder.rebuild(stored)
        if now is None:
            raise NotThereError("This charger was removed.")
        entry.conversation, entry.energy = now.conversation, now.energy
        entry.brain, entry.watch = now.brain, now.watch
        self.last_order = max(self.last_order, await self._store.chargers.last_order())
        self.update(entry, _with_what_is_led(now.charger, entry.charger))
        order = now.charger.order
        if order is not None and order.state is not OrderState.pending:
            entry.settle(order)


def _with_what_is_led(charger: Charger, before: Charger) -> Charger:
    """Return a charger with what its readings do not tell, as it was known."""
    return replace(
        charger,
        mode=before.mode,
        progress=before.progress,
        cost=before.cost,
        source=before.source,
        forecast=before.forecast if charger.phase == before.phase else None,
    )


def _key_digest(key: bytes) -> bytes:
    """Return what a key in clear is looked up by, so that no comparison takes longer for a better guess."""
    return hashlib.sha256(key.hex().encode()).digest()
