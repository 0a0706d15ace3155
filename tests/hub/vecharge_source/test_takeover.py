"""Two hubs as real processes on one database, a charger behind a server: the hub that holds it is killed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import datetime
import os
from pathlib import Path
import signal
from typing import Any

import aiohttp
import psycopg
import pytest

from kickwatt_sim.vecharge import SimulatedServer
from tests.support.hub_process import HubProcess, running_hub
from tests.support.postgresql import NEEDS, Cluster

from .conftest import PATIENCE_S, add, server

pytestmark = [
    pytest.mark.needs(NEEDS[0], package=NEEDS[1]),
    pytest.mark.timeout(300),
]

NEVER_S = 3600.0
PATIENT = {"fault": "polling", "interval_s": NEVER_S, "timeout_s": NEVER_S}
"""A server that calls nobody gone by itself, and over long polling does not see that somebody is."""
CHARGER = "/api/v1/chargers/far"


class Pair:
    """Two hubs of which one leads, a server, and what the other hub says of the charger."""

    def __init__(
        self,
        leader: HubProcess,
        other: HubProcess,
        simulated: SimulatedServer,
        http: aiohttp.ClientSession,
        database: str,
    ) -> None:
        """`http` brings a token along."""
        self._database = database
        self.leader, self.other, self.server = leader, other, simulated
        self._http = http
        self.told: list[dict[str, Any]] = []
        """Each `newLog` that the server has said to somebody."""

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """Call the other hub and return the answer's JSON."""
        url = self.other.url + path
        async with self._http.request(method, url, json=body) as answer:
            assert answer.status < 300, await answer.text()
            return await answer.json()

    async def comes(self, expected: Callable[[Any], Any]) -> Any:
        """Wait until the charger is as expected at the other hub; return it."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                chargers = await self.call("GET", "/api/v1/chargers")
                if chargers and expected(chargers[0]):
                    return chargers[0]
                await asyncio.sleep(0.05)

    async def logs(self, count: int) -> None:
        """Let the server say so many, and wait until the other hub knows the last."""
        for _ in range(count):
            said = self.server.log()
            assert said is not None
            self.told.append(said)
            await self.comes(self._knows_the_last)

    def _knows_the_last(self, charger: Any) -> bool:
        reading, last = charger["reading"], self.told[-1]
        return reading is not None and _ms(reading["time"]) >= _ms(last["createdAt"])

    async def stored(self) -> list[int]:
        """Return when each reading with power was measured, as the other hub has stored it."""
        found = await self.call("GET", f"{CHARGER}/readings?from=2026-01-01T00:00:00Z")
        return [_ms(each["time"]) for each in found["readings"] if each["power_w"]]

    async def is_connected_again(self, connections: int) -> None:
        """Wait until somebody holds the charger by a later connection."""
        async with asyncio.timeout(PATIENCE_S):
            while self.server.connections <= connections or not self.server.held:
                await asyncio.sleep(0.02)

    def has_let_go(self) -> bool:
        """Whether it is stored that the server knows of the release."""
        with psycopg.connect(self._database) as connection:
            row = connection.execute("SELECT let_go FROM charger_link").fetchone()
        return bool(row and row[0])

    async def takes_the_lead(self) -> None:
        """Wait until the other hub does."""
        async with asyncio.timeout(PATIENCE_S):
            while "This hub leads now" not in self.other.log():
                await asyncio.sleep(0.05)


def _ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def _folder(path: Path) -> Path:
    path.mkdir()
    (path / "hub.secret").write_text("5e" * 32)
    (path / "hub.secret").chmod(0o600)
    return path


@pytest.fixture
async def pair(
    tmp_path: Path, postgresql: Cluster, request: pytest.FixtureRequest
) -> AsyncIterator[Pair]:
    """Two hubs, of which the first is connected to the server; its parameter is how that server deviates."""
    kind = {"log_s": NEVER_S, **getattr(request, "param", {})}
    url = postgresql.new()
    folders = [_folder(tmp_path / name) for name in "ab"]
    async with AsyncExitStack() as stack:
        simulated = await stack.enter_async_context(server(**kind))
        async with running_hub(folders[0], database=url) as hub:
            token = await hub.add_token("admin")
            await add(hub, simulated.url)
        environment = {"KICKWATT_HUB_DATABASE": url}
        hubs = [
            stack.enter_context(HubProcess(folder, environment=environment))
            for folder in folders
        ]
        headers = {"Authorization": f"Bearer {token}"}
        http = await stack.enter_async_context(aiohttp.ClientSession(headers=headers))
        assert "This hub leads now" not in hubs[1].log()
        pair = Pair(hubs[0], hubs[1], simulated, http, url)
        await pair.comes(lambda each: each["source"] and each["source"]["state"] == "connected")  # fmt: skip
        yield pair


async def test_another_hub_takes_the_charger_over_and_no_reading_is_lost(
    pair: Pair,
) -> None:
    """Each newLog that the server said is stored once; power flows on, by the same order, and is nobody else's wish."""
    await pair.call("PUT", f"{CHARGER}/desired", {"relay": "on"})
    await pair.comes(lambda each: each["relay"]["reported"] == "on")
    await pair.logs(5)
    connections = pair.server.connections
    pair.leader.kill()
    await pair.is_connected_again(connections)
    await pair.logs(5)
    assert await pair.stored() == [_ms(each["createdAt"]) for each in pair.told]
    found = await pair.call("GET", CHARGER)
    assert found["relay"] == {"reported": "on", "desired": "on", "pending": False, "reason": "order"}  # fmt: skip
    assert found["source"]["state"] == "connected"
    assert pair.server.orders == ["ON"]
    await pair.call("PUT", f"{CHARGER}/desired", {"relay": "off"})
    await pair.comes(lambda each: each["relay"]["reported"] == "off")
    assert pair.server.orders == ["ON", "OFF"]


@pytest.mark.parametrize("pair", [PATIENT, {**PATIENT, "revision": 4}], indirect=True)
async def test_the_next_hub_ends_the_dead_ones_long_polling_and_takes_the_charger(
    pair: Pair,
) -> None:
    """The server would hold it for the dead hub for ever; power flows through the next one's own connection."""
    connections = pair.server.connections
    pair.leader.kill()
    await pair.takes_the_lead()
    async with asyncio.timeout(PATIENCE_S):
        while pair.server.connections <= connections:
            await asyncio.sleep(0.02)
    await pair.call("PUT", f"{CHARGER}/desired", {"relay": "on"})
    await pair.comes(lambda each: each["relay"]["reported"] == "on")
    found = await pair.call("GET", CHARGER)
    assert (found["source"]["state"], found["source"]["message"]) == ("connected", None)
    assert pair.server.connections == connections + 1


async def test_an_order_that_the_dead_hub_had_not_passed_on_is_passed_on(
    pair: Pair,
) -> None:
    """It was given to the other hub while the leader stood still."""
    os.kill(pair.leader.pid, signal.SIGSTOP)
    answer = await pair.call("PUT", f"{CHARGER}/desired", {"relay": "on"})
    assert answer["state"] == "pending"
    assert pair.server.orders == []
    pair.leader.kill()
    await pair.comes(lambda each: each["relay"]["reported"] == "on")
    assert pair.server.orders == ["ON"]


async def test_what_a_person_let_go_of_is_not_claimed_by_the_next_hub(
    pair: Pair,
) -> None:
    """The server was told by the hub that died, and is told no more: somebody else may use the charger by now."""
    await pair.call("POST", f"{CHARGER}/release")
    await pair.comes(lambda each: each["source"]["state"] == "released")
    async with asyncio.timeout(PATIENCE_S):
        while pair.server.held or not pair.server.released:
            await asyncio.sleep(0.02)
    await _is_settled(pair)
    connections = pair.server.connections
    pair.server.switch(True)  # somebody else's charge
    pair.leader.kill()
    await _is_refused(pair)
    assert pair.server.connections == connections
    assert pair.server.released == 1
    assert pair.server.outlet.on


async def test_what_a_person_let_go_of_is_released_by_the_next_hub_where_the_dead_one_had_not(
    pair: Pair,
) -> None:
    """Off and told to the server, without a connection."""
    await pair.call("PUT", f"{CHARGER}/desired", {"relay": "on"})
    await pair.comes(lambda each: each["relay"]["reported"] == "on")
    os.kill(pair.leader.pid, signal.SIGSTOP)
    await pair.call("POST", f"{CHARGER}/release")
    connections = pair.server.connections
    pair.leader.kill()
    await pair.comes(lambda each: each["source"]["state"] == "released" and each["relay"]["reported"] == "off")  # fmt: skip
    await _is_refused(pair)
    assert not pair.server.outlet.on
    assert (pair.server.connections, pair.server.released) == (connections, 1)


async def _is_refused(pair: Pair) -> None:
    """An order for power does not get through: the hub that leads now has looked, and says why."""
    await pair.takes_the_lead()
    await pair.call("PUT", f"{CHARGER}/desired", {"relay": "on"})
    await pair.comes(lambda each: not each["relay"]["pending"] and each["relay"]["desired"] == "off")  # fmt: skip


async def _is_settled(pair: Pair) -> None:
    """Wait until it is stored that the server knows."""
    async with asyncio.timeout(PATIENCE_S):
        while not await asyncio.to_thread(pair.has_let_go):
            await asyncio.sleep(0.05)
