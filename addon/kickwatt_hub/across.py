"""What happens at one hub, told to all that share its database: a client may be connected to any of them."""

import asyncio
import base64
from collections.abc import Callable
import logging
from typing import get_args

import msgspec
from msgspec.structs import replace

from .bus import (
    Bus,
    ChargerChanged,
    Happening,
    MeterChanged,
    MeterRemoved,
    SiteChanged,
    SiteRemoved,
)
from .fleet import Entry, Fleet
from .meters.model import MeterState
from .meters.polling import Meters
from .model import Charger, OrderState
from .store import Store

_LOGGER = logging.getLogger(__name__)

QUEUE = 10_000
_KINDS = {each.__name__: each for each in get_args(Happening.__value__)}
_DECODERS = {
    name: msgspec.msgpack.Decoder(kind).decode for name, kind in _KINDS.items()
}
_STALE, _LED, _HEARD = "stale", "l", "h"
_METER = "meter"
_KNOWN = (MeterRemoved, SiteChanged, SiteRemoved)
"""What every hub finds out by itself."""
_state = msgspec.msgpack.Decoder(tuple[int, MeterState]).decode


class Across:
    """Hands what this hub's bus says to the other hubs, and what they say to this hub's bus."""

    def __init__(self, fleet: Fleet, meters: Meters, bus: Bus, store: Store) -> None:
        """All belong to this hub."""
        self._fleet = fleet
        self._meters = meters
        self._bus = bus
        self._peers = store.peers
        self._foreign: set[int] = set()
        store.peers.hear(self._hear)

    async def run(self) -> None:
        """Tell the others for ever."""
        wake = asyncio.Event()
        listener = self._bus.listen(wake, QUEUE)
        try:
            while True:
                await wake.wait()
                wake.clear()
                while (event := listener.next()) is not None:
                    if id(event.what) in self._foreign:
                        self._foreign.discard(id(event.what))
                    else:
                        self._tell(event.what)
                if listener.missed:
                    listener.restart()
                    for charger in self._fleet.snapshot():
                        self._peers.tell(f"{_STALE} {charger.id}")
        finally:
            listener.close()

    def _tell(self, what: Happening) -> None:
        if isinstance(what, MeterChanged):
            self._tell_of_meter(what)
            return
        if isinstance(what, _KNOWN):
            return
        # Only who leads knows where modes stand and what a charge has cost.
        led = _LED if self._peers.leads else _HEARD
        packed = base64.b85encode(msgspec.msgpack.encode(what)).decode()
        if not self._peers.tell(f"{type(what).__name__} {led}{packed}") and isinstance(
            what, ChargerChanged
        ):
            self._peers.tell(f"{_STALE} {what.charger.id}")

    def _tell_of_meter(self, what: MeterChanged) -> None:
        """Tell what a meter says; what is stored about it the others know. Only who leads asks meters."""
        if not self._peers.leads:
            return
        state = what.meter.state
        # All the reasons why there is no value may be more than a notification carries.
        for shown in (state, replace(state, missing={})):
            said = msgspec.msgpack.encode((what.meter.config.id, shown))
            if self._peers.tell(f"{_METER} {base64.b85encode(said).decode()}"):
                return

    def _hear(self, text: str) -> None:
        kind, _, rest = text.partition(" ")
        if kind == _METER:
            self._hear_of_meter(rest)
            return
        if kind == _STALE:
            entry = self._fleet.find(rest)
            if entry is not None:
                entry.turn.stale = True
            return
        decode: Callable[[bytes], Happening] | None = _DECODERS.get(kind)
        if decode is None:
            return  # a newer hub says something that this one does not know
        try:
            what = decode(base64.b85decode(rest[1:]))
        except ValueError, msgspec.DecodeError:
            _LOGGER.warning("Another hub said something that cannot be read: %s", kind)
            return
        if isinstance(what, ChargerChanged):
            entry = self._fleet.find(what.charger.id)
            if entry is None:
                return  # it was added a moment ago: `Hub.refresh` will find it
            what = ChargerChanged(_adopt(entry, what.charger, led=rest[0] == _LED))
        self._foreign.add(id(what))
        self._bus.publish(what)

    def _hear_of_meter(self, text: str) -> None:
        try:
            self._meters.adopt(*_state(base64.b85decode(text)))
        except ValueError, msgspec.DecodeError:
            _LOGGER.warning("Another hub said something that cannot be read: meter")


def _adopt(entry: Entry, charger: Charger, *, led: bool) -> Charger:
    """Show a charger as the hub that heard from it does; what else is known of it is read when it is needed."""
    if not led:
        own = entry.charger
        charger = replace(charger, mode=own.mode, progress=own.progress, cost=own.cost)
    entry.charger = charger
    entry.turn.stale = True
    entry.conversation = replace(
        entry.conversation,
        last_seen_ms=charger.last_seen_ms,
        interval_s=charger.interval_s,
    )
    order = charger.order
    if order is not None and order.state is not OrderState.pending:
        entry.settle(order)
    return charger
