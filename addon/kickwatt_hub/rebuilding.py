"""A charger as it stands, out of what is stored: the brain runs again over the readings since it last was at a known place."""

from collections.abc import Callable
import logging

from msgspec.structs import replace

from . import brain as brains
from .brain import Brain, Place, Thought, overlap
from .charging.detector import DetectorState
from .energy import Energy, best_power_w
from .entry import Entry, is_online
from .model import (
    CLOCK_AHEAD_MS,
    Charger,
    Delivery,
    Kind,
    Reading,
    Session,
    SessionRecord,
)
from .security.secret import HubSecret, WrongSecretError
from .sources import gsm
from .store import Store
from .store.standing import StoredCharger
from .watch import Watch

_LOGGER = logging.getLogger(__name__)

REPLAYED = 10_000  # readings per charger from which the brain is rebuilt at start; three days at 30 s


class Rebuilder:
    """Rebuilds chargers."""

    def __init__(
        self, store: Store, secret: HubSecret, now_ms: Callable[[], int]
    ) -> None:
        """`now_ms` is the wall clock."""
        self._store = store
        self._secret = secret
        self._now_ms = now_ms

    async def rebuild(self, stored: StoredCharger) -> Entry | None:
        """Return the charger as it stands; None where its key cannot be opened."""
        key = self.open(stored.id, stored.key)
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
        await self._think(entry, stored)
        entry.charger = replace(
            entry.charger, online=is_online(stored.conversation, self._now_ms())
        )
        return entry

    def open(self, charger_id: str, sealed: bytes) -> bytes | None:
        """Return a key that is stored sealed; None, and a word in the log, where another secret sealed it."""
        try:
            return self._secret.open(sealed)
        except WrongSecretError:
            _LOGGER.error(
                "The key of charger %s was sealed under another hub's secret: give it a new one (kickwatt-hub charger key)",
                charger_id,
            )
            return None

    async def _think(self, entry: Entry, stored: StoredCharger) -> None:
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
