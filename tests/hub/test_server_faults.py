"""PostgreSQL fails in mid-load: connections are cut, the server goes away for seconds and comes back.

Nothing that was acknowledged is lost, nothing is twice, boards are told to try again, and the hub recovers by itself.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import psycopg
import pytest

from tests.support.hub_process import HubProcess
from tests.support.postgresql import NEEDS, Cluster, cluster
from tests.support.s1_device import S1Device

pytestmark = [
    pytest.mark.needs(NEEDS[0], package=NEEDS[1]),
    pytest.mark.timeout(300),
    pytest.mark.once,
]

BOARDS = 3


@dataclass(slots=True)
class Load:
    """Boards that report as fast as they can, and what they were told."""

    process: HubProcess
    token: str
    boards: list[S1Device]
    going: bool = True
    acknowledged: int = 0
    refused: set[int] = field(default_factory=set)

    async def report(self, board: S1Device) -> None:
        """Measure and send until it is over; what is not acknowledged stays queued."""
        while self.going or board.queue:
            if self.going:
                board.energy_wh += 1
                board.measure(90.0)
            board.up += 1
            try:
                reply = await board.post(board.body(), timeout_s=20)
            except aiohttp.ClientError, TimeoutError:
                await asyncio.sleep(0.1)
                continue
            if reply.status == 200:
                board.obey(reply)
                self.acknowledged += 1
            else:
                self.refused.add(reply.status)
                await asyncio.sleep(0.1)

    async def more(self, messages: int = 10) -> None:
        """Wait until so many more were acknowledged."""
        wanted = self.acknowledged + messages
        async with asyncio.timeout(60):
            while self.acknowledged < wanted:
                await asyncio.sleep(0.02)

    async def refusal(self) -> None:
        """Wait until a board was refused."""
        async with asyncio.timeout(60):
            while not self.refused:
                await asyncio.sleep(0.02)

    async def energies(self, board: S1Device) -> list[float]:
        """Return what is stored of a board, in the order of its numbers."""
        url = f"{self.process.url}/api/v1/chargers/{board.charger_id}/readings"
        span = "start=2020-01-01T00:00:00Z&end=2100-01-01T00:00:00Z&limit=10000"
        headers = {"Authorization": f"Bearer {self.token}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.get(f"{url}?{span}") as answer,
        ):
            assert answer.status == 200
            page = await answer.json()
        assert page["next"] is None
        return sorted(each["energy_wh"] for each in page["readings"])


@pytest.fixture
def server() -> Iterator[Cluster]:
    """A server of this test's own, since it is not treated well."""
    with cluster() as running:
        yield running


@pytest.fixture
async def load(tmp_path: Path, server: Cluster) -> AsyncIterator[Load]:
    """A hub under load."""
    environment = {"KICKWATT_HUB_DATABASE": server.new()}
    with HubProcess(tmp_path / "data", environment=environment) as process:
        token = await asyncio.to_thread(process.add_token)
        boards = []
        for number in range(BOARDS):
            name = f"scooter-{number}"
            key = await asyncio.to_thread(process.add_charger, name)
            boards.append(S1Device(process.device_url, name, key))
            boards[-1].relay, boards[-1].why = 1, "button"
            boards[-1].state = "charging"
        load = Load(process, token, boards)
        async with asyncio.TaskGroup() as reporting:
            for board in boards:
                reporting.create_task(load.report(board))
            await load.more()
            yield load
            load.going = False
        for board in boards:
            await board.close()


async def _all_is_there_once(load: Load) -> None:
    load.going = False
    async with asyncio.timeout(60):
        while any(board.queue for board in load.boards):
            await asyncio.sleep(0.02)
    for board in load.boards:
        wanted = [float(wh) for wh in range(1, board.energy_wh + 1)]
        assert await load.energies(board) == wanted
    assert load.refused <= {503}
    assert "Traceback" not in load.process.log()


async def test_connections_that_are_cut_cost_nothing(
    load: Load, server: Cluster
) -> None:
    """Again and again, in the middle of whatever they were doing."""
    for _ in range(5):
        with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
        await load.more()
    await _all_is_there_once(load)


async def test_a_server_that_is_gone_for_seconds_is_waited_for(
    load: Load, server: Cluster
) -> None:
    """Boards are refused with 503 and keep their samples; then the hub stores, leads and switches as before."""
    await asyncio.to_thread(server.stop)
    await load.refusal()
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{load.process.url}/healthz") as answer,
    ):
        assert answer.status == 503
    await asyncio.sleep(3)  # the hub looks every second for what others have done
    await asyncio.to_thread(server.start)
    await load.more(30)
    async with asyncio.timeout(60):
        while load.process.log().count("This hub leads now") < 2:
            await asyncio.sleep(0.05)
    headers = {"Authorization": f"Bearer {load.token}"}
    url = f"{load.process.url}/api/v1/chargers/scooter-0"
    async with aiohttp.ClientSession(headers=headers) as session:
        change = {"mode": {"name": "until_full"}}
        async with session.patch(url, json=change) as answer:
            assert answer.status == 200
        async with asyncio.timeout(60):
            while load.boards[0].order == 0:
                await asyncio.sleep(0.05)
    await _all_is_there_once(load)
