"""What people want of chargers: orders, settings, names.

An order goes out with the reply to the board's next message; the board decides, and says so in the one after.
"""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
import logging
from typing import Any

from msgspec.structs import replace

from . import orders
from .entry import Entry
from .fleet import Fleet
from .model import Charger, ChargerSettings, Delivery, Order, OrderState
from .orders import Wish
from .situation import BY_MODE
from .store import NotThereError, Store, UnavailableError
from .turn import upon_the_newest
from .watch import Watch

_LOGGER = logging.getLogger(__name__)

# Two of a board's idle intervals of 60 s and a slow modem: the first fetches the order, the second tells of it.
ANSWER_S = 150.0


class NotSwitchableError(Exception):
    """The hub cannot send this charger orders."""


class Control:
    """Sends orders and settings to chargers."""

    def __init__(
        self,
        fleet: Fleet,
        store: Store,
        *,
        now_ms: Callable[[], int],
        answer_s: float = ANSWER_S,
    ) -> None:
        """`answer_s` is how long a board may take to answer an order, if it does not say that it comes less often."""
        self._fleet = fleet
        self._store = store
        self._now_ms = now_ms
        self._answer_s = answer_s
        self._timers: dict[int, asyncio.TimerHandle] = {}
        self._working: set[asyncio.Task[Any]] = set()

    def take_up(self, grace_s: float = 0.0) -> None:
        """Wait for answers that nobody here waits for: of before a restart, or to another hub, that may be gone.

        That one may take `grace_s` longer.
        """
        for entry in self._fleet.entries():
            order = entry.charger.order
            if (
                order is not None
                and order.state is OrderState.pending
                and order.id not in self._timers
            ):
                elapsed_s = (self._now_ms() - order.created_ms) / 1000
                left_s = self._patience_s(entry) + grace_s - elapsed_s
                self._expect(entry, order, max(0.0, left_s))

    async def stop(self) -> None:
        """Stop waiting."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        if self._working:
            await asyncio.wait(self._working)

    async def order(self, entry: Entry, relay_on: bool) -> Order:
        """Want a relay on or off, and return the order; it is done already where nothing has to change.

        An older order that still waits is superseded, and what the guards have counted begins anew with power that
        somebody allows. Raises NotSwitchableError and the store's errors.
        """
        if not entry.charger.switchable:
            raise NotSwitchableError
        return await self._finish(
            upon_the_newest(partial(self._order, entry, relay_on))
        )

    async def do(self, entry: Entry, what: str) -> Order:
        """Have a board clear its trips or restart, `what` being one of orders.DO, with power off before and after.

        Raises NotSwitchableError and the store's errors.
        """
        if not entry.charger.switchable:
            raise NotSwitchableError
        return await self._finish(upon_the_newest(partial(self._do, entry, what)))

    async def order_by_itself(
        self, entry: Entry, relay_on: bool, after: int
    ) -> Order | None:
        """Order what a charger's mode wants, unless somebody has given an order since the one with the id `after`."""
        return await self._finish(
            upon_the_newest(partial(self._order_by_itself, entry, relay_on, after))
        )

    async def forget_order(self, entry: Entry) -> None:
        """Want it off, because another board may hold its key now: what the one before was told is not meant for it."""
        if entry.charger.desired_on:
            await self.order(entry, relay_on=False)

    async def count_anew(self, entry: Entry) -> None:
        """A mode begins a new charge: let the guards count from nothing, at whichever hub.

        To be called while holding the charger's turn. Raises the store's errors.
        """
        watch = self._anew()
        await self._store.chargers.deliver(
            Delivery(charger_pk=entry.pk, conversation=entry.conversation, watch=watch)
        )
        entry.watch = watch

    async def settled(self, entry: Entry, order: Order) -> Order | None:
        """Wait until the board has answered; None when it did not in time."""
        waiting = entry.settled.get(order.id)
        if order.state is not OrderState.pending or waiting is None:
            return order
        try:
            async with asyncio.timeout(self._patience_s(entry) + 1):
                settled = await asyncio.shield(waiting)
        except TimeoutError:
            return None
        return None if settled.reason == "timeout" else settled

    async def change(
        self, entry: Entry, name: str | None, settings: ChargerSettings | None
    ) -> Charger:
        """Rename a charger, or give it other settings; the board gets them with its next reply."""
        async with entry.turn:
            charger = entry.charger
            rev = charger.settings_rev
            if settings is not None and settings != charger.settings:
                known = charger.said.rev if charger.said else 0
                rev = max(rev, known) % (2**31 - 1) + 1
            changed = replace(
                charger,
                name=charger.name if name is None else name,
                settings=charger.settings if settings is None else settings,
                settings_rev=rev,
            )
            await self._store.chargers.change(
                entry.pk, changed.name, changed.settings, rev
            )
            self._fleet.update(entry, changed)
        return changed

    async def _finish[T](self, work: Coroutine[Any, Any, T]) -> T:
        task = asyncio.create_task(work)
        self._working.add(task)
        task.add_done_callback(self._working.discard)
        return await asyncio.shield(task)

    async def _order(self, entry: Entry, relay_on: bool) -> Order:
        async with entry.turn:
            watch = self._anew() if relay_on else entry.watch
            return await self._give(entry, relay_on, None, watch)

    async def _do(self, entry: Entry, what: str) -> Order:
        async with entry.turn:
            watch = self._anew() if what == "clear" else entry.watch
            return await self._give(entry, False, what, watch)

    async def _order_by_itself(
        self, entry: Entry, relay_on: bool, after: int
    ) -> Order | None:
        async with entry.turn:
            newest = entry.charger.order
            if newest is not None and newest.id != after:
                return None
            return await self._give(entry, relay_on, BY_MODE, entry.watch)

    async def _give(
        self, entry: Entry, relay_on: bool, reason: str | None, watch: Watch
    ) -> Order:
        charger = entry.charger
        before = orders.withdraw(Wish(charger.desired_on, charger.order), "superseded")
        order = Order(
            id=self._fleet.next_order(charger.said.order if charger.said else 0),
            charger_id=charger.id,
            relay_on=relay_on,
            created_ms=self._now_ms(),
            reason=reason,
        )
        if reason not in orders.DO and _nothing_to_do(charger, relay_on):
            order = replace(order, state=OrderState.done)
        superseded = before.order if before.order != charger.order else None
        await self._save(entry, Wish(relay_on, order), superseded, watch)
        if superseded is not None:
            self._forget(superseded)
            entry.settle(superseded)
        if order.state is OrderState.pending:
            entry.settled[order.id] = asyncio.get_running_loop().create_future()
            self._expect(entry, order, self._patience_s(entry))
        return order

    def _anew(self) -> Watch:
        return Watch(allowed_ms=self._now_ms())

    def _patience_s(self, entry: Entry) -> float:
        """Return how long the answer to an order may take: one message fetches the order, the next tells of it."""
        said = entry.charger.said
        if said is None or said.next_s is None:
            return self._answer_s
        return max(self._answer_s, said.next_s + ANSWER_S / 2)

    async def _save(
        self, entry: Entry, wish: Wish, superseded: Order | None, watch: Watch
    ) -> None:
        talk = replace(entry.conversation, desired_on=wish.on)
        changed = tuple(
            order for order in (superseded, wish.order) if order is not None
        )
        await self._store.chargers.deliver(
            Delivery(
                charger_pk=entry.pk, conversation=talk, orders=changed, watch=watch
            )
        )
        entry.conversation, entry.watch = talk, watch
        self._fleet.update(
            entry, replace(entry.charger, desired_on=wish.on, order=wish.order)
        )

    def _expect(self, entry: Entry, order: Order, within_s: float) -> None:
        self._timers[order.id] = asyncio.get_running_loop().call_later(
            within_s, self._unanswered, entry, order
        )

    def _forget(self, order: Order) -> None:
        if timer := self._timers.pop(order.id, None):
            timer.cancel()

    def _unanswered(self, entry: Entry, order: Order) -> None:
        self._forget(order)
        task = asyncio.create_task(self._withdraw(entry, order))
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    async def _withdraw(self, entry: Entry, order: Order) -> None:
        """Take an unanswered order back; one for a mere "off" stands until the board hears it."""
        unanswered = replace(order, state=OrderState.expired, reason="timeout")
        try:
            await upon_the_newest(partial(self._take_back, entry, order, unanswered))
        except UnavailableError:
            # The store may come back.
            self._expect(entry, order, self._patience_s(entry))
        except NotThereError:
            # The charger was removed; whoever waits has to know all the same.
            entry.settle(unanswered)

    async def _take_back(self, entry: Entry, order: Order, unanswered: Order) -> None:
        async with entry.turn:
            if entry.charger.order != order:
                return  # it was settled, or a newer one took its place
            if order.relay_on or order.reason in orders.DO:
                await self._save(entry, Wish(False, unanswered), None, entry.watch)
            entry.settle(unanswered)


def _nothing_to_do(charger: Charger, relay_on: bool) -> bool:
    """Whether the board has reported what is wanted already, and nothing else waits."""
    pending = charger.order is not None and charger.order.state is OrderState.pending
    same = bool(charger.desired_on) == relay_on and charger.relay_on == relay_on
    return charger.online and same and not pending
