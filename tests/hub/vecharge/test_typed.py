"""The typed events, with the Socket.IO client of today."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
import socketio

from kickwatt_hub.api.vecharge.typed import EVENTS, NAMESPACE

from .conftest import Outlet

PATIENCE_S = 60
_BY_NAME = {name: kind for kind, name in EVENTS.items()}


class Watching:
    """A client in this process, and what it hears: each of the type that the document says."""

    def __init__(self) -> None:
        """Not connected yet."""
        self.client = socketio.AsyncClient(reconnection=False)
        self.heard: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
        for name in _BY_NAME:
            self.client.on(name, self._hear(name), namespace=NAMESPACE)

    def _hear(self, name: str) -> Any:
        async def hear(data: Any) -> None:
            self.heard.put_nowait((name, msgspec.convert(data, _BY_NAME[name])))

        return hear

    async def hears(self, name: str) -> Any:
        """Return the next event, which must be this one."""
        found, data = await asyncio.wait_for(self.heard.get(), PATIENCE_S)
        assert found == name
        return data


@asynccontextmanager
async def watching(outlet: Outlet, **auth: Any) -> AsyncIterator[Watching]:
    """Watch an outlet's hub."""
    watch = Watching()
    await watch.client.connect(
        outlet.hub.url,
        auth={"token": outlet.token, **auth},
        namespaces=[NAMESPACE],
        wait_timeout=PATIENCE_S,
    )
    try:
        yield watch
    finally:
        await watch.client.disconnect()


async def test_numbers_are_numbers_and_each_event_names_the_one_before(
    outlet: Outlet,
) -> None:
    """Connected, on, measurements, off; and the connection stays."""
    async with watching(outlet, charger_id="test") as watch:
        connected = await watch.hears("connected")
        (charger,) = connected.chargers
        assert (charger.charger_id, charger.status) == ("test", "off")
        await outlet.switch("ON")
        await outlet.switch("OFF")
        told: list[tuple[str, Any]] = []
        number = connected.number
        while (
            not told or told[-1][0] != "status_changed" or told[-1][1].status != "off"
        ):
            name, event = await asyncio.wait_for(watch.heard.get(), PATIENCE_S)
            assert event.previous == number
            number = event.number
            told.append((name, event))
        logs = [event for name, event in told if name == "log"]
        assert (90.0, 230.0) in [(each.power_w, each.voltage_v) for each in logs]
        assert [event.status for name, event in told if name == "status_changed"] == ["on", "off"]  # fmt: skip
        assert watch.client.connected


async def test_a_client_that_was_away_gets_what_it_has_missed(outlet: Outlet) -> None:
    """And one of another run begins anew."""
    async with watching(outlet) as watch:
        connected = await watch.hears("connected")
    await outlet.switch("ON")
    await outlet.board.report(91.0)
    resume = {"run": connected.run, "number": connected.number}
    async with watching(outlet, resume=resume) as watch:
        again = await watch.hears("connected")
        assert (again.resumed, again.number, again.chargers) == (True, connected.number, ())  # fmt: skip
        told = []
        while not told or told[-1].power_w != 91.0:
            name, event = await asyncio.wait_for(watch.heard.get(), PATIENCE_S)
            if name == "log":
                told.append(event)
        assert [each.power_w for each in told][-2:] == [90.0, 91.0]
    async with watching(outlet, resume={**resume, "run": "another"}) as watch:
        assert not (await watch.hears("connected")).resumed


async def test_who_watches_holds_nothing(outlet: Outlet) -> None:
    """A token that may only read will do, for as many as like to."""
    reader = await outlet.hub.add_token("read", user="reader")
    async with watching(outlet, token=reader) as one, watching(outlet) as other:
        for each in (one, other):
            await each.hears("connected")
        _, answer = await outlet.call("GET", "/users/me")
        assert answer["data"]["connectedCharger"] == []


@pytest.mark.parametrize(
    "auth", [{"token": "x"}, {"charger_id": "other"}, {"charger_id": 7}, {"resume": 1}]
)
async def test_who_asks_for_what_cannot_be_is_refused(
    outlet: Outlet, auth: dict[str, Any]
) -> None:
    """Before anything is told."""
    with pytest.raises(socketio.exceptions.ConnectionError):
        async with watching(outlet, **auth):
            pass


async def test_a_watcher_whose_token_is_revoked_is_let_go(outlet: Outlet) -> None:
    """At once."""
    async with watching(outlet) as watch:
        await watch.hears("connected")
        context = outlet.hub.hub.context
        for stored in await context.store.accounts.tokens():
            await context.store.accounts.remove_token(stored.token.id)
        await context.access.load()
        async with asyncio.timeout(PATIENCE_S):
            await watch.client.wait()
