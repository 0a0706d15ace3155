"""What no client of Socket.IO should send, at the real program: over polling and WebSocket, in both revisions."""

from collections.abc import AsyncIterator
from pathlib import Path
import re
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from tests.support.hub_process import HubProcess, RunningHub, running_hub

pytestmark = pytest.mark.once

HUGE = "x" * 200_000
MESSAGES = {
    "deep": "42" + "[" * 30_000,
    "deep and closed": '42["x",' + "[" * 30_000 + "]" * 30_000 + "]",
    "just too deep": '42["x",' + "[" * 16 + "]" * 16 + "]",
    "deep in auth": "40" + '{"a":' * 13_000 + "1",
    "huge": f'42["{HUGE}"]',
    "not JSON": "42{nonsense",
    "no event": "42{}",
    "an event without a name": "42[1]",
    "an event of nothing": "42[]",
    "binary parts that never come": '459999999-["x",{"_placeholder":true,"num":0}]',
    "an id of 5,000 digits": "42" + "9" * 5_000 + '["x"]',
    "a number of 5,000 digits": '42["x",' + "9" * 5_000 + "]",
    "a long namespace": "40/" + "a" * 30_000 + ",",
    "auth that is a list": "40[1]",
    "a refusal": "44{}",
    "no packet of Socket.IO": "49",
    "no packet of Engine.IO": "9",
    "no message": "4",
}


class Door:
    """The hub's Socket.IO, for whoever writes the packets themselves."""

    def __init__(self, hub: HubProcess, http: aiohttp.ClientSession, token: str) -> None:  # fmt: skip
        """`token` may control the charger."""
        self.hub = hub
        self._http = http
        self._who = {"token": f"Bearer {token}", "chargerId": "scooter"}
        self._url = f"{hub.url}/socket.io/"

    async def opens(self, revision: int) -> str:
        """Hold the charger over polling; return the connection's id."""
        query = {**self._who, "EIO": str(revision), "transport": "polling"}
        async with self._http.get(self._url, params=query) as answer:
            text = await answer.text()
            assert answer.status == 200, text
        found = re.search(r'"sid":"([^"]+)"', text)
        assert found is not None, text
        if revision == 4:
            assert await self.posts(4, found[1], "40") == 200
        return found[1]

    async def posts(self, revision: int, sid: str, body: Any, **headers: str) -> int:
        """Send packets over polling; return the status."""
        if revision == 3 and isinstance(body, str):
            body = f"{len(body)}:{body}"
        query = {"EIO": str(revision), "transport": "polling", "sid": sid}
        async with self._http.post(self._url, params=query, data=body, headers=headers) as answer:  # fmt: skip
            await answer.read()
            return answer.status

    async def ends(self, revision: int, message: str) -> int | None:
        """Send a message over a WebSocket; return the code with which the hub closes it."""
        query = {**self._who, "EIO": str(revision), "transport": "websocket"}
        async with self._http.ws_connect(self._url, params=query, max_msg_size=0) as ws:
            if revision == 4:
                await ws.send_str("40")
            async for said in ws:
                if "chargerConnected" in said.data:
                    await ws.send_str(message)
            return ws.close_code


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Door]:
    """One hub for all of this."""
    data: Path = tmp_path_factory.mktemp("limits") / "data"
    async with running_hub(data) as hub:
        await hub.add_charger("scooter")
        token = await hub.add_token()
    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(timeout=timeout) as http:
        with HubProcess(data) as process:
            yield Door(process, http, token)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", MESSAGES)
@pytest.mark.parametrize("revision", [3, 4])
async def test_nonsense_ends_the_connection_and_lets_go_of_the_charger(
    door: Door, revision: int, name: str
) -> None:
    """Refused with a status that says whose fault it is; the next client gets the charger; nothing is in the log."""
    message = MESSAGES[name]
    status = await door.posts(revision, await door.opens(revision), message)
    assert status == (413 if len(message) >= 65_536 else 400)
    # The size of a frame is looked at before what it says.
    assert await door.ends(revision, message) == (1009 if len(message) >= 65_536 else 1000)  # fmt: skip
    assert door.hub.log() == ""


async def test_who_does_not_say_who_it_is_cannot_stay(
    hub: RunningHub, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client of revision 4 is let in first, and proves itself then; one that has joined stays."""
    monkeypatch.setattr("kickwatt_hub.api.vecharge.eio3.JOIN_S", 0.3)
    await hub.add_charger("scooter")
    query = {"EIO": "4", "transport": "websocket", "chargerId": "scooter"}
    joined = {**query, "token": await hub.add_token()}
    url = f"{hub.url}/socket.io/"
    async with (
        http.ws_connect(url, params=joined) as known,
        http.ws_connect(url, params=query) as stranger,
    ):
        await known.send_str("40")
        said = [each.data[:1] async for each in stranger]
        assert said[0] == "0"
        assert stranger.close_code == 1000
        assert not known.closed
        assert await known.receive_str()
        await known.send_str('42["connect_to_thing","scooter"]')


@pytest.mark.asyncio(loop_scope="module")
async def test_a_body_without_a_length_has_the_same_bound(door: Door) -> None:
    """It is given up where it is too long."""

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 10_000

    assert await door.posts(4, await door.opens(4), endless()) == 400
    assert door.hub.log() == ""


@pytest.mark.asyncio(loop_scope="module")
async def test_a_body_that_is_not_in_the_encoding_that_it_says_is_nonsense(
    door: Door,
) -> None:
    """The connection ends, and nothing is in the log."""
    encoding = {"Content-Encoding": "gzip"}
    assert await door.posts(4, await door.opens(4), "2", **encoding) == 400
    assert door.hub.log() == ""
