"""What a message changes about a charger: worked out first, then stored in one commit, and only then true."""

from collections.abc import Callable

from msgspec.structs import replace

from . import brain as brains, late
from .brain import Brain
from .bus import Bus, Tripped
from .entry import Entry
from .fleet import Fleet
from .model import (
    CLOCK_AHEAD_MS,
    Charger,
    Conversation,
    DecisionRecord,
    Delivery,
    Order,
    OrderState,
    Reading,
    Said,
    Session,
    SessionRecord,
)
from .orders import Wish
from .sources import gsm
from .store import Store
from .watch import Watch


class Effect:
    """Lets what was heard of a charger take effect; whoever calls holds its turn."""

    def __init__(
        self,
        fleet: Fleet,
        store: Store,
        bus: Bus,
        now_ms: Callable[[], int],
        due: Callable[[Entry], None],
    ) -> None:
        """`now_ms` is the wall clock; `due` is told of every charger that has new readings."""
        self._fleet = fleet
        self._store = store
        self._bus = bus
        self._now_ms = now_ms
        self._due = due

    async def take(
        self,
        entry: Entry,
        charger: Charger,
        talk: Conversation,
        readings: tuple[Reading, ...],
        wish: Wish,
        time_ms: int,
        watch: Watch,
        replaced: Order | None = None,
    ) -> None:
        """Work out what the readings change, store it, and only then let it take effect.

        `watch` is what the guards have counted up to this; `replaced` is the order that a guard's own has taken the place of. Raises store.NotThereError,
        store.SupersededError and store.UnavailableError.
        """
        if charger.kind.numbers_its_readings or not readings:
            found = _think(entry, charger, talk, readings)
        else:
            found = await self._find_by_time(entry, charger, talk, readings)
        thought, energy, usable = (
            found.thought,
            found.thought.energy,
            found.thought.readings,
        )
        learned = thought.brain.profile is not entry.brain.profile
        before = entry.charger
        talk = replace(
            talk,
            energy_wh=energy.total_wh,
            meter_wh=energy.meter_wh,
            desired_on=wish.on,
        )
        changed = [
            order
            for order in (replaced, wish.order)
            if order is not None and order != charger.order
        ]
        sessions = await self._store.chargers.deliver(
            Delivery(
                charger_pk=entry.pk,
                conversation=talk,
                readings=_counted(readings, found),
                orders=tuple(changed),
                sessions=found.records,
                decisions=thought.decisions
                + _boards(before, talk.said, time_ms, found.records),
                corrected_from_ms=found.corrected_from_ms,
                gone=tuple([each.id for each in found.gone]),
                profile=brains.encode_profile(thought.brain.profile)
                if learned
                else None,
                watch=watch,
            )
        )
        known_ms = entry.brain.state.time_ms or 0
        entry.conversation, entry.energy, entry.brain = talk, energy, thought.brain
        entry.watch = watch
        newest = sessions[-1] if sessions else charger.session
        if newest in found.gone:
            newest = await self._newest_session(entry)
        self._fleet.update(
            entry,
            replace(
                charger,
                online=self._fleet.is_online(talk),
                last_seen_ms=talk.last_seen_ms,
                interval_s=talk.interval_s,
                said=talk.said,
                csq=talk.said.csq if talk.said else charger.csq,
                phase=thought.brain.state.status,
                charge_phase=thought.brain.phase,
                forecast=charger.forecast if thought.brain.state.session else None,
                desired_on=wish.on,
                order=wish.order,
                reading=usable[-1] if usable else charger.reading,
                session=_as_it_stands(newest, thought.brain),
            ),
        )
        self._due(entry)
        for order in changed:
            if order.state is not OrderState.pending:
                entry.settle(order)
        late.tell(self._bus, charger.id, found, sessions, known_ms)
        self._tell_trips(before, talk.said, time_ms)

    async def _find_by_time(
        self,
        entry: Entry,
        charger: Charger,
        talk: Conversation,
        readings: tuple[Reading, ...],
    ) -> late.Found:
        """Return what readings mean whose own time alone tells which is newer.

        Where some are late, that is also what they make of the sessions before.
        """
        now_ms, known_ms = self._now_ms(), entry.energy.time_ms
        since_ms = gsm.overtaken_ms(readings, known_ms)
        if since_ms is not None:
            until_ms = now_ms + CLOCK_AHEAD_MS
            return await late.find_again(
                self._store, entry.pk, charger, since_ms, until_ms, readings
            )
        usable = gsm.in_order(readings, known_ms, now_ms)
        return _think(entry, charger, talk, usable)

    async def _newest_session(self, entry: Entry) -> Session | None:
        stored = await self._store.chargers.one(entry.pk)
        return stored.record.session if stored and stored.record else None

    def _tell_trips(self, before: Charger, said: Said | None, time_ms: int) -> None:
        trips = said.trips if said else ()
        if set(trips) - set(before.said.trips if before.said else ()):
            self._bus.publish(Tripped(before.id, time_ms, trips))


def _think(
    entry: Entry, charger: Charger, talk: Conversation, readings: tuple[Reading, ...]
) -> late.Found:
    """Return what readings mean that come after all that is known."""
    session = charger.session
    running = session if session is not None and session.end_ms is None else None
    thought = brains.think(
        entry.brain, charger, entry.energy, readings, talk.said, running
    )
    return late.Found(thought, thought.records)


def _as_it_stands(newest: Session | None, brain: Brain) -> Session | None:
    """Return the newest session; the running one as the brain has it now."""
    if newest is None or newest.end_ms is not None:
        return newest
    return brain.running(newest.id)


def _boards(
    before: Charger, said: Said | None, time_ms: int, records: tuple[SessionRecord, ...]
) -> tuple[DecisionRecord, ...]:
    """Return what the board has decided by itself, about the session that ended or runs."""
    if said is None or said == before.said:
        return ()
    decisions = brains.board_decisions(before.said, said, time_ms)
    if not decisions:
        return ()
    record = len(records) - 1 if records else None
    session = before.session.id if record is None and before.session else None
    return tuple(
        DecisionRecord(decision=each, by_board=True, record=record, session=session)
        for each in decisions
    )


def _counted(readings: tuple[Reading, ...], found: late.Found) -> tuple[Reading, ...]:
    """Return the readings with their lifetime energy, as far as they were used."""
    used = found.thought.readings
    if found.corrected_from_ms is None and len(used) == len(readings):
        return used
    counted = {reading.position: reading for reading in used}
    return tuple(counted.get(each.position, each) for each in readings)
