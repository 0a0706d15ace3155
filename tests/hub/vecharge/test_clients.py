"""veCharge's clients of every generation, over polling and WebSocket, against the real hub."""

import asyncio
from typing import Any

import pytest

from kickwatt_hub.api.vecharge.events import HELD

from .conftest import CLIENTS, OLD_PYTHON, Client, Outlet, clients


@pytest.mark.parametrize("client_kind", clients())
async def test_a_client_watches_a_charge_and_does_not_come_back(
    outlet: Outlet, client_kind: Any
) -> None:
    """Connect, on, readings, off: and then nobody re-claims the charger by itself."""
    command, transport = client_kind
    async with Client(*command(outlet.url, transport)) as client:
        connected = await client.hears("chargerConnected")
        for generation in (connected, connected["_doc"]):
            assert generation["status"] == "OFF"
            assert (generation["_id"], generation["currentUser"]) == ("test", "owner")
        await outlet.switch("ON")
        assert await client.hears("statusChanged") == {"status": "ON"}
        log = await client.hears("newLog")
        assert (log["voltage"], log["power"]) == ("230.00", "90.00")
        assert (log["chargerId"], log["userId"]) == ("test", "owner")
        assert isinstance(log["energy"], int | float)
        await outlet.board.report(91.5)
        assert (await client.hears("newLog"))["power"] == "91.50"
        await outlet.switch("OFF")
        assert await client.hears("statusChanged") == {"status": "OFF"}
        await client.hears("disconnect")
        heard = await client.ends()
    assert heard.count("connect") == 1
    assert set(heard) == {
        "connect",
        "chargerConnected",
        "statusChanged",
        "newLog",
        "disconnect",
    }


@pytest.mark.parametrize("client_kind", clients("socket.io-client"))
async def test_events_come_in_their_order(outlet: Outlet, client_kind: Any) -> None:
    """To clients that keep it."""
    command, transport = client_kind
    async with Client(*command(outlet.url, transport)) as client:
        await client.hears("chargerConnected")
        await outlet.switch("ON")
        await client.hears("newLog")
        await outlet.switch("OFF")
        assert await client.ends() == [
            "connect",
            "chargerConnected",
            "statusChanged",
            "newLog",
            "newLog",
            "statusChanged",
            "disconnect",
        ]


@pytest.mark.parametrize("client_kind", clients())
async def test_who_has_no_right_to_a_charger_is_refused(
    outlet: Outlet, client_kind: Any
) -> None:
    """A wrong token, one that may only read, and a charger that is not there."""
    command, transport = client_kind
    reader = await outlet.hub.add_token("read", user="reader")
    for token, charger in ((reader, "test"), (outlet.token, "other"), ("x", "test")):
        url = f"{outlet.hub.url}?token=Bearer%20{token}&chargerId={charger}"
        async with Client(*command(url, transport)) as client:
            await client.hears("refused")


@pytest.mark.parametrize("client_kind", clients()[::4])
async def test_a_second_client_on_a_held_charger_gets_error(
    outlet: Outlet, client_kind: Any
) -> None:
    """And the first one keeps it."""
    command, transport = client_kind
    async with Client(*command(outlet.url, transport)) as first:
        await first.hears("chargerConnected")
        async with Client(*command(outlet.url, transport)) as second:
            assert await second.hears("error") == HELD
            assert (await second.ends()).count("connect") == 1
        await outlet.switch("ON")
        assert await first.hears("statusChanged") == {"status": "ON"}


@pytest.mark.skipif(not OLD_PYTHON.exists(), reason="scripts/setup makes the clients")
async def test_the_published_script_runs_as_it_stands(
    real_outlet: Outlet, tmp_path: Any
) -> None:
    """At the real program. Only address, token and charger id are put in. Its raw space keeps it on polling."""
    outlet = real_outlet
    script = (CLIENTS / "published.py.txt").read_text()
    for blank, value in (
        ("https://library.vecharge.app", outlet.hub.url),
        ("<YOUR TOKEN GOES HERE>", outlet.token),
        ("<YOUR Charger ID GOES HERE>", "test"),
    ):
        assert blank in script
        script = script.replace(blank, value)
    (tmp_path / "script.py").write_text(script)
    async with Client(OLD_PYTHON, "-u", tmp_path / "script.py") as client:
        await client.says('Status Changed   {"isNew":false')
        await outlet.switch("ON")
        await client.says('Log : {"deviceId":"test"')
        code, data = await outlet.call("POST", "/charger/removeChargerFromUser/test")
        assert (code, data["status"]) == (200, "success")
        await client.says("Disconnected from server")
        assert await _held(outlet) == []
    charger = (await outlet.call("GET", "/chargers/test"))[1]
    assert charger["relay"]["desired"] == "off"


async def test_a_client_that_is_gone_lets_go_of_its_charger(outlet: Outlet) -> None:
    """Another one gets it then."""
    (command, transport) = clients()[1].values[0]
    async with Client(*command(outlet.url, transport)) as first:
        await first.hears("chargerConnected")
        assert await _held(outlet) == ["test"]
    async with asyncio.timeout(60):
        while await _held(outlet):
            pass
    async with Client(*command(outlet.url, transport)) as second:
        await second.hears("chargerConnected")


async def test_a_client_whose_token_is_revoked_is_let_go(outlet: Outlet) -> None:
    """At once."""
    (command, transport) = clients()[1].values[0]
    async with Client(*command(outlet.url, transport)) as client:
        await client.hears("chargerConnected")
        context = outlet.hub.hub.context
        for stored in await context.store.accounts.tokens():
            await context.store.accounts.remove_token(stored.token.id)
        await context.access.load()
        await client.hears("disconnect")


async def _held(outlet: Outlet) -> list[str]:
    _, answer = await outlet.call("GET", "/users/me")
    return [each["_id"] for each in answer["data"]["connectedCharger"]]
