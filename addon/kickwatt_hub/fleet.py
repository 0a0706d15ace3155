"""Every charger as the hub knows it right now."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
import hashlib
import logging

from msgspec.structs import replace

from . import brain as brains
from .brain import Brain, Place, Thought, overlap
from .bus import Bus, ChargerChanged, ChargerRemoved
from .charging.detector import DetectorState
from .energy import Energy, best_power_w
from .model import (
    CLOCK_AHEAD_MS,
    Charger,
    Conversation,
    Delivery,
    Kind,
    Order,
    OrderState,
    Reading,
    Session,
    SessionRecord,
)
from .security.envelope import DeviceKey
from .security.secret import HubSecret, WrongSecretError
from .sources import gsm
from .store import NotThereError, Store
from .store.standing import StoredCharger
from .turn import Turn
from .watch import Watch

_LOGGER = logging.getLogger(__name__)

REPLAYED = 10_000  # readings per charger from which the brain is rebuilt at start; three days at 30 s
LOST_ORDERS = 1_000_000  # that a hub restored from a backup may have forgotten
SILENT_S = 180  # never called offline earlier than this
SILENT_INTERVALS = 3


@dataclass(slots=True)
class Entry:
    """One charger with what only the hub needs. Change it while holding `turn` only."""

    pk: int
    charger: Charger
    key: bytes
    sealed: bytes
    """The same key as it is stored, which tells cheaply whether it was replaced."""
    conversation: Conversation
    energy: Energy
    brain: Brain
    watch: Watch = field(default_factory=Watch)
    """What the guards have counted."""
    device_key: DeviceKey = field(init=False)
    turn: Turn = field(default_factory=Turn)
    """Messages and orders of one charger take turns: each sees what the one before has stored."""
    scheduling: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Taken before `turn` by whoever acts on the mode."""
    settled: dict[int, asyncio.Future[Order]] = field(default_factory=dict)
    """Who waits for an order to be settled."""

    def __post_init__(self) -> None:
        """Derive the keys once."""
        self.device_key = DeviceKey.derive(self.key)

    def rekey(self, key: bytes, sealed: bytes) -> None:
        """Believe another key from now on, and the one before no more."""
        self.key, self.sealed = key, sealed
        self.device_key = DeviceKey.derive(key)

    def settle(self, order: Order) -> None:
        """Tell whoever waits for this order how it ended."""
        waiting = self.settled.pop(order.id, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(order)


class Fleet:
    """The chargers, kept in step with the store."""

    def __init__(
        self, store: Store, bus: Bus, secret: HubSecret, now_ms: Callable[[], int]
    ) -> None:
        """`now_ms` is the wall clock."""
        self._store = store
        self._bus = bus
        self._secret = secret
        self._now_ms = now_ms
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
        if conversation.last_seen_ms is None:
            return False
        silent_s = max(SILENT_S, SILENT_INTERVALS * conversation.interval_s)
        return self._now_ms() - conversation.last_seen_ms <= silent_s * 1000

    async def _add(self, pk: int) -> None:
        stored = await self._store.chargers.one(pk)
        if stored is not None:
            entry = await self._adopt(stored)
            if entry is not None:
                self._bus.publish(ChargerChanged(entry.charger))

    def _rekey(self, entry: Entry, sealed: bytes) -> bool:
        key = self._open(entry.charger.id, sealed)
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
        entry = await self._build(stored)
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
        now = None if stored is None else await self._build(stored)
        if now is None:
            raise NotThereError("This charger was removed.")
        entry.conversation, entry.energy = now.conversation, now.energy
        entry.brain, entry.watch = now.brain, now.watch
        self.last_order = max(self.last_order, await self._store.chargers.last_order())
        self.update(entry, _with_what_is_led(now.charger, entry.charger))
        order = now.charger.order
        if order is not None and order.state is not OrderState.pending:
            entry.settle(order)

    async def _build(self, stored: StoredCharger) -> Entry | None:
        key = self._open(stored.id, stored.key)
        if key is None:
            return None
        entry = Entry(
            pk=stored.pk,
            charger=_charger(stored),
            key=key,
            sealed=stored.key,
            conversation=stored.conversation,
            energy=_energy(stored),
            brain=Brain(profile=brains.decode_profile(stored.profile)),
            watch=_watch(stored),
        )
        await self._rebuild(entry, stored)
        entry.charger = replace(
            entry.charger, online=self.is_online(stored.conversation)
        )
        return entry

    def _open(self, charger_id: str, sealed: bytes) -> bytes | None:
        try:
            return self._secret.open(sealed)
        except WrongSecretError:
            _LOGGER.error(
                "The key of charger %s was sealed under another hub's secret: give it a new one (kickwatt-hub charger key)",
                charger_id,
            )
            return None

    async def _rebuild(self, entry: Entry, stored: StoredCharger) -> None:
        """Run the brain over what was stored since it last was at a known place."""
        place, readings = await self._since_place(stored)
        record = stored.record
        running = record.session if record and record.session.end_ms is None else None
        thought = await self._think_again(entry, place, readings, running)
        if readings or place is not None:
            entry.energy = thought.energy
        entry.brain = Brain(thought.brain.state, entry.brain.profile)
        entry.charger = replace(
            entry.charger,
            phase=thought.brain.state.status,
            charge_phase=thought.brain.phase,
        )
        records = await self._unknown(stored.pk, place, thought)
        if running is not None and not records and entry.brain.state.session is None:
            records = (_lost(running, stored),)
        if records:
            # Only after a change of the brain itself: what is stored and what it finds now are the same otherwise.
            await self._store.chargers.deliver(
                Delivery(
                    charger_pk=entry.pk,
                    conversation=entry.conversation,
                    sessions=records,
                )
            )
            again = await self._store.chargers.one(entry.pk)
            record = again.record if again else None
            entry.charger = replace(
                entry.charger, session=record.session if record else None
            )
        session = entry.charger.session
        if session is not None and session.end_ms is None:
            entry.charger = replace(
                entry.charger, session=entry.brain.running(session.id)
            )

    async def _unknown(
        self, charger_pk: int, place: Place | None, thought: Thought
    ) -> tuple[SessionRecord, ...]:
        """Return the sessions that are not stored; without a place to begin at, all were found anew."""
        records = thought.records
        if place is not None or not records:
            return records
        start_ms = records[0].session.start_ms
        known = await self._store.history.sessions(charger_pk, start_ms, 2**62, 10_000)
        return tuple(
            record
            for record in records
            if record.session.id
            or not any(overlap(each, record.session) for each in known)
        )

    async def _since_place(
        self, stored: StoredCharger
    ) -> tuple[Place | None, tuple[Reading, ...]]:
        """Return the last known place and the readings since; without it, or long after it, the newest readings."""
        history, ended = self._store.history, stored.ended
        place = brains.decode_place(ended.place) if ended else None
        until_ms = stored.conversation.last_seen_ms or 0
        if ended is not None and place is not None:
            if not stored.kind.numbers_its_readings:
                # A late row has a high number and an early time: here only the time tells what came after.
                since_ms = (place.state.time_ms or 0) + 1
                readings, rest = await history.readings(
                    stored.pk, since_ms, until_ms + CLOCK_AHEAD_MS + 1, REPLAYED
                )
                if rest is None:
                    return place, tuple(readings)
            else:
                readings = await history.replay(stored.pk, ended.ended_at, REPLAYED)
                if len(readings) < REPLAYED:
                    return place, tuple(readings)
        readings = await history.replay(stored.pk, None, REPLAYED)
        if not stored.kind.numbers_its_readings:
            return None, gsm.in_order(readings, 0, until_ms)
        return None, tuple(readings)

    async def _think_again(
        self,
        entry: Entry,
        place: Place | None,
        readings: tuple[Reading, ...],
        running: Session | None,
    ) -> Thought:
        """Return what the readings mean, beginning at the place."""
        charger, profile = entry.charger, entry.brain.profile
        brain = Brain(place.state if place else DetectorState(), profile)
        energy = place.energy if place else _energy_before(readings, charger)
        total_wh = entry.conversation.energy_wh
        thought = await brains.think_beside(
            brain, charger, energy, readings, charger.said, running
        )
        found_wh = thought.energy.total_wh
        if place is None and total_wh is not None and found_wh not in (None, total_wh):
            # Late readings have moved the count since the first of these was stored.
            start_wh = (energy.total_wh or 0.0) + total_wh - found_wh
            energy = replace(energy, total_wh=start_wh)
            thought = await brains.think_beside(
                brain, charger, energy, readings, charger.said, running
            )
        return thought


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


def _lost(running: Session, stored: StoredCharger) -> SessionRecord:
    """A charge that is stored as running, and of which the readings know nothing any more."""
    last = stored.reading
    return SessionRecord(
        session=replace(
            running,
            end_ms=max(running.start_ms, last.time_ms if last else 0),
            end_reason="power_lost",
        ),
        ended_at=last.position if last else None,
    )


def _energy_before(readings: tuple[Reading, ...], charger: Charger) -> Energy:
    """Return the count as it was when the first of these was measured."""
    if not readings:
        return Energy()
    first = readings[0]
    return Energy(
        first.energy_wh,
        first.meter_wh,
        first.time_ms,
        best_power_w(first, charger.legacy.power_factor),
    )


def _charger(stored: StoredCharger) -> Charger:
    talk = stored.conversation
    return Charger(
        id=stored.id,
        name=stored.name,
        kind=stored.kind,
        simulated=stored.simulated,
        settings=stored.settings,
        settings_rev=stored.settings_rev,
        legacy=stored.legacy,
        last_seen_ms=talk.last_seen_ms,
        interval_s=talk.interval_s,
        said=talk.said,
        csq=talk.said.csq if talk.said else gsm.legacy_signal(_kept_row(stored)),
        desired_on=talk.desired_on,
        order=stored.order,
        reading=stored.reading,
        session=stored.record.session if stored.record else None,
    )


def _kept_row(stored: StoredCharger) -> bytes | None:
    """The newest row in the seed's format takes the place of S1's reply."""
    return stored.conversation.reply if stored.kind is Kind.legacy else None


def _watch(stored: StoredCharger) -> Watch:
    """A hub alone with its file has heard more than what it wrote down of its counts."""
    talk = stored.conversation
    said, heard_ms = talk.said, talk.last_seen_ms
    if stored.simulated and said is not None and said.clock is not None:
        heard_ms = said.clock * 1000
    return stored.watch.caught_up(heard_ms, bool(said and said.relay))


def _energy(stored: StoredCharger) -> Energy:
    last = stored.reading
    if last is None:
        return Energy()
    return Energy(
        stored.conversation.energy_wh,
        stored.conversation.meter_wh,
        last.time_ms,
        best_power_w(last, stored.legacy.power_factor),
    )
