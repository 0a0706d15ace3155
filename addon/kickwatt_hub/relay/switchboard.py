"""The relay's own decision: which message goes to which hub, and what is refused before it gets there."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import suppress
import logging
from typing import Any

from ..security.envelope import Request
from ..security.limits import FailureLimit, network
from .frames import NAME, REPLACED, REVOKED, SIGNED, Answer
from .hubs import Hubs, HubsError
from .limits import Pace, Proved, Turns
from .tunnel import BusyError, Caller, LateError, LostError, Tunnel

_LOGGER = logging.getLogger(__name__)

STRANGERS = "60/minute"

NOT_S1 = Answer(1, 400, b"Not an S1 message")
STRANGER = Answer(1, 401, b"Unauthorized")
TOO_MANY = Answer(1, 429, b"Too Many Requests")
NOT_CONNECTED = Answer(1, 503, b"The hub is not connected")
BUSY = Answer(1, 503, b"Not now")
LATE = Answer(1, 503, b"The hub does not answer")


class Switchboard:
    """Connects devices with the hubs that have dialled in."""

    def __init__(
        self,
        hubs: Hubs,
        *,
        now_s: Callable[[], float],
        address_rate: str,
        hub_rate: str,
    ) -> None:
        """`now_s` is a monotonic clock; the rates are of messages per address and per hub."""
        self.hubs = hubs
        self.strangers = FailureLimit(STRANGERS)
        self.outcomes: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.tunnels: dict[str, Tunnel] = {}
        self._now_s = now_s
        self._address_pace = Pace(address_rate)
        self._hub_pace = Pace(hub_rate)
        self._proved = Proved()
        self._turns = Turns()
        self._saying: set[asyncio.Task[None]] = set()

    # --- devices -------------------------------------------------------------------------------------------------

    async def pass_on(
        self, remote: str | None, hub: str, charger: str, body: bytes
    ) -> Answer:
        """Return what a device at this address gets for its message."""
        outcome, answer = await self._pass_on(remote, hub, charger, body)
        self.outcomes[outcome] += 1
        return answer

    async def _pass_on(
        self, remote: str | None, hub: str, charger: str, body: bytes
    ) -> tuple[str, Answer]:
        device = (network(remote), hub, charger)
        if not await self._address_pace.allows(device[0]):
            return "limited", TOO_MANY
        if not self._proved.has(device, self._now_s()):
            if await self.strangers.exceeded(remote):
                return "limited", TOO_MANY
        if Request.split(body) is None:
            return "not_s1", await self._failed(remote, NOT_S1)
        if hub not in self.hubs:
            self.refresh()
        if hub not in self.hubs or not NAME.match(charger):
            return "unknown", await self._failed(remote, STRANGER)
        tunnel = self.tunnels.get(hub)
        if tunnel is None:
            return "not_connected", NOT_CONNECTED
        if not await self._hub_pace.allows(hub):
            return "limited", TOO_MANY
        try:
            with self._turns.take(device):
                answer = await tunnel.ask(charger, body)
        except BusyError:
            return "busy", BUSY
        except LateError:
            return "late", LATE
        except LostError:
            return "not_connected", NOT_CONNECTED
        self.answered[hub] += 1
        if answer.status in SIGNED:
            self._proved.note(device, self._now_s())
            return "answered", answer
        if answer.status in (400, 401):
            return "refused", await self._failed(remote, answer)
        return "refused", answer

    async def _failed(self, remote: str | None, answer: Answer) -> Answer:
        return TOO_MANY if await self.strangers.failed(remote) else answer

    # --- hubs ----------------------------------------------------------------------------------------------------

    def connect(self, caller: Caller) -> Tunnel:
        """Take a hub that has dialled in; its own older tunnel gives way."""
        tunnel = Tunnel(caller)
        old = self.tunnels.get(caller.hub)
        self.tunnels[caller.hub] = tunnel
        self.outcomes["tunnel"] += 1
        _LOGGER.info("Hub %s is connected", caller.hub)
        if old is not None:
            old.lost()
            # It may be dead, and then saying good-bye takes a while.
            self._later(_hang_up(old, REPLACED, "connected again"))
        return tunnel

    def disconnect(self, tunnel: Tunnel) -> None:
        """Forget a tunnel that has ended."""
        tunnel.lost()
        hub = tunnel.caller.hub
        if self.tunnels.get(hub) is tunnel:
            del self.tunnels[hub]
            _LOGGER.info("Hub %s is gone", hub)

    def refresh(self) -> None:
        """Notice which hubs were added or removed, and hang up on those whose token is not valid any more."""
        try:
            changed = self.hubs.refresh()
        except HubsError as error:
            _LOGGER.warning("%s The hubs known before stay", error)
            return
        if not changed:
            return
        for hub, tunnel in list(self.tunnels.items()):
            if self.hubs.token_hash(hub) != tunnel.caller.token_hash:
                tunnel.lost()
                self._later(_hang_up(tunnel, REVOKED, "token revoked"))

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._saying.add(task)
        task.add_done_callback(self._saying.discard)

    async def hang_up_all(self, code: int, reason: str) -> None:
        """End all tunnels."""
        await asyncio.gather(
            *self._saying,
            *(_hang_up(tunnel, code, reason) for tunnel in self.tunnels.values()),
        )


async def _hang_up(tunnel: Tunnel, code: int, reason: str) -> None:
    with suppress(ConnectionError):
        await tunnel.caller.close(code, reason)
