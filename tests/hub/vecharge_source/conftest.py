"""A hub whose charger is behind a simulated veCharge-style server."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from kickwatt_hub import onboarding
from kickwatt_hub.entry import Entry
from kickwatt_hub.model import Charger
from kickwatt_hub.sources.vecharge.address import address
from kickwatt_sim.vecharge import Clock, Outlet, SimulatedServer
from tests.support.hub_process import RunningHub, running_hub

PATIENCE_S = 60


class Far:
    """The charger as the hub knows it, and the server that it is behind."""

    def __init__(self, hub: RunningHub, server: SimulatedServer) -> None:
        """The hub has been told of the server."""
        self.hub = hub
        self.server = server

    @property
    def entry(self) -> Entry:
        """The charger's."""
        entry = self.hub.hub.context.fleet.find("far")
        assert entry is not None
        return entry

    @property
    def charger(self) -> Charger:
        """As it is now."""
        return self.entry.charger

    async def comes(self, expected: Callable[[Charger], Any]) -> Charger:
        """Wait until the charger is as expected."""
        async with asyncio.timeout(PATIENCE_S):
            while not expected(self.charger):
                await asyncio.sleep(0.01)
        return self.charger

    async def connects(self) -> Charger:
        """Wait for the connection."""
        return await self.comes(lambda each: state(each) == "connected")

    async def order(self, on: bool) -> None:
        """Order its power on or off."""
        await self.hub.hub.context.control.order(self.entry, on)

    async def switch(self, on: bool) -> Charger:
        """Order it, and wait until the server says so."""
        await self.order(on)
        return await self.comes(lambda each: each.relay_on is on and each.order.state == "done")  # fmt: skip


def state(charger: Charger) -> str | None:
    """Return how it stands with the server."""
    return charger.source.state if charger.source else None


def server(*, world: Outlet | None = None, **given: Any) -> SimulatedServer:
    """Return a server that says much and is missed soon."""
    often = {"log_s": 0.1, "interval_s": 1.0, "timeout_s": 2.0}
    return SimulatedServer(world or Outlet(Clock(None, 60)), **often | given)


async def add(hub: RunningHub, url: str) -> None:
    """Tell a hub of a server."""
    context = hub.hub.context
    await onboarding.add_link(
        context.store,
        context.secret,
        charger_id="far",
        name=None,
        address=address(url, "test", "secret"),
        engine_io=None,
    )
    await context.fleet.refresh()
    context.links.look()


@asynccontextmanager
async def behind(tmp_path: Path, simulated: SimulatedServer, **settings: Any) -> AsyncIterator[Far]:  # fmt: skip
    """Run both."""
    async with simulated, running_hub(tmp_path / "data", **settings) as hub:
        await add(hub, simulated.url)
        yield Far(hub, simulated)
