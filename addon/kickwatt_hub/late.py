"""Readings that come late: the sessions that they touch are found again, as if they had come in time.

A board that was out of coverage, a phone that imports a file, a row that was overtaken: readings are stored under their
own time, and everything that is derived from them is derived anew from the last known place before the earliest of
them. A place is where a session ended: there the whole state of the brain and of the energy count is kept, and what
earlier charges had taught by then is read from the sessions before it.
"""

from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from . import brain as brains
from .brain import Brain, Place, Thought, overlap
from .bus import Bus, SessionCorrected, SessionEnded, SessionStarted
from .charging.profile import NOTHING_LEARNED, REMEMBERED_CHARGES, Profile
from .entry import Entry
from .fleet import Fleet
from .model import (
    CLOCK_AHEAD_MS,
    CLOCK_BEGAN_MS,
    Charger,
    Delivery,
    Reading,
    Session,
    SessionRecord,
)
from .store import Store

PAGE = 10_000
# A board says only now what ended a charge; of an earlier one its word is kept where the readings still end about there.
SAME_END_MS = 180_000
BOARDS_WORD = frozenset({"cut_off", "trip"})
_EVER_MS, _ALL = 2**62, 2**31 - 1


class Found(Struct, frozen=True):
    """What is true of a charger now."""

    thought: Thought
    records: tuple[SessionRecord, ...]
    """Sessions that are new or other than stored; all since the place where something was derived again."""
    corrected_from_ms: int | None = None
    """What was derived from readings after this is replaced; None: nothing is."""
    gone: tuple[Session, ...] = ()
    """Sessions that never were."""
    changed: tuple[int, ...] = ()
    """The indices in `records` of the sessions that are other than they were told."""


async def find_again(
    store: Store,
    charger_pk: int,
    charger: Charger,
    since_ms: int,
    until_ms: int,
    late: Sequence[Reading] = (),
) -> Found:
    """Return what all stored readings of a charger and these late ones mean, from the last place before `since_ms` on.

    Readings after `until_ms` show a wrong clock. Nothing is stored. Raises store.UnavailableError.
    """
    place, learned = await known_place(store, charger_pk, since_ms)
    after_ms = place.state.time_ms or CLOCK_BEGAN_MS
    stored = await read_all(store, charger_pk, after_ms + 1, until_ms + 1)
    there = {reading.position for reading in stored}
    new = [
        reading
        for reading in late
        if reading.position not in there and after_ms < reading.time_ms <= until_ms
    ]
    readings = sorted([*stored, *new], key=in_time)
    brain = Brain(place.state, learned)
    thought = await brains.think_beside(
        brain, charger, place.energy, readings, None, None
    )
    before = await store.history.sessions(charger_pk, after_ms, _EVER_MS, _ALL)
    return _compared(thought, before, after_ms)


async def known_place(
    store: Store, charger_pk: int, before_ms: int
) -> tuple[Place, Profile]:
    """Return the last place before a time, and what had been taught by then; the very beginning if there is none."""
    stored = await store.insights.place(charger_pk, before_ms)
    place = brains.decode_place(stored)
    if place is None or place.state.time_ms is None:
        return Place(), NOTHING_LEARNED
    taught = await store.insights.lessons(
        charger_pk, place.state.time_ms, REMEMBERED_CHARGES
    )
    charges = [brains.decode_lesson(each) for each in taught]
    return place, Profile(tuple(each for each in charges if each is not None))


async def read_all(
    store: Store, charger_pk: int, start_ms: int, end_ms: int
) -> list[Reading]:
    """Return the readings of start <= time < end, page by page, so that nobody has to wait long."""
    found: list[Reading] = []
    next_ms: int | None = start_ms
    while next_ms is not None:
        some, next_ms = await store.history.readings(charger_pk, next_ms, end_ms, PAGE)
        found += some
    return found


def in_time(reading: Reading) -> tuple[int, int, int]:
    """Sort readings by their time; those of one instant as the charger numbered them."""
    return reading.time_ms, reading.position.boot, reading.position.number


def _compared(thought: Thought, before: Sequence[Session], after_ms: int) -> Found:
    """Find which stored session is which of the new ones."""
    left = sorted(
        (each for each in before if each.start_ms > after_ms),
        key=lambda each: each.start_ms,
    )
    records, changed = [], []
    for index, record in enumerate(thought.records):
        session = record.session
        same = next((each for each in left if overlap(each, session)), None)
        if same is not None:
            left.remove(same)
            session = replace(session, id=same.id)
            if _boards_word(same, session):
                session = replace(session, end_reason=same.end_reason)
        if same != session:
            changed.append(index)
        records.append(replace(record, session=session))
    return Found(thought, tuple(records), after_ms, tuple(left), tuple(changed))


def _boards_word(before: Session, now: Session) -> bool:
    """Did the board say what ended this session, and is that still where it ended?"""
    if before.end_reason not in BOARDS_WORD or before.end_ms is None:
        return False
    return now.end_ms is not None and abs(now.end_ms - before.end_ms) <= SAME_END_MS


def tell(
    bus: Bus,
    charger_id: str,
    found: Found,
    sessions: tuple[Session, ...],
    known_ms: int,
) -> None:
    """Publish what was found; `sessions` are its records as stored, readings until `known_ms` were known before.

    What happened in known time was told already, or is too late to be told as news: it is a correction.
    """
    told: set[int] = set()
    for edge, index, time_ms in found.thought.edges:
        session = sessions[index]
        if found.corrected_from_ms is not None and time_ms <= known_ms:
            continue
        told.add(index)
        if edge == "started":
            begun = replace(session, end_ms=None, end_reason=None)
            bus.publish(SessionStarted(charger_id, time_ms, begun))
        else:
            bus.publish(SessionEnded(charger_id, time_ms, session))
    for index in found.changed:
        if index not in told:
            session = sessions[index]
            bus.publish(SessionCorrected(charger_id, known_ms, session, False))
    for session in found.gone:
        bus.publish(SessionCorrected(charger_id, known_ms, session, True))


class Corrections:
    """Finds sessions again whose readings somebody else than the hub has stored: an import, another program."""

    def __init__(
        self, fleet: Fleet, store: Store, bus: Bus, now_ms: Callable[[], int]
    ) -> None:
        """`now_ms` is the wall clock."""
        self._fleet = fleet
        self._store = store
        self._bus = bus
        self._now_ms = now_ms

    async def catch_up(self) -> None:
        """Do what waits to be done. Raises store.UnavailableError."""
        waiting = await self._store.insights.stale()
        for entry in self._fleet.entries():
            since_ms = waiting.get(entry.pk)
            if since_ms is not None:
                async with entry.turn:
                    await self._correct(entry, since_ms)
                await self._store.insights.fresh(entry.pk, since_ms)

    async def _correct(self, entry: Entry, since_ms: int) -> None:
        charger, brain = entry.charger, entry.brain
        known_ms = brain.state.time_ms or 0
        found = await find_again(
            self._store, entry.pk, charger, since_ms, self._now_ms() + CLOCK_AHEAD_MS
        )
        thought = found.thought
        talk = replace(
            entry.conversation,
            energy_wh=thought.energy.total_wh,
            meter_wh=thought.energy.meter_wh,
        )
        sessions = await self._store.chargers.deliver(
            Delivery(
                charger_pk=entry.pk,
                conversation=talk,
                sessions=found.records,
                decisions=thought.decisions,
                corrected_from_ms=found.corrected_from_ms,
                gone=tuple(each.id for each in found.gone),
                profile=brains.encode_profile(thought.brain.profile),
            )
        )
        entry.conversation, entry.energy, entry.brain = (
            talk,
            thought.energy,
            thought.brain,
        )
        stored = await self._store.chargers.one(entry.pk)
        session = stored.record.session if stored and stored.record else None
        if session is not None and session.end_ms is None:
            session = thought.brain.running(session.id)
        self._fleet.update(
            entry,
            replace(
                charger,
                phase=thought.brain.state.status,
                charge_phase=thought.brain.phase,
                forecast=charger.forecast if thought.brain.state.session else None,
                reading=thought.readings[-1] if thought.readings else charger.reading,
                session=session,
            ),
        )
        tell(self._bus, charger.id, found, sessions, known_ms)
