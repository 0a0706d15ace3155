"""Turns wishes into orders: looks, now and then, at what each charger's mode makes of the moment.

A charger is looked at when anything about it has changed or the time has come that its mode waits for. What comes out is
an order like a person's, with two differences: it gives way to one that a person has given meanwhile, and it is asked
again if the board could not be reached.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
import logging
from zoneinfo import ZoneInfo

from msgspec import structs

from . import guards
from .charging import modes
from .charging.modes import ModeSettings, Planned, Progress, Situation, Step
from .charging.standing import needs_wh, standing
from .control import Control, NotSwitchableError
from .fleet import Entry, Fleet
from .guards import Watch
from .model import Charger, OrderState
from .pricing import find_zone
from .store import NotThereError, Store, StoreError, UnavailableError
from .tariffs import Tariffs

_LOGGER = logging.getLogger(__name__)

LOOK_S = 1.0
AGAIN_MS = 600_000
"""Until an order for "on" that came to nothing is given again."""
NOTE_MS = 900_000
"""How often what the guards have counted is written down while there is power."""
STEPS = 4
"""A charger can go through at one look: a deadline passes, a plan begins, …"""
_NEVER = 2**62


@dataclass(slots=True)
class _Attention:
    """What the scheduler remembers of one charger between two looks."""

    loaded: bool = False
    rev: int = 0
    begun: bool = True
    """Whether its settings have been acted upon."""
    seen: Charger | None = None
    due_ms: int = _NEVER
    planned_with: tuple[int, int] | None = None
    """Revisions of prices and profile that the plan rests on."""
    asked_ms: int | None = None
    noted: tuple[bool, int] = (False, 0)


class Scheduler:
    """Acts on the modes of all chargers."""

    def __init__(
        self,
        fleet: Fleet,
        store: Store,
        control: Control,
        tariffs: Tariffs,
        *,
        zone: ZoneInfo,
        now_ms: Callable[[], int],
    ) -> None:
        """`zone` is the hub's; `now_ms` is the wall clock."""
        self._fleet = fleet
        self._store = store
        self._control = control
        self._tariffs = tariffs
        self._zone = zone
        self._now_ms = now_ms
        self._attention: dict[int, _Attention] = {}

    async def load(self) -> None:
        """Take up every mode where it was; notice what the command line has set."""
        stored = await self._store.modes.all()
        for entry in self._fleet.entries():
            attention = self._of(entry)
            mode = stored.get(entry.pk)
            first, attention.loaded = not attention.loaded, True
            if mode is None or (attention.rev == mode.rev and not first):
                continue
            attention.rev = mode.rev
            attention.begun = mode.progress is not None
            async with entry.turn:
                if first:
                    entry.watch = mode.watch
                progress = mode.progress or entry.charger.progress
                self._show(entry, mode.settings, progress)

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await asyncio.sleep(LOOK_S)
            await self.look()

    async def stop(self) -> None:
        """Write down what the guards have counted."""
        for entry in self._fleet.entries():
            if entry.watch.closed:
                with suppress(StoreError):
                    async with entry.turn:
                        await self._note(entry, entry.charger.progress)

    async def look(self) -> None:
        """Look at every charger about which something has changed, or whose time has come."""
        now_ms = self._now_ms()
        due = [entry for entry in self._fleet.entries() if self._is_due(entry, now_ms)]
        await asyncio.gather(*(self._attend(entry) for entry in due))

    async def choose(self, entry: Entry, settings: ModeSettings) -> Charger:
        """Give a charger another mode, and begin with it. Raises the store's errors."""
        async with entry.scheduling:
            attention = self._of(entry)
            rev = await self._store.modes.choose(entry.pk, settings)
            attention.rev, attention.begun = rev, False
            async with entry.turn:
                self._show(entry, settings, entry.charger.progress)
        await self._attend(entry)
        return entry.charger

    async def charge_once(self, entry: Entry) -> Charger:
        """Charge until full, now, whatever the mode. Raises NotSwitchableError and the store's errors."""
        if not entry.charger.switchable:
            raise NotSwitchableError
        async with entry.scheduling, entry.turn:
            charger = entry.charger
            progress = modes.charge_once(
                charger.progress, charger.mode, self._situation(entry)
            )
            entry.watch = Watch()
            await self._note(entry, progress)
        await self._attend(entry)
        return entry.charger

    async def what_if(
        self, entry: Entry, settings: ModeSettings, ready_ms: int
    ) -> Planned:
        """Return the plan of a charge that would begin now."""
        return await self._plan(entry, settings, ready_ms, 0.0, 0)

    def ready_ms(self, entry: Entry, settings: ModeSettings) -> int:
        """Return the next ready-by time of such settings."""
        assert settings.ready_by is not None
        return modes.next_ready_ms(
            self._charger_ms(entry.charger), settings.ready_by, self._zone_of(settings)
        )

    def now_ms(self, entry: Entry) -> int:
        """Return a charger's own time."""
        return self._charger_ms(entry.charger)

    # --- one charger -----------------------------------------------------------------------------------------------

    def _is_due(self, entry: Entry, now_ms: int) -> bool:
        attention, charger = self._of(entry), entry.charger
        if not attention.begun or now_ms >= attention.due_ms:
            return True
        if charger is attention.seen:
            return False
        # Most chargers are in nobody's mode, and each of them changes with every message.
        order = charger.order.id if charger.order else 0
        if (
            charger.progress.step is not Step.resting
            or charger.progress.order != order
            or self._count_is_due(entry)
        ):
            return True
        attention.seen = charger
        return False

    async def _attend(self, entry: Entry) -> None:
        """Find out where a charger stands, write it down, and order what that means."""
        async with entry.scheduling:
            try:
                for _ in range(STEPS):
                    if not await self._advance(entry):
                        break
                seen = entry.charger
                await self._enact(entry)
            except UnavailableError as error:
                _LOGGER.warning("%s waits for the disk: %s", entry.charger.id, error)
                self._of(entry).due_ms = self._now_ms() + round(LOOK_S * 1000)
                return
            except NotThereError:
                return  # it was removed meanwhile
            attention = self._of(entry)
            attention.seen = seen
            attention.due_ms = self._due_ms(entry)

    async def _advance(self, entry: Entry) -> bool:
        """Take one step; whether there was one to take."""
        attention = self._of(entry)
        async with entry.turn:
            charger = entry.charger
            now, zone = self._situation(entry), self._zone_of(charger.mode)
            if not attention.begun:
                progress = modes.begin(charger.mode, now, zone)
                entry.watch = Watch() if now.guard is None else entry.watch
            else:
                progress = modes.advance(charger.progress, charger.mode, now, zone)
                if progress.ready_ms != charger.progress.ready_ms and not now.relay_on:
                    entry.watch = Watch()
            changed = progress != charger.progress or not attention.begun
            if changed or self._count_is_due(entry):
                await self._note(entry, progress)
                attention.begun = True
        return await self._replan(entry) or changed

    async def _replan(self, entry: Entry) -> bool:
        """Make the plan anew where it is missing, was missed or rests on other prices; whether there is a new one."""
        charger, attention = entry.charger, self._of(entry)
        progress = charger.progress
        if progress.step is not Step.waiting or progress.ready_ms is None:
            return False
        basis = (self._tariffs.rev, len(entry.brain.profile.charges))
        now_ms = self._charger_ms(charger)
        runs = progress.plan.runs if progress.plan else ()
        if attention.planned_with == basis and runs and now_ms < runs[-1][1]:
            return False
        reading = charger.reading
        delivered_wh = 0.0
        if progress.from_wh is not None and reading and reading.energy_wh is not None:
            delivered_wh = max(0.0, reading.energy_wh - progress.from_wh)
        plan = await self._plan(
            entry, charger.mode, progress.ready_ms, delivered_wh, progress.starts
        )
        async with entry.turn:
            if entry.charger.progress != progress:
                return True  # it went on while we were thinking
            await self._note(entry, replace(progress, plan=plan))
        attention.planned_with = basis
        return True

    async def _plan(
        self,
        entry: Entry,
        settings: ModeSettings,
        ready_ms: int,
        delivered_wh: float,
        starts: int,
    ) -> Planned:
        now_ms = self._charger_ms(entry.charger)
        profile = entry.brain.profile
        needs = needs_wh(settings, profile, delivered_wh)
        # A charge that is late goes on beyond the time that it should be ready by.
        until_ms = max(ready_ms, now_ms + (len(needs) + 1) * 900_000)
        tariff = await self._tariffs.between(now_ms, until_ms)
        # Its own thread: hundreds of quarters of an hour are compared.
        return await asyncio.to_thread(
            standing,
            now_ms,
            ready_ms,
            settings,
            needs,
            tariff,
            currency=self._tariffs.currency(now_ms),
            learned=bool(profile.charges),
            starts=starts,
        )

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
            if not charger.online or not self._may_ask_again(entry):
                return
            self._of(entry).asked_ms = self._now_ms()
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

    def _may_ask_again(self, entry: Entry) -> bool:
        attention, progress = self._of(entry), entry.charger.progress
        asked_ms, order = attention.asked_ms, entry.charger.order
        if order is None or order.state in (OrderState.done, OrderState.pending):
            return True
        if not order.relay_on or order.reason == "superseded":
            return True
        if asked_ms is None:
            asked_ms = order.created_ms
        return (
            self._now_ms() - asked_ms >= AGAIN_MS
            or progress.since_ms > order.created_ms
        )

    # --- what is known ---------------------------------------------------------------------------------------------

    def _situation(self, entry: Entry) -> Situation:
        charger = entry.charger
        reading, said, order = charger.reading, charger.said, charger.order
        session = charger.session
        running = session if session and session.end_ms is None else None
        failed = order is not None and order.state in (
            OrderState.refused,
            OrderState.expired,
        )
        power_w = None
        if reading is not None:
            power_w = (
                reading.apparent_power_va
                if reading.power_w is None
                else reading.power_w
            )
        return Situation(
            now_ms=self._charger_ms(charger),
            energy_wh=reading.energy_wh if reading else None,
            power_w=power_w,
            measured_ms=reading.time_ms if reading else None,
            session_wh=running.energy_wh if running else None,
            ended=modes.Ended(
                session.id,
                session.end_ms,
                session.end_reason or "",
                session.peak_power_w,
            )
            if session and session.end_ms is not None
            else None,
            relay_on=charger.relay_on,
            why=said.why if said else None,
            allowed=bool(charger.desired_on),
            order=order.id if order else 0,
            order_on=bool(order and order.relay_on),
            refused=order.reason if failed and order else None,
            guard=guards.reason_of(order),
            full_wh=entry.brain.profile.energy_wh,
        )

    def _charger_ms(self, charger: Charger) -> int:
        """Return the time in which a charger lives: a simulated one may be faster than ours."""
        now_ms = self._now_ms()
        if charger.simulated and charger.said and charger.said.clock is not None:
            return charger.said.clock * 1000
        return now_ms

    def _zone_of(self, settings: ModeSettings) -> ZoneInfo:
        zone = find_zone(settings.zone) if settings.zone else None
        return zone or self._zone

    def _due_ms(self, entry: Entry) -> int:
        """Return when to look again although nothing has changed, by the wall clock."""
        progress = entry.charger.progress
        dates = [progress.ready_ms or _NEVER]
        if progress.plan is not None:
            dates += [each for run in progress.plan.runs for each in run]
        if progress.step is Step.done and progress.why == "full":
            dates.append(progress.since_ms + modes.PROBE_AFTER_MS)
        if progress.step is Step.probing:
            dates.append(progress.since_ms + modes.PROBE_MOST_MS + 1)
        if progress.step in (Step.charging, Step.probing) and not progress.asked:
            dates.append(self._charger_ms(entry.charger) + AGAIN_MS)
        now_ms = self._charger_ms(entry.charger)
        return self._now_ms() + min(
            (each - now_ms for each in dates if each > now_ms), default=_NEVER
        )

    # --- what is kept ----------------------------------------------------------------------------------------------

    def _of(self, entry: Entry) -> _Attention:
        attention = self._attention.get(entry.pk)
        if attention is None:
            attention = self._attention[entry.pk] = _Attention()
        return attention

    def _count_is_due(self, entry: Entry) -> bool:
        """Whether what the guards have counted should be written down: a restart must not give a charge its caps anew."""
        was_closed, noted_ms = self._of(entry).noted
        watch = entry.watch
        if watch.closed != was_closed:
            return True
        return watch.closed and self._now_ms() - noted_ms >= NOTE_MS

    async def _note(self, entry: Entry, progress: Progress) -> None:
        """Write it down, then let it take effect; to be called while holding the charger's turn."""
        attention = self._of(entry)
        await self._store.modes.note(entry.pk, attention.rev, progress, entry.watch)
        attention.noted = (entry.watch.closed, self._now_ms())
        self._show(entry, entry.charger.mode, progress)

    def _show(self, entry: Entry, settings: ModeSettings, progress: Progress) -> None:
        charger = structs.replace(entry.charger, mode=settings, progress=progress)
        self._fleet.update(entry, charger)
