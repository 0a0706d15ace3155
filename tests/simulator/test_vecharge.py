"""The simulated veCharge-style server, with the clients that such servers really have."""

import asyncio
import sys
from typing import Any

import aiohttp
import pytest

from kickwatt_sim.vecharge import FAULTS, Clock, Outlet, SimulatedServer
from tests.hub.vecharge.conftest import Client, clients

_GENERATIONS = {3: ("python-socketio 4", "socket.io-client 2"), 4: ("python-socketio 5", "socket.io-client 4")}  # fmt: skip


def _clients() -> list[Any]:
    """Return each client with the revision that it speaks."""
    return [
        pytest.param(revision, *each.values, id=each.id, marks=each.marks)
        for revision, names in _GENERATIONS.items()
        for name in names
        for each in clients(name)
        if str(each.id).endswith(", both") == (revision == 4)
    ]


@pytest.mark.parametrize(("revision", "client_kind"), _clients())
async def test_its_generations_clients_watch_a_charge(
    revision: int, client_kind: Any
) -> None:
    """Connect, on, logs of the text's types, off, and the end."""
    command, transport = client_kind
    async with SimulatedServer(Outlet(Clock()), revision=revision, log_s=0.1) as server:
        url = f"{server.url}?token=Bearer%20secret&chargerId=test"
        async with Client(*command(url, transport)) as client:
            connected = await client.hears("chargerConnected")
            assert connected["_doc"]["status"] == "OFF"
            await _order(server, "ON")
            assert await client.hears("statusChanged") == {"status": "ON"}
            log = await client.hears("newLog")
            assert {name: type(value) for name, value in log.items()} == {
                "deviceId": str,
                "voltage": str,
                "current": str,
                "power": str,
                "energy": float,
                "createdAt": str,
                "userId": str,
                "chargerId": str,
            }
            assert float(log["power"]) > 80
            await _order(server, "OFF")
            assert await client.hears("statusChanged") == {"status": "OFF"}
            assert (await client.ends()).count("connect") == 1


async def test_a_client_of_the_other_revision_is_refused() -> None:
    """As servers of one revision do."""
    async with SimulatedServer(Outlet(Clock()), revision=3) as server, aiohttp.ClientSession() as http:  # fmt: skip
        query = "token=Bearer%20secret&transport=polling&EIO=4"
        async with http.get(f"{server.url}/socket.io/?{query}") as answer:
            assert answer.status == 400


async def test_the_battery_charges_and_the_energy_is_counted_anew_for_each_charge() -> (
    None
):
    """In the world's time, which may be fast."""
    now_s = 1_000_000.0
    outlet = Outlet(Clock(None, 60, lambda: now_s))
    outlet.switch(True)
    now_s += 60  # an hour of the world
    first = outlet.log("test", "user")
    assert 0.08 < first["energy"] < 0.1
    outlet.switch(False)
    outlet.switch(True)
    assert outlet.log("test", "user")["energy"] == 0.0


def test_a_clock_of_the_past_runs_until_it_has_caught_up() -> None:
    """And keeps step from then on."""
    now_s = 1_000_000.0
    clock = Clock(now_s - 600, 11, lambda: now_s)
    now_s += 30
    assert clock.now_s == now_s - 300
    now_s += 100
    assert clock.now_s == now_s


async def test_every_fault_is_told_by_the_command_line() -> None:
    """By its name."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "kickwatt_sim",
        "vecharge",
        "--help",
        stdout=asyncio.subprocess.PIPE,
    )
    text, _ = await process.communicate()
    assert all(f"{name}:" in text.decode() for name in FAULTS)


async def _order(server: SimulatedServer, status: str) -> None:
    async with (
        aiohttp.ClientSession(headers={"Authorization": "Bearer secret"}) as http,
        http.patch(
            f"{server.url}/api/v1/charger/chargerDesiredState",
            json={"status": status, "chargerId": "test"},
        ) as answer,
    ):
        assert answer.status == 200
