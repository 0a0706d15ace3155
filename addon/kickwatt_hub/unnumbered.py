"""Readings without numbers of their own: rows of the seed's format, and what another system's server shows.

Their identity is their time and their values; the hub numbers them as they come, in boot 0.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise, starmap
from math import inf
from operator import attrgetter, lt

from msgspec.structs import replace

from . import orders
from .bus import Bus
from .effect import Effect
from .entry import Entry
from .guarding import Guarding
from .model import Conversation, Position, Reading, Said
from .orders import Wish
from .sources import gsm
from .store import Store

LEGACY_INTERVAL_S = 900  # the seed's device posts at every quarter of an hour
WORD_INTERVAL_S = 60  # a source shows so often that its server is there


@dataclass(frozen=True, slots=True)
class Word:
    """What a source has heard of a charger that is behind another system's server."""

    said: Said
    """As a board of ours would say it."""
    seen_ms: int
    """When the server was last heard of."""
    readings: tuple[Reading, ...] = ()
    """Dated by the server's clock, in their order; the hub numbers them."""


class Unnumbered:
    """Takes such readings; whoever calls has checked who it is."""

    def __init__(
        self,
        store: Store,
        bus: Bus,
        effect: Effect,
        guarding: Guarding,
        now_ms: Callable[[], int],
    ) -> None:
        """`now_ms` is the wall clock."""
        self._store = store
        self._bus = bus
        self._effect = effect
        self._guarding = guarding
        self._now_ms = now_ms

    async def rows(self, entry: Entry, rows: gsm.LegacyRows) -> None:
        """Take rows in the seed's format. Raises what `Effect.take` raises."""
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
            await self._effect.take(
                entry,
                charger,
                talk,
                tuple(readings),
                wish,
                self._now_ms(),
                entry.watch,
            )

    async def word(self, entry: Entry, word: Word) -> None:
        """Take what a source has heard. Raises what `Effect.take` raises."""
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
            looked = self._guarding.look(
                entry, charger, wish, word.said, readings, now_ms
            )
            await self._effect.take(
                entry,
                charger,
                talk,
                readings,
                looked.wish,
                now_ms,
                looked.watch,
                looked.before,
            )
            if looked.event is not None:
                self._bus.publish(looked.event)

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
    newest_ms = max(known_ms, *map(_time_ms, readings))
    return None if newest_ms == inf else int(newest_ms)


_time_ms = attrgetter("time_ms")


def _identity(reading: Reading) -> tuple[int, int | None, int | None]:
    return (
        reading.time_ms,
        None if reading.voltage_v is None else round(reading.voltage_v * 10),
        None if reading.current_a is None else round(reading.current_a * 1000),
    )
