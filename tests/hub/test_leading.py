"""Modes with two hubs on one PostgreSQL, as real processes: one leads, the board reports to the other, the leader is killed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import psycopg
import pytest

from tests.support.hub_process import HubProcess
from tests.support.postgresql import NEEDS, Cluster
from tests.support.s1_device import S1Device

pytestmark = [
    pytest.mark.needs(NEEDS[0], package=NEEDS[1]),
    pytest.mark.timeout(300),
]

EVENING_S = round(datetime(2026, 11, 21, 20, tzinfo=UTC).timestamp())
TAIL_W = (70.0, 45.0, 30.0, 20.0, 14.0, 10.0, 8.0)


class Garage:
    """Two hubs, and a scooter in simulated time that reports to the one that does not lead."""

    def __init__(
        self,
        url: str,
        hubs: list[HubProcess],
        board: S1Device,
        api: aiohttp.ClientSession,
    ) -> None:
        """`hubs[0]` leads."""
        self._database = url
        self.leader, self.other = hubs
        self.board = board
        self._api = api

    async def charger(self) -> dict[str, Any]:
        """Return what the other hub shows."""
        url = f"{self.other.url}/api/v1/chargers/scooter"
        async with self._api.get(url) as response:
            return dict(await response.json())

    async def choose(self, **mode: Any) -> None:
        """Choose a mode at the hub that does not lead."""
        url = f"{self.other.url}/api/v1/chargers/scooter"
        async with self._api.patch(url, json={"mode": mode}) as response:
            assert response.status == 200, await response.text()

    async def goes_on(self, power_w: float, seconds: int = 60) -> None:
        """Let time pass, and the board report; it draws power only while the relay is closed."""
        board = self.board
        assert board.clock is not None
        board.clock += seconds
        board.up += seconds
        drawn_w = power_w if board.relay else 0.0
        board.energy_wh += round(drawn_w * seconds / 3600)
        reply = await board.report(drawn_w)
        assert reply.status == 200, reply

    async def until_relay(self, relay: int, power_w: float, seconds: int = 1) -> None:
        """Let the board report until it has been told so."""
        async with asyncio.timeout(60):
            while self.board.relay != relay:
                await self.goes_on(power_w, seconds)
                await asyncio.sleep(0.1)
        await self.goes_on(power_w, seconds)

    async def charges_to_the_end(self) -> None:
        """Let the battery draw constant power for half an hour, then a tail that ends at rest, until the power is off."""
        for drawn_w in (*(90.0,) * 30, *TAIL_W, *(5.0,) * 12):
            await self.goes_on(drawn_w)
        await self.until_relay(0, 5.0, 10)

    def orders(self) -> list[tuple[bool, str]]:
        """Return all orders that were ever given: on or off, and how each fared."""
        with psycopg.connect(self._database) as connection:
            query = "SELECT relay_on, state FROM relay_order ORDER BY id"
            return connection.execute(query).fetchall()


@pytest.fixture
async def garage(tmp_path: Path, postgresql: Cluster) -> AsyncIterator[Garage]:
    """Two hubs, the first of which leads, and a board at the second."""
    url = postgresql.new()
    hubs = []
    async with AsyncExitStack() as stack:
        for name in "ab":
            folder = tmp_path / name
            folder.mkdir()
            (folder / "hub.secret").write_text("5e" * 32)
            (folder / "hub.secret").chmod(0o600)
            hub = HubProcess(folder, environment={"KICKWATT_HUB_DATABASE": url})
            hubs.append(stack.enter_context(hub))
        key = await asyncio.to_thread(hubs[0].add_charger, "scooter", "--simulated")
        token = await asyncio.to_thread(hubs[0].add_token)
        headers = {"Authorization": f"Bearer {token}"}
        api = await stack.enter_async_context(aiohttp.ClientSession(headers=headers))
        board = S1Device(hubs[1].device_url, "scooter", key)
        await stack.enter_async_context(board)
        board.clock = EVENING_S
        assert "This hub leads now" in hubs[0].log()
        assert "This hub leads now" not in hubs[1].log()
        garage = Garage(url, hubs, board, api)
        await garage.goes_on(0.0)
        yield garage


async def test_a_charge_until_full_survives_the_death_of_the_hub_that_leads(
    garage: Garage,
) -> None:
    """It was begun by one hub, is reported to another, and that one ends it: one order each."""
    await garage.choose(name="until_full")
    await garage.until_relay(1, 90.0)
    await garage.goes_on(90.0)
    garage.leader.kill()
    await garage.charges_to_the_end()
    charger = await garage.charger()
    assert charger["progress"]["step"] == "done"
    assert garage.orders() == [(True, "done"), (False, "done")]


async def test_a_plan_survives_the_death_of_the_hub_that_made_it(
    garage: Garage,
) -> None:
    """Ready by seven: the hub that is left keeps to the plan."""
    await garage.choose(name="ready_by", ready_by="07:00", zone="UTC", prefer="late")
    async with asyncio.timeout(60):
        while (await garage.charger())["progress"]["plan"] is None:
            await asyncio.sleep(0.1)
    garage.leader.kill()
    start = (await garage.charger())["progress"]["plan"]["runs"][0]["start"]
    start_s = round(datetime.fromisoformat(start).timestamp())
    board = garage.board
    assert board.clock is not None
    while board.clock < start_s - 600:
        await garage.goes_on(0.0, 300)
    await asyncio.sleep(3)  # three looks: whoever leads must not begin before its time
    assert garage.orders() == []
    await garage.goes_on(0.0, start_s - board.clock + 1)
    await garage.until_relay(1, 90.0)
    await garage.charges_to_the_end()
    assert garage.orders() == [(True, "done"), (False, "done")]
