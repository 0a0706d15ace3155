"""Turns wishes into orders: looks, now and then, at what each charger's mode makes of the moment.

A charger is looked at when anything about it has changed or the time has come that its mode waits for. What comes out is
an order like a person's, with two differences: it gives way to one that a person has given meanwhile, and it is asked
again if the board could not be reached.

Of several hubs on one database the leader does this, whichever hub the boards report to.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
import logging

from msgspec import structs

from .attention import Attention, wait_ms
from .charging import modes
from .charging.mode import MANUAL, ModeSettings, Progress, Step
from .control import Control, NotSwitchableError
from .entry import Entry
from .fleet import Fleet
from .model import Charger, OrderState
from .plans import Plans
from .situation import charger_ms, situation
from .store import NotThereError, Store, StoreError, UnavailableError
from .store.modes import StoredMode
from .turn import upon_the_newest

_LOGGER = logging.getLogger(__name__)

LOOK_S = 1.0
GRACE_S = 5.0
"""That another hub has more for withdrawing an order which it gave itself."""
STEPS = 4
"""A charger can go through at one look: a deadline passes, a plan begins, …"""


class Scheduler:
    """Acts on the modes of all chargers."""

    def __init__(
        self,
        fleet: Fleet,
        store: Store,
        control: Control,
        plans: Plans,
        *,
        now_ms: Callable[[], int],
    ) -> None:
        """`now_ms` is the wall clock."""
        self._fleet = fleet
        self._store = store
        self._control = control
        self._plans = plans
        self._now_ms = now_ms
        self._attention: dict[int, Attention] = {}
        self._led = store.peers.leads

    async def load(self) -> None:
        """Take up every mode where it was; notice what the command line or another hub has set."""
        stored = await self._store.modes.all()
        for entry in self._fleet.entries():
            attention = self._of(entry)
            mode = stored.get(entry.pk)
            first, attention.loaded = not attention.loaded, True
            if mode is None or (attention.rev == mode.rev and not first):
                continue
            await self._take_up(entry, mode)

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await asyncio.sleep(LOOK_S)
            with suppress(
                StoreError
            ):  # the store comes back, and so does the next look
                leads = self._store.peers.leads
                if leads and not self._led:
                    await self._take_over()
                self._led = leads
                if leads:
                    self._control.take_up(GRACE_S)
                    await self.look()

    async def look(self) -> None:
        """Look at every charger about which something has changed, or whose time has come."""
        now_ms = self._now_ms()
        due = [
            entry
            for entry in self._fleet.entries()
            if self._of(entry).is_due(entry.charger, now_ms)
        ]
        await asyncio.gather(*(self._attend(entry) for entry in due))

    async def choose(self, entry: Entry, settings: ModeSettings) -> Charger:
        """Give a charger another mode, and begin with it. Raises the store's errors."""
        async with entry.scheduling:
            rev = await self._store.modes.choose(entry.pk, settings)
            self._chosen(entry, rev)
            async with entry.turn:
                self._show(entry, settings, entry.charger.progress)
        # The leader, if it is another hub, notices within a second.
        if self._store.peers.leads:
            await self._attend(entry)
        return entry.charger

    async def charge_once(self, entry: Entry) -> Charger:
        """Charge until full, now, whatever the mode. Raises NotSwitchableError and the store's errors."""
        if not entry.charger.switchable:
            raise NotSwitchableError
        async with entry.scheduling:
            await upon_the_newest(partial(self._begin_once, entry))
        if self._store.peers.leads:
            await self._attend(entry)
        return entry.charger

    # --- one charger -----------------------------------------------------------------------------------------------

    async def _begin_once(self, entry: Entry) -> None:
        async with entry.turn:
            charger = entry.charger
            progress = modes.charge_once(
                charger.progress, charger.mode, situation(entry, self._now_ms())
            )
            await self._control.count_anew(entry)
            attention = self._of(entry)
            attention.rev = await self._store.modes.begin(entry.pk, progress)
            attention.begun = True
            self._show(entry, charger.mode, progress)

    async def _take_over(self) -> None:
        """Go on where the leader before was: as stored, for what it told last may have been lost with it."""
        stored = await self._store.modes.all()
        waiting = await self._store.chargers.with_pending_orders()
        for entry in self._fleet.entries():
            mode = stored.get(entry.pk)
            entry.turn.stale |= mode is not None or entry.pk in waiting
            if mode is not None:
                await self._take_up(entry, mode)
            elif entry.pk in waiting:
                await self._catch_up(entry)

    async def _take_up(self, entry: Entry, mode: StoredMode) -> None:
        attention = self._of(entry)
        if mode.progress is None:
            self._chosen(entry, mode.rev)
        else:
            attention.rev, attention.begun = mode.rev, True
        attention.seen = None
        with suppress(NotThereError):  # it was removed meanwhile
            async with entry.turn:
                progress = mode.progress or entry.charger.progress
                self._show(entry, mode.settings, progress)

    async def _catch_up(self, entry: Entry) -> None:
        with suppress(NotThereError):
            async with entry.turn:
                return

    async def _attend(self, entry: Entry) -> None:
        """Find out where a charger stands, write it down, and order what that means."""
        async with entry.scheduling:
            try:
                for _ in range(STEPS):
                    if not await upon_the_newest(partial(self._advance, entry)):
                        break
                seen = entry.charger
                await self._enact(entry)
            except UnavailableError as error:
                _LOGGER.warning("%s waits for the store: %s", entry.charger.id, error)
                self._of(entry).due_ms = self._now_ms() + round(LOOK_S * 1000)
                return
            except NotThereError:
                return  # it was removed meanwhile
            attention = self._of(entry)
            attention.seen = seen
            now_ms = self._now_ms()
            attention.due_ms = now_ms + wait_ms(
                entry.charger.progress, charger_ms(entry.charger, now_ms)
            )

    async def _advance(self, entry: Entry) -> bool:
        """Take one step; whether there was one to take."""
        attention = self._of(entry)
        async with entry.turn:
            charger = entry.charger
            now = situation(entry, self._now_ms())
            zone = self._plans.zone_of(charger.mode)
            if not attention.begun:
                before = attention.before or MANUAL
                progress = modes.change(
                    charger.progress, before, charger.mode, now, zone
                )
                anew = now.guard is None and before.mode is not charger.mode.mode
            else:
                progress = modes.advance(charger.progress, charger.mode, now, zone)
                anew = (
                    progress.ready_ms != charger.progress.ready_ms and not now.relay_on
                )
            changed = progress != charger.progress or not attention.begun
            if anew:
                await self._control.count_anew(entry)
            if changed:
                await self._note(entry, progress)
                attention.begun = True
        return await self._replan(entry) or changed

    async def _replan(self, entry: Entry) -> bool:
        """Make the plan anew where it is missing, was missed or rests on other prices; whether there is a new one."""
        charger, attention = entry.charger, self._of(entry)
        progress = charger.progress
        if progress.step is not Step.waiting or progress.ready_ms is None:
            return False
        basis = self._plans.basis(entry)
        now_ms = charger_ms(charger, self._now_ms())
        runs = progress.plan.runs if progress.plan else ()
        if attention.planned_with == basis and runs and now_ms < runs[-1][1]:
            return False
        plan = await self._plans.next(entry, progress)
        async with entry.turn:
            if entry.charger.progress != progress:
                return True  # it went on while we were thinking
            await self._note(entry, replace(progress, plan=plan))
        attention.planned_with = basis
        return True

    async def _enact(self, entry: Entry) -> None:
        """Order what the mode wishes, unless that is so already or somebody has just ordered otherwise."""
        charger = entry.charger
        wish = modes.wish(charger.progress)
        order = charger.order
        newest = order.id if order else 0
        if (
            wish.on is None
            or not charger.switchable
            or newest != charger.progress.order
        ):
            return
        if wish.on:
            pending = order is not None and order.state is OrderState.pending
            if charger.desired_on or charger.progress.asked or pending:
                return
            attention, now_ms = self._of(entry), self._now_ms()
            if not charger.online or not attention.may_ask_again(charger, now_ms):
                return
            attention.asked_ms = now_ms
        elif not charger.desired_on:
            return
        given = await self._control.order_by_itself(entry, wish.on, newest)
        if given is None:
            return
        async with entry.turn:
            progress = replace(
                entry.charger.progress, order=given.id, asked=bool(wish.on)
            )
            await self._note(entry, progress)

    # --- what is kept ----------------------------------------------------------------------------------------------

    def _of(self, entry: Entry) -> Attention:
        attention = self._attention.get(entry.pk)
        if attention is None:
            attention = self._attention[entry.pk] = Attention()
        return attention

    def _chosen(self, entry: Entry, rev: int) -> None:
        """Notice that there are settings of another revision, which have to be acted upon."""
        attention = self._of(entry)
        if attention.begun:
            attention.before = entry.charger.mode
        attention.rev, attention.begun = rev, False

    async def _note(self, entry: Entry, progress: Progress) -> None:
        """Write it down, then let it take effect; to be called while holding the charger's turn."""
        await self._store.modes.note(entry.pk, self._of(entry).rev, progress)
        self._show(entry, entry.charger.mode, progress)

    def _show(self, entry: Entry, settings: ModeSettings, progress: Progress) -> None:
        charger = structs.replace(entry.charger, mode=settings, progress=progress)
        self._fleet.update(entry, charger)
