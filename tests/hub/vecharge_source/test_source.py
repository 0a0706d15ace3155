"""A hub as the client of a veCharge-style server: a real hub, a simulated server, real sockets."""

import asyncio
from pathlib import Path
import time

import pytest

from kickwatt_sim.vecharge import Clock, Outlet
from tests.support.hub_process import running_hub

from .conftest import Far, add, behind, server, state


@pytest.mark.parametrize(
    ("revision", "fault"),
    [(3, None), (3, "polling"), (3, "lax"), (3, "flat"), (4, None), (4, "polling")],
)
async def test_a_charge_behind_a_server_is_a_charge(
    tmp_path: Path, revision: int, fault: str | None
) -> None:
    """In both revisions, found out by itself; over WebSocket and polling; in the words of 2021 and 2022."""
    async with behind(tmp_path, server(revision=revision, fault=fault)) as far:
        found = await far.connects()
        assert found.source is not None
        assert found.source.engine_io == revision
        assert (found.state, found.online) == ("off", True)
        await far.switch(True)
        on = await far.comes(lambda each: each.reading is not None)
        assert on.reading is not None
        assert on.reading.voltage_v == 230.0
        await far.comes(lambda each: each.reading.energy_wh > 1)
        off = await far.switch(False)
        assert off.reading is not None
        assert (off.reading.power_w, off.reading.relay_on) == (0.0, False)
        assert far.server.orders == ["ON", "OFF"]


async def test_each_log_is_stored_once_under_its_own_time(tmp_path: Path) -> None:
    """Also if it is told again after a reconnection."""
    async with behind(tmp_path, server(fault="drops")) as far:
        await far.connects()
        await far.order(on=True)
        connections = far.server.connections
        async with asyncio.timeout(60):
            while far.server.connections < connections + 2:
                await asyncio.sleep(0.01)
        far.server.fault = None
        await far.connects()
        await far.switch(False)
        history = far.hub.hub.context.store.history
        stored, _ = await history.readings(far.entry.pk, 0, 2**60, 1000)
        assert len(stored) == len({each.time_ms for each in stored})


async def test_nonsense_is_never_stored_and_said_in_words(tmp_path: Path) -> None:
    """What is sensible goes on."""
    async with behind(tmp_path, server(fault="nonsense")) as far:
        await far.connects()
        await far.switch(True)
        told = await far.comes(lambda each: each.source.message)
        assert told.source is not None
        assert "newLog" in (told.source.message or "")
        first = await far.comes(lambda each: each.reading is not None)
        await far.comes(lambda each: each.reading.time_ms > first.reading.time_ms)  # type: ignore[union-attr]
        history = far.hub.hub.context.store.history
        stored, _ = await history.readings(far.entry.pk, 0, 2**60, 1000)
        assert all(80 < (each.power_w or 0) < 100 for each in stored)


@pytest.mark.parametrize(
    ("fault", "expected", "words", "reason"),
    [
        ("refuses", "refused", "does not accept the token", "rejected"),
        ("held", "held", "Charger already connected to other device", "held"),
    ],
)
async def test_why_a_server_does_not_let_the_hub_in_is_shown_in_words(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
    expected: str,
    words: str,
    reason: str,
) -> None:
    """And an order says so as well."""
    monkeypatch.setattr("kickwatt_hub.sources.vecharge.link.PATIENCE_S", 0.1)
    async with behind(tmp_path, server(fault=fault)) as far:
        found = await far.comes(lambda each: state(each) == expected)
        assert found.source is not None
        assert words in (found.source.message or "")
        await far.order(on=True)
        refused = await far.comes(lambda each: each.order.state == "refused")
        assert refused.order is not None
        assert refused.order.reason == reason
        assert not refused.desired_on
        far.server.fault = None
        assert (await far.connects()).source.message is None  # type: ignore[union-attr]


async def test_off_is_asked_for_until_it_is_so(tmp_path: Path) -> None:
    """Whoever waits is told at once that it is not."""
    async with behind(tmp_path, server()) as far:
        await far.connects()
        await far.switch(True)
        far.server.fault = "failing"
        control = far.hub.hub.context.control
        order = await control.order(far.entry, relay_on=False)
        answer = await control.settled(far.entry, order)
        assert answer is not None
        assert answer.reason == "unreachable"
        far.server.fault = None
        await far.comes(lambda each: each.relay_on is False)
        assert far.charger.order is not None
        assert far.charger.order.state == "done"


async def test_a_server_that_stays_on_is_told_again(tmp_path: Path) -> None:
    """It says on while it should be off."""
    async with behind(tmp_path, server()) as far:
        await far.connects()
        await far.switch(True)
        far.server.fault = "stuck"
        await far.order(on=False)
        async with asyncio.timeout(60):
            while far.server.orders.count("OFF") < 3:
                await asyncio.sleep(0.01)
        assert far.charger.relay_on
        far.server.fault = None
        await far.comes(lambda each: each.relay_on is False)


async def test_what_somebody_switches_at_the_other_end_is_their_wish(
    tmp_path: Path,
) -> None:
    """The hub shows it and does not fight it."""
    async with behind(tmp_path, server()) as far:
        await far.connects()
        far.server.switch(True)
        await far.comes(lambda each: each.relay_on and each.desired_on)
        far.server.switch(False)
        await far.comes(lambda each: not each.relay_on and not each.desired_on)
        assert far.server.orders == []


async def test_without_the_server_the_lease_ends_and_power_goes_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection is lost, orders get through."""
    monkeypatch.setattr("kickwatt_hub.sources.vecharge.link.HEARTBEAT_S", 0.1)
    async with behind(tmp_path, server(fault=None), lease_s=60) as far:
        await far.connects()
        await far.switch(True)
        (link,) = far.hub.hub.context.links._running.values()
        link.link._lease_ms = 300
        far.server.fault = "refuses"
        for session in list(far.server._sessions.values()):
            await session.drop()
        far.server._lets_in = lambda request: request.method == "PATCH"  # type: ignore[method-assign]
        async with asyncio.timeout(60):
            while far.server.outlet.on:
                await asyncio.sleep(0.01)
        assert far.server.orders == ["ON", "OFF"]


async def test_a_hub_that_stops_takes_the_power_with_it_and_goes_on_later(
    tmp_path: Path,
) -> None:
    """As a board's lease does; after the restart the same order holds."""
    async with server() as simulated:
        async with running_hub(tmp_path / "data") as hub:
            await add(hub, simulated.url)
            far = Far(hub, simulated)
            await far.connects()
            await far.switch(True)
        assert not simulated.outlet.on
        async with running_hub(tmp_path / "data") as hub:
            far = Far(hub, simulated)
            again = await far.comes(lambda each: each.relay_on)
            assert again.order is not None
            assert again.order.id == 1
        assert not simulated.outlet.on


async def test_a_released_charger_is_never_taken_again(tmp_path: Path) -> None:
    """Not after a restart either, until a person says so; it is switched off and let go of at the server."""
    async with server() as simulated:
        async with running_hub(tmp_path / "data") as hub:
            await add(hub, simulated.url)
            far = Far(hub, simulated)
            await far.connects()
            await far.switch(True)
            await hub.hub.context.store.links.release("far", released=True)
            hub.hub.context.links.look()
            await far.comes(lambda each: state(each) == "released")
            await far.comes(lambda each: each.relay_on is False)
            assert not simulated.outlet.on
        connections = simulated.connections
        async with running_hub(tmp_path / "data") as hub:
            far = Far(hub, simulated)
            await far.comes(lambda each: state(each) == "released")
            await far.order(on=True)
            refused = await far.comes(lambda each: each.order.state == "refused")
            assert refused.order.reason == "released"  # type: ignore[union-attr]
            assert simulated.connections == connections
            await hub.hub.context.store.links.release("far", released=False)
            hub.hub.context.links.look()
            await far.connects()


async def test_a_removed_charger_is_switched_off(tmp_path: Path) -> None:
    """Nobody would look after it."""
    async with behind(tmp_path, server()) as far:
        await far.connects()
        await far.switch(True)
        await far.hub.hub.context.store.chargers.remove("far")
        await far.hub.hub.context.fleet.refresh()
        async with asyncio.timeout(60):
            while far.server.outlet.on or far.server.held:
                await asyncio.sleep(0.01)


async def test_power_that_flows_while_the_server_says_off_is_a_guards_business(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The relay is called stuck, and OFF is ordered."""
    monkeypatch.setattr("kickwatt_hub.guards.STUCK_MS", 500)
    async with behind(tmp_path, server(fault="leaky")) as far:
        await far.connects()
        stuck = await far.comes(lambda each: each.order is not None)
        assert stuck.order is not None
        assert stuck.order.reason == "guard_stuck"


async def test_the_hub_ends_a_charge_that_the_server_would_not(tmp_path: Path) -> None:
    """As a board of ours would: OFF once the battery is full, and the order does not hold any longer."""
    world = Outlet(Clock(time.time() - 86_400, 900), charge=0.93)
    async with behind(tmp_path, server(world=world, log_s=0.03)) as far:
        await far.connects()
        await far.order(on=True)
        full = await far.comes(lambda each: each.state == "full" and not each.relay_on)
        assert full.said is not None
        assert full.said.why == "cut_off"
        assert not full.desired_on
        assert full.session is not None
        assert full.session.end_reason in ("full", "cut_off")
        assert far.server.orders == ["ON", "OFF"]
