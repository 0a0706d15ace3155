"""Two hubs, chained: the real program twice, and a board at the far end."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.support.hub_process import HubProcess, cli, running_hub
from tests.support.s1_device import S1Device

PATIENCE_S = 60


class Near:
    """What the nearer hub says of the charger."""

    def __init__(self, http: aiohttp.ClientSession, url: str, token: str) -> None:
        """`token` may control it."""
        self._http = http
        self._url = f"{url}/api/v1/chargers"
        self._headers = {"Authorization": f"Bearer {token}"}

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """Return the answer's JSON."""
        async with self._http.request(method, self._url + path, json=body, headers=self._headers) as answer:  # fmt: skip
            assert answer.status < 300, await answer.text()
            return await answer.json()

    async def comes(self, board: S1Device, expected: Callable[[Any], Any]) -> Any:
        """Let the board report until the charger is as expected here; return it."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                await board.report(90.0 if board.relay else 0.0)
                board.state = "charging" if board.relay else "off"
                # What a command has added, the hub beside it hears of within a second.
                listed = [
                    each for each in await self.call("GET", "") if each["id"] == "far"
                ]
                if listed and expected(listed[0]):
                    return listed[0]
                await asyncio.sleep(0.1)


async def test_a_charge_is_switched_and_seen_through_two_hubs(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    """On, readings, off: with the board's own word at each step; and no token in what anybody can read."""
    async with running_hub(tmp_path / "far") as hub:
        key, token = await hub.add_charger("scooter"), await hub.add_token()
    async with running_hub(tmp_path / "near") as hub:
        own = await hub.add_token("admin")
    with HubProcess(tmp_path / "far") as far, HubProcess(tmp_path / "near") as near:
        board = S1Device(far.device_url, "scooter", key, session=http)
        await board.report(0.0)
        said = await near.acli("charger", "add", "far", "--vecharge", far.url, "--token", token, "--remote-id", "scooter")  # fmt: skip
        assert "scooter" in said
        seen = Near(http, near.url, own)
        found = await seen.comes(board, lambda each: each["online"])
        assert (found["kind"], found["source"]["state"]) == ("vecharge", "connected")
        await seen.call("PUT", "/far/desired", {"relay": "on"})
        on = await seen.comes(board, lambda each: each["reading"])
        assert on["relay"] == {"reported": "on", "desired": "on", "pending": False, "reason": "order"}  # fmt: skip
        assert on["reading"]["power_w"] == 90.0
        await seen.call("PUT", "/far/desired", {"relay": "off"})
        await seen.comes(board, lambda each: each["relay"]["reported"] == "off")
        assert not board.relay
        shown = await seen.call("GET", "/far")
        assert token not in said + near.log() + str(shown)
        await near.acli("charger", "release", "far")
        await seen.comes(board, lambda each: each["source"]["state"] == "released")
        near.stop()
        far.stop()


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--vecharge", "https://x.example"], "--token"),
        (
            ["--vecharge", "https://x.example", "--token", "x", "--remote-id", "a/b"],
            "--remote-id: Expected",
        ),
    ],
)  # fmt: skip
def test_what_leads_nowhere_is_refused_with_a_sentence(
    tmp_path: Path, flags: list[str], says: str
) -> None:
    """That names the option."""
    data = ("--data", str(tmp_path / "data"))
    done = cli("charger", "add", "far", *flags, *data, check=False)
    assert done.returncode == 2
    assert says in done.stderr


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "vecharge"}, "vecharge"),
        ({"vecharge": {"url": "https://x.example", "token": "x", "remote_id": "y"}}, "vecharge"),
        ({"kind": "vecharge", "vecharge": {"url": "x", "token": "x", "remote_id": "y"}}, "vecharge.url"),
        ({"kind": "vecharge", "vecharge": {"url": "https://x.example", "token": "x"}}, "vecharge.remote_id"),
    ],
)  # fmt: skip
async def test_over_rest_as_well(
    hub: Any, http: aiohttp.ClientSession, body: dict[str, Any], field: str
) -> None:
    """And it names the field."""
    headers = {"Authorization": f"Bearer {await hub.add_token('admin')}"}
    url = f"{hub.url}/api/v1/chargers"
    async with http.post(url, json={"id": "far", **body}, headers=headers) as answer:
        assert answer.status == 422
        assert (await answer.json())["error"]["field"] == field


async def test_only_a_charger_behind_a_server_can_be_released(
    hub: Any, http: aiohttp.ClientSession
) -> None:
    """Any other has nobody who could be told."""
    await hub.add_charger("scooter")
    headers = {"Authorization": f"Bearer {await hub.add_token('control')}"}
    async with http.post(f"{hub.url}/api/v1/chargers/scooter/release", headers=headers) as answer:  # fmt: skip
        assert answer.status == 404
        assert "veCharge" in (await answer.json())["error"]["message"]
