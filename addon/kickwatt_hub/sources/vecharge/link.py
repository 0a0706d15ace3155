"""One charger behind a server: listens to it for as long as it is ours, and passes on what is wanted of it.

Two tasks. One holds the connection, and comes back whenever it was lost. The other asks the server for what the hub wants,
also while there is no connection: power must go off whatever else fails.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
import logging
import random

import aiohttp
from msgspec.structs import replace

from ...entry import Entry
from ...fleet import Fleet
from ...ingest import Ingest, StrangerError, Word
from ...model import Order, OrderState, Reading, Source, SourceState
from ...relay import backoff
from ...store import UnavailableError
from . import frames, outlet as outlets, rest
from .address import Address
from .client import Former, RefusedError, connect, hang_up
from .events import Complaint, Held, Logged, Switched, happened
from .frames import NonsenseError
from .outlet import Asking, Outlet
from .transport import LostError

_LOGGER = logging.getLogger(__name__)

HEARTBEAT_S = (
    60.0  # how often the hub notes that the server is there although it says nothing
)
PATIENCE_S = 10.0  # for a connection that an order for "on" needs
STEADY_S = 60.0  # a connection that has held so long was a good one
STOP_S = 2.0
RELEASED = "A person has let go of this charger here; take it again to go on."


class Link:
    """Keeps one charger in step with its server. `start` and `stop` it once."""

    def __init__(
        self,
        entry: Entry,
        address: Address,
        *,
        fleet: Fleet,
        ingest: Ingest,
        http: aiohttp.ClientSession,
        revision: int | None,
        released: bool,
        let_go: bool,
        has_let_go: Callable[[], Awaitable[None]],
        former: Former | None,
        opened: Callable[[Former], Awaitable[None]],
        lease_s: float,
        now_ms: Callable[[], int],
    ) -> None:
        """`revision` is that of Engine.IO, None: to be found out.

        Who has `released` a charger does not connect; `let_go`: the server knows. `has_let_go` is told once it does.
        `former` is the connection that this hub, or the one that led before, may have left open; `opened` is told of each.
        """
        self.wake = asyncio.Event()
        """To be set when anything about the charger has changed."""
        self._entry = entry
        self._address = address
        self._fleet = fleet
        self._ingest = ingest
        self._http = http
        self._revision = revision
        self._released = released
        self._let_go = let_go or not released
        self._has_let_go = has_let_go
        self._former = former
        self._opened = opened
        self._lease_ms = round(lease_s * 1000)
        self._now_ms = now_ms
        self._rng = random.Random()
        self._outlet = Outlet.of(entry.charger.said)
        self._heard_ms = entry.charger.last_seen_ms
        self._log_ms = 0
        self._state: SourceState = "released" if released else "connecting"
        self._connected = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin."""
        works = [self._obey_for_ever()]
        if not self._released:
            works.append(self._listen_for_ever())
        self._tasks = [asyncio.create_task(each) for each in works]

    async def stop(self) -> None:
        """End, with the power off: nobody would look after it."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if not self._outlet.on and self._outlet.asked is not True:
            return
        try:
            async with asyncio.timeout(STOP_S):
                await rest.switch(self._http, self._address, on=False)
                self._outlet = outlets.switched_off(self._outlet)
                await self._tell()
        except (rest.UnreachableError, rest.RejectedError, TimeoutError, UnavailableError):  # fmt: skip
            _LOGGER.warning("%s: its server did not take OFF in time", self._entry.charger.id)  # fmt: skip

    # --- listening -------------------------------------------------------------------------------------------------

    async def _listen_for_ever(self) -> None:
        failures = 0
        while True:
            begun_ms = self._now_ms()
            state, message = await self._listen()
            self._connected.clear()
            steady = self._now_ms() - begun_ms >= STEADY_S * 1000
            failures = 1 if steady or state == "connecting" else failures + 1
            await self._show(state, message)
            await asyncio.sleep(backoff.pause_s(failures, self._rng))

    async def _listen(self) -> tuple[SourceState, str | None]:
        """Hold a connection as long as it lasts; return what is wrong."""
        complaint: str | None = None
        await self._hang_up()
        try:
            async with connect(self._http, self._address, self._revision) as connection:
                self._revision = connection.revision
                self._former = connection.former
                with suppress(UnavailableError):
                    await self._opened(connection.former)
                beating = asyncio.create_task(self._beat())
                try:
                    async for said in connection.said():
                        if isinstance(said, frames.Rejected):
                            raise RefusedError(said.message)
                        if isinstance(said, frames.Event):
                            complaint = await self._take(said) or complaint
                finally:
                    beating.cancel()
        except LostError as error:
            if not complaint:
                return "unreachable", f"The server cannot be reached: {error}."
        except RefusedError as error:
            return "refused", f"The server refuses the connection: {error}."
        except NonsenseError as error:
            return "refused", str(error)
        except UnavailableError as error:
            return "unreachable", str(error)
        if complaint:
            return "held", f"The server says: {complaint}"
        return "connecting", None  # it has ended a charge, and takes the next

    async def _hang_up(self) -> None:
        """End what was lost, or the server says that the charger is held: by us."""
        if self._former and await hang_up(self._http, self._address, self._former):
            self._former = None

    async def _take(self, said: frames.Event) -> str | None:
        """Take an event; return a complaint of the server."""
        try:
            what = happened(said, self._now_ms())
        except NonsenseError as error:
            await self._show(self._state, str(error))
            return None
        self._heard_ms = self._now_ms()
        match what:
            case Held(on) | Switched(on):
                await self._heard(on, held=isinstance(what, Held))
            case Logged():
                await self._logged(what)
            case Complaint(words):
                return words
        return None

    async def _heard(self, on: bool, *, held: bool) -> None:
        before = self._outlet
        self._outlet = outlets.heard(before, on)
        await self._tell(*self._silence(before))
        if held:
            self._connected.set()
            await self._show("connected", None)
        self.wake.set()

    def _silence(self, before: Outlet) -> tuple[Reading, ...]:
        """Return the last reading of a charge: the server logs nothing while its power is off, and nothing flows."""
        if self._outlet.on or not before.on:
            return ()
        time_ms = max(self._now_ms(), self._log_ms + 1)
        nothing = Logged(
            time_ms=time_ms,
            voltage_v=None,
            current_a=0.0,
            power_w=0.0,
            session_wh=None,
        )
        return (nothing.reading(relay_on=False, meter_wh=self._outlet.session_wh),)

    async def _logged(self, what: Logged) -> None:
        self._log_ms = max(self._log_ms, what.time_ms)
        self._outlet = outlets.counted(self._outlet, what.session_wh)
        counted = self._outlet.session_wh if what.session_wh is not None else None
        await self._tell(what.reading(self._outlet.on, counted))
        self.wake.set()

    async def _beat(self) -> None:
        """While the connection stands the server is there, also if there is nothing to say."""
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            if self._connected.is_set():
                self._heard_ms = self._now_ms()
                with suppress(UnavailableError):
                    await self._tell()

    # --- obeying ---------------------------------------------------------------------------------------------------

    async def _obey_for_ever(self) -> None:
        failures = 0
        await self._show(self._state, RELEASED if self._released else None)
        await self._see_to_release()
        while True:
            pause_s = backoff.pause_s(failures, self._rng) if failures else HEARTBEAT_S
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self.wake.wait()
            self.wake.clear()
            await self._see_to_release()
            try:
                done = await self._obey()
            except UnavailableError:
                done = False
            failures = 0 if done and self._let_go else failures + 1
            if failures:
                # News of the charger must not make it ask faster than that.
                await asyncio.sleep(backoff.pause_s(failures, self._rng))
                self.wake.set()

    async def _obey(self) -> bool:
        """Ask the server for what is wanted; whether nothing is left to ask for."""
        charger = self._entry.charger
        self._outlet = outlets.dealt_with(self._outlet, charger)
        what = outlets.asking(self._outlet, charger, lease_over=self._is_lease_over())
        if what is None:
            return True
        if what.on and (reason := await self._reason_against_on()) is not None:
            await self._fail(what, reason)
            return True
        try:
            await rest.switch(self._http, self._address, what.on)
        except rest.UnreachableError as error:
            await self._show(self._state, f"An order did not get through: {error}.")
            await self._not_yet(what, "unreachable")
            return what.on and what.order is not None
        except rest.RejectedError as error:
            await self._show(self._state, f"The server refused an order: {error}.")
            await self._not_yet(what, "rejected")
            return what.on
        self._outlet = outlets.asked(self._outlet, what)
        await self._tell()
        # What flows all the same has to be asked for again.
        return what.on or not self._outlet.on or self._connected.is_set()

    async def _reason_against_on(self) -> str | None:
        """Power goes on only where the hub will hear of it."""
        if not self._released:
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE_S):
                    await self._connected.wait()
        if self._connected.is_set():
            return None
        reasons = {"released": "released", "held": "held", "refused": "rejected"}
        return reasons.get(self._state, "unreachable")

    async def _not_yet(self, what: Asking, reason: str) -> None:
        if what.on:
            if what.order is not None or reason == "rejected":
                await self._fail(what, reason)
            return
        order = self._entry.charger.order
        if what.order is not None and order is not None and order.id == what.order:
            self._entry.settle(_unheeded(order, reason))

    async def _fail(self, what: Asking, reason: str) -> None:
        self._outlet = outlets.failed(self._outlet, what, reason)
        await self._tell()

    async def _see_to_release(self) -> None:
        """Switch off and release, as a person wants it, until the server knows; after that it is no business of ours."""
        if self._let_go:
            return
        try:
            await rest.let_go(self._http, self._address)
            self._heard_ms = self._now_ms()
            await self._heard(on=False, held=False)
        except rest.UnreachableError as error:
            await self._show("released", f"{RELEASED} The server does not know yet: {error}.")  # fmt: skip
            return
        except rest.RejectedError:
            pass  # it knows nothing of us, or somebody else has it
        except UnavailableError:
            return
        with suppress(UnavailableError):
            await self._has_let_go()
            self._let_go = True
            await self._show("released", RELEASED)

    def _is_lease_over(self) -> bool:
        if self._connected.is_set() or self._heard_ms is None:
            return False
        return self._now_ms() - self._heard_ms > self._lease_ms

    # --- telling the hub -------------------------------------------------------------------------------------------

    async def _tell(self, *readings: Reading) -> None:
        said = self._outlet.said(self._entry.charger, self._revision)
        seen_ms = self._now_ms() if self._heard_ms is None else self._heard_ms
        with suppress(StrangerError):  # removed: the link is about to be stopped
            await self._ingest.word(self._entry, Word(said, seen_ms, readings))

    async def _show(self, state: SourceState, message: str | None) -> None:
        """Let everybody see how it stands with the server."""
        async with self._entry.turn:
            before = self._entry.charger.source
            same = before is not None and before.state == state
            source = Source(
                url=self._address.url,
                remote_id=self._address.remote_id,
                state=state,
                since_ms=before.since_ms if before and same else self._now_ms(),
                message=message,
                engine_io=self._revision,
            )
            if message and (before is None or before.message != message):
                _LOGGER.warning("%s: %s", self._entry.charger.id, message)
            self._state = state
            self._fleet.update(self._entry, replace(self._entry.charger, source=source))


def _unheeded(order: Order, reason: str) -> Order:
    """Say to whoever waits that an order has not got through. It stands, and is asked for again."""
    return replace(order, state=OrderState.expired, reason=reason)
