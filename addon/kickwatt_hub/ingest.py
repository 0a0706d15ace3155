"""The one way in: authenticate, validate, store, think, tell.

Whatever a message changes is worked out first, from the charger's present state and without touching it. Then it is
stored in one commit, and only when that is on the disk does the new state take effect and the bus hear of it.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise, starmap
from math import inf
from operator import lt
from typing import Any

import msgspec
from msgspec.structs import replace

from . import brain as brains, guards, late, orders
from .bus import Bus, Guarded, Tripped
from .charging.modes import power_ends_ms
from .fleet import Entry, Fleet
from .model import (
    CLOCK_AHEAD_MS,
    Charger,
    ChargerSettings,
    Conversation,
    DecisionRecord,
    Delivery,
    Kind,
    Order,
    OrderState,
    Position,
    Reading,
    Said,
    Session,
    SessionRecord,
)
from .orders import Wish
from .security.envelope import NOBODY, Request, seal
from .sources import gsm
from .store import NotThereError, Store
from .turn import upon_the_newest

LEASE_S = 900
INTERVAL_S = 30
LEGACY_INTERVAL_S = 900  # the seed's device posts at every quarter of an hour
WORD_INTERVAL_S = 60  # a source shows so often that its server is there
MAC_KEPT = 8  # bytes: a message has proved itself before it is compared with the one before, and every byte is written


class NotS1Error(Exception):
    """A body is no S1 message at all."""


class StrangerError(Exception):
    """Unknown device, or it did not prove to be the one it says it is."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A status and a signed body."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Word:
    """What a source has heard of a charger that is behind another system's server."""

    said: Said
    """As a board of ours would say it."""
    seen_ms: int
    """When the server was last heard of."""
    readings: tuple[Reading, ...] = ()
    """Dated by the server's clock, in their order; the hub numbers them."""


@dataclass(frozen=True, slots=True)
class _Looked:
    """What the guards made of a message."""

    watch: guards.Watch
    wish: Wish
    lease_s: int
    before: Order | None = None
    """The order that the guard's own has replaced."""
    event: Guarded | None = None


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
        self._store = store
        self._bus = bus
        self._refresh = refresh
        self._now_ms = now_ms
        self._interval_s = interval_s
        self._lease_s = lease_s
        self._due = due

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
        return await self._upon_the_newest(partial(self._converse, entry, request))

    async def legacy(self, api_key: str | None, body: bytes) -> None:
        """Take rows in the seed's format. Raises StrangerError, gsm.LegacyError and store.UnavailableError."""
        entry = await self._legacy_charger(api_key)
        rows = gsm.decode_legacy(body, entry.charger.legacy)
        await self._upon_the_newest(partial(self._take_rows, entry, rows))

    async def legacy_latest(self, api_key: str | None) -> bytes | None:
        """Return the newest row as it came, in JSON; None before the first. Raises StrangerError."""
        return (await self._legacy_charger(api_key)).conversation.reply

    async def word(self, entry: Entry, word: Word) -> None:
        """Take what a source has heard. Raises StrangerError where it was removed, and store.UnavailableError."""
        await self._upon_the_newest(partial(self._take_word, entry, word))

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

    # --- S1 ------------------------------------------------------------------------------------------------------

    async def _converse(self, entry: Entry, request: Request) -> Reply:
        async with entry.turn:
            status, answer = await self._answer(entry, request)
        if isinstance(answer, dict):
            answer = _signed(entry, request, answer)
        return Reply(status, answer)

    async def _answer(
        self, entry: Entry, request: Request
    ) -> tuple[int, bytes | dict[str, Any]]:
        talk = entry.conversation
        if request.mac[:MAC_KEPT] == talk.mac and talk.reply is not None:
            return 200, _sealed(entry, request, talk.reply)
        try:
            message = gsm.decode(request.json)
        except gsm.SampleError as error:
            return 422, {
                "v": 1,
                "error": "sample",
                "number": error.number,
                "field": error.field,
                "message": str(error),
            }
        except gsm.MessageError as error:
            return 422, {
                "v": 1,
                "error": "message",
                "field": error.field,
                "message": str(error),
            }
        if not _rises(message, talk):
            return 409, {"v": 1, "error": "boot", "boot": talk.boot}
        return 200, await self._take(entry, request, message)

    async def _take(
        self, entry: Entry, request: Request, message: gsm.Message
    ) -> bytes:
        now_ms = self._now_ms()
        charger, talk = entry.charger, entry.conversation
        said = message.said()
        charger = await self._with_rev(entry, charger, said)
        stored = talk.number if message.boot == talk.boot else 0
        dated_ms = (
            message.clock * 1000
            if charger.simulated and message.clock is not None
            else now_ms
        )
        readings = message.readings(dated_ms, stored)
        wish = orders.hear(Wish(charger.desired_on, charger.order), said)
        looked = self._guard(entry, charger, wish, said, readings, dated_ms)
        wish = looked.wish
        ack = max(stored, message.samples[-1].number if message.samples else 0)
        reply = msgspec.json.encode(
            self._reply(charger, said, wish, ack, now_ms, looked.lease_s)
        )
        talk = replace(
            talk,
            boot=message.boot,
            seq=message.seq,
            number=ack,
            mac=request.mac[:MAC_KEPT],
            reply=reply,
            interval_s=message.next_s or self._interval_s,
            last_seen_ms=now_ms,
            said=said,
        )
        await self._store_and_tell(
            entry, charger, talk, readings, wish, dated_ms, looked.before
        )
        entry.watch = looked.watch
        if looked.event is not None:
            self._bus.publish(looked.event)
        return _sealed(entry, request, reply)

    def _guard(
        self,
        entry: Entry,
        charger: Charger,
        wish: Wish,
        said: Said,
        readings: tuple[Reading, ...],
        now_ms: int,
    ) -> _Looked:
        """Hold a message against the guards; a cut is an order for "off" that goes out with this very reply."""
        pressed = wish.on and not charger.desired_on  # the button: a person allows it
        most = guards.limits(
            charger.settings, entry.brain.profile, learned=charger.mode.learned_caps
        )
        is_off = wish.order is not None and not wish.on
        message = guards.Message(
            now_ms,
            bool(said.relay),
            is_off,
            is_off and said.order == wish.order_id,
            not said.left,
            readings,
        )
        watch = guards.Watch() if pressed else entry.watch
        watch, reason = guards.look(watch, message, most, self._lease_s)
        usual_s = self._lease_s
        ends_ms = power_ends_ms(charger.progress, charger.mode, now_ms)
        if ends_ms is not None:  # not past that, should nobody be there to say "off"
            usual_s = min(usual_s, (ends_ms - now_ms) // 1000)
        lease_s = guards.lease_s(watch, most, usual_s)
        if reason is None or (not wish.on and guards.reason_of(wish.order) == reason):
            return _Looked(watch, wish, lease_s)
        off = Order(
            id=self._fleet.next_order(said.order),
            charger_id=charger.id,
            relay_on=False,
            created_ms=self._now_ms(),
            reason=guards.PREFIX + reason,
        )
        event = Guarded(
            charger.id,
            now_ms,
            reason,
            round(watch.energy_wh, 1),
            watch.closed_ms // 1000,
        )
        before = orders.withdraw(wish, "superseded").order
        return _Looked(watch, Wish(False, off), lease_s, before, event)

    async def _with_rev(self, entry: Entry, charger: Charger, said: Said) -> Charger:
        """A board that has another hub's settings gets ours, under a revision that it does not know yet."""
        if charger.settings_rev or not said.rev:
            return charger
        rev = said.rev % (2**31 - 1) + 1
        await self._store.chargers.change(entry.pk, charger.name, charger.settings, rev)
        return replace(charger, settings_rev=rev)

    def _reply(
        self,
        charger: Charger,
        said: Said,
        wish: Wish,
        ack: int,
        now_ms: int,
        lease_s: int,
    ) -> dict[str, Any]:
        relay = 1 if wish.on else 0
        reply: dict[str, Any] = {
            "v": 1,
            "ack": ack,
            "time": now_ms // 1000,
            "relay": relay,
            "order": wish.order_id,
            "lease": lease_s if relay else 0,
            "interval": self._interval_s,
        }
        if wish.pending is not None and wish.pending.reason in orders.DO:
            reply["do"] = wish.pending.reason
        if charger.settings_rev and charger.settings_rev != said.rev:
            reply["settings"] = _settings(charger.settings_rev, charger.settings)
        return reply

    # --- the seed's format -----------------------------------------------------------------------------------------

    async def _take_rows(self, entry: Entry, rows: gsm.LegacyRows) -> None:
        async with entry.turn:
            talk = replace(
                entry.conversation,
                last_seen_ms=self._now_ms(),
                interval_s=LEGACY_INTERVAL_S,
            )
            charger = entry.charger
            unit = charger.legacy.ampere_unit
            after = entry.conversation.number
            readings = await self._unknown(entry, rows.readings(after, unit))
            if rows.rows:
                last = rows.rows[-1]
                talk = replace(talk, reply=gsm.row_json(last))
                charger = replace(charger, csq=last.signal)
            if readings:
                talk = replace(
                    talk,
                    number=readings[-1].position.number,
                    newest_ms=_later_ms(talk, readings),
                )
            wish = Wish(charger.desired_on, charger.order)
            await self._store_and_tell(
                entry, charger, talk, tuple(readings), wish, self._now_ms()
            )

    # --- another system's server -----------------------------------------------------------------------------------

    async def _take_word(self, entry: Entry, word: Word) -> None:
        async with entry.turn:
            now_ms, charger = self._now_ms(), entry.charger
            readings = tuple(await self._unknown(entry, word.readings))
            talk = replace(
                entry.conversation,
                last_seen_ms=word.seen_ms,
                interval_s=WORD_INTERVAL_S,
                said=word.said,
            )
            if readings:
                talk = replace(
                    talk,
                    number=readings[-1].position.number,
                    newest_ms=_later_ms(talk, list(readings)),
                )
            wish = orders.hear(Wish(charger.desired_on, charger.order), word.said)
            looked = self._guard(entry, charger, wish, word.said, readings, now_ms)
            await self._store_and_tell(
                entry, charger, talk, readings, looked.wish, now_ms, looked.before
            )
            entry.watch = looked.watch
            if looked.event is not None:
                self._bus.publish(looked.event)

    # --- what has no numbers of its own ----------------------------------------------------------------------------

    async def _unknown(
        self, entry: Entry, readings: Sequence[Reading]
    ) -> list[Reading]:
        """Return the readings that are not stored yet, numbered; their identity is their time and their values."""
        talk = entry.conversation
        newest_ms = _newest_ms(talk)
        times = [each.time_ms for each in readings]
        if times and newest_ms < times[0] and all(starmap(lt, pairwise(times))):
            return _numbered(readings, talk.number)  # each is later than all others
        times = sorted({time_ms for time_ms in times if time_ms <= newest_ms})
        known = {
            _identity(reading)
            for reading in (
                await self._store.history.known(entry.pk, times) if times else ()
            )
        }
        new: list[Reading] = []
        for reading in readings:
            if _identity(reading) not in known:
                known.add(_identity(reading))
                new.append(reading)
        return _numbered(new, talk.number)

    # --- both ------------------------------------------------------------------------------------------------------

    async def _store_and_tell(
        self,
        entry: Entry,
        charger: Charger,
        talk: Conversation,
        readings: tuple[Reading, ...],
        wish: Wish,
        time_ms: int,
        replaced: Order | None = None,
    ) -> None:
        """Work out what the readings change, store it, and only then let it take effect."""
        found = await self._find(entry, charger, talk, readings)
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
        changed = tuple(
            order
            for order in (replaced, wish.order)
            if order is not None and order != charger.order
        )
        try:
            sessions = await self._store.chargers.deliver(
                Delivery(
                    charger_pk=entry.pk,
                    conversation=talk,
                    readings=_counted(readings, found),
                    orders=changed,
                    sessions=found.records,
                    decisions=thought.decisions
                    + _boards(before, talk.said, time_ms, found.records),
                    corrected_from_ms=found.corrected_from_ms,
                    gone=tuple(each.id for each in found.gone),
                    profile=brains.encode_profile(thought.brain.profile)
                    if learned
                    else None,
                )
            )
        except NotThereError:
            raise StrangerError from None
        known_ms = entry.brain.state.time_ms or 0
        entry.conversation, entry.energy, entry.brain = talk, energy, thought.brain
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
                session=await self._session(entry, found, sessions, charger.session),
            ),
        )
        self._due(entry)
        for order in changed:
            if order.state is not OrderState.pending:
                entry.settle(order)
        late.tell(self._bus, charger.id, found, sessions, known_ms)
        self._tell_trips(before, talk.said, time_ms)

    async def _find(
        self,
        entry: Entry,
        charger: Charger,
        talk: Conversation,
        readings: tuple[Reading, ...],
    ) -> late.Found:
        """Return what the readings mean; where some are late, also what they make of the sessions before."""
        usable = readings
        if not charger.kind.numbers_its_readings and readings:
            now_ms, known_ms = self._now_ms(), entry.energy.time_ms
            since_ms = gsm.overtaken_ms(readings, known_ms)
            if since_ms is not None:
                return await late.find_again(
                    self._store,
                    entry.pk,
                    charger,
                    since_ms,
                    now_ms + CLOCK_AHEAD_MS,
                    readings,
                )
            usable = gsm.in_order(readings, known_ms, now_ms)
        session = charger.session
        running = session if session is not None and session.end_ms is None else None
        thought = brains.think(
            entry.brain, charger, entry.energy, usable, talk.said, running
        )
        return late.Found(thought, thought.records)

    async def _session(
        self,
        entry: Entry,
        found: late.Found,
        stored: tuple[Session, ...],
        before: Session | None,
    ) -> Session | None:
        """Return the running session as it stands, else the newest."""
        newest = stored[-1] if stored else before
        if not stored and newest in found.gone:
            again = await self._store.chargers.one(entry.pk)
            newest = again.record.session if again and again.record else None
        if newest is None or newest.end_ms is not None:
            return newest
        return found.thought.brain.running(newest.id)

    def _tell_trips(self, before: Charger, said: Said | None, time_ms: int) -> None:
        trips = said.trips if said else ()
        if set(trips) - set(before.said.trips if before.said else ()):
            self._bus.publish(Tripped(before.id, time_ms, trips))


def _signed(entry: Entry, request: Request, answer: dict[str, Any]) -> bytes:
    return _sealed(entry, request, msgspec.json.encode(answer))


def _sealed(entry: Entry, request: Request, json: bytes) -> bytes:
    return seal(entry.charger.id, entry.device_key, request.mac, json)


def _rises(message: gsm.Message, talk: Conversation) -> bool:
    """Whether a message continues the conversation.

    Within a boot the board's own seconds cannot run backwards: where they do, it has started anew and lost count of its
    boots, and its sample numbers mean other samples than those that are stored.
    """
    if (message.boot, message.seq) <= (talk.boot, talk.seq):
        return False
    return talk.said is None or message.boot > talk.boot or message.up >= talk.said.up


def _settings(rev: int, settings: ChargerSettings) -> dict[str, int | str]:
    return {
        "rev": rev,
        "cutoff_dw": round(settings.cutoff_w * 10),
        "hold_s": settings.hold_s,
        "max_s": round(settings.max_hours * 3600),
        "max_wh": settings.max_wh,
        "max_ma": round(settings.max_a * 1000),
        "rule": settings.rule,
        "balance_s": settings.balance_min * 60,
    }


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


def _numbered(readings: Sequence[Reading], after: int) -> list[Reading]:
    """Return the readings with the numbers that follow `after`."""
    return [
        each
        if each.position.number == number
        else replace(each, position=Position(0, number))
        for number, each in enumerate(readings, after + 1)
    ]


def _newest_ms(talk: Conversation) -> float:
    """Return the time after which no row in the seed's format is stored."""
    if talk.newest_ms is not None:
        return talk.newest_ms
    return inf if talk.number else -inf


def _later_ms(talk: Conversation, readings: list[Reading]) -> int | None:
    """Return the newest time once these are stored, too."""
    known_ms = _newest_ms(talk)
    newest_ms = max(known_ms, *(reading.time_ms for reading in readings))
    return None if newest_ms == inf else int(newest_ms)


def _identity(reading: Reading) -> tuple[int, int | None, int | None]:
    return (
        reading.time_ms,
        None if reading.voltage_v is None else round(reading.voltage_v * 10),
        None if reading.current_a is None else round(reading.current_a * 1000),
    )
