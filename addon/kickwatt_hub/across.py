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
from .entry import Entry
from .fleet import Fleet
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
_HOW = "how"
"""Asks the hub that leads how it stands with what only that one knows."""
_KNOWN = (MeterRemoved, SiteChanged, SiteRemoved)
"""What every hub finds out by itself."""
ASK_AGAIN_S = 2.0  # by then every hub has read what another one has added
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
        self._asking: asyncio.TimerHandle | None = None
        store.peers.hear(self._hear)

    async def run(self) -> None:
        """Tell the others for ever."""
        wake = asyncio.Event()
        listener = self._bus.listen(wake, QUEUE)
        self._peers.tell(_HOW)
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
            if self._asking is not None:
                self._asking.cancel()

    def _tell(self, what: Happening) -> None:
        if isinstance(what, MeterChanged):
            self._tell_of_meter(what)
            return
        if isinstance(what, _KNOWN):
            return
        # Only who leads knows where modes stand, what a charge has cost, and how it stands with a charger's server.
        led = _LED if self._peers.leads else _HEARD
        packed = base64.b85encode(msgspec.msgpack.encode(what)).decode()
        self._peers.tell(f"{type(what).__name__} {led}{packed}")

    def _tell_of_meter(self, what: MeterChanged) -> None:
        """Tell what a meter says; what is stored about it the others know. Only who leads asks meters."""
        if not self._peers.leads:
            return
        said = msgspec.msgpack.encode((what.meter.config.id, what.meter.state))
        self._peers.tell(f"{_METER} {base64.b85encode(said).decode()}")

    def _tell_how(self) -> None:
        """Tell who has just come how it stands with servers and meters: some of them say something once an hour."""
        if not self._peers.leads:
            return
        for charger in self._fleet.snapshot():
            if charger.source is not None:
                self._tell(ChargerChanged(charger))
        for meter in self._meters.snapshot():
            self._tell_of_meter(MeterChanged(meter))

    def _ask_again(self) -> None:
        """Ask for what was told of something that is not known here yet."""
        loop = asyncio.get_running_loop()
        if self._asking is None or self._asking.when() < loop.time():
            self._asking = loop.call_later(ASK_AGAIN_S, self._peers.tell, _HOW)

    def _hear(self, text: str) -> None:
        kind, _, rest = text.partition(" ")
        if kind == _HOW:
            self._tell_how()
            return
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
                self._ask_again()  # it was added a moment ago: `Hub.refresh` will find it
                return
            what = ChargerChanged(_adopt(entry, what.charger, led=rest[0] == _LED))
        self._foreign.add(id(what))
        self._bus.publish(what)

    def _hear_of_meter(self, text: str) -> None:
        try:
            meter_id, state = _state(base64.b85decode(text))
        except ValueError, msgspec.DecodeError:
            _LOGGER.warning("Another hub said something that cannot be read: meter")
            return
        if self._meters.find(meter_id) is None:
            self._ask_again()
        self._meters.adopt(meter_id, state)


def _adopt(entry: Entry, charger: Charger, *, led: bool) -> Charger:
    """Show a charger as the hub that heard from it does; what else is known of it is read when it is needed."""
    if not led:
        own = entry.charger
        charger = replace(
            charger,
            mode=own.mode,
            progress=own.progress,
            cost=own.cost,
            source=own.source,
        )
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
