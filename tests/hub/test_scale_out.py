"""Several hubs on one PostgreSQL: each knows what the others heard, nothing is stored twice, and one does what only one may."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
from msgspec.structs import replace
import pytest

from kickwatt_hub.bus import ChargerChanged
from kickwatt_hub.entry import Entry
from kickwatt_hub.store import Store
from tests.support.hub_process import RunningHub, running_hub
from tests.support.postgresql import NEEDS, Cluster
from tests.support.s1_device import S1Device

pytestmark = pytest.mark.needs(NEEDS[0], package=NEEDS[1])

EVENING_S = 1_795_000_000


class Site:
    """Two hubs that share a database and a secret, and a board that they know."""

    def __init__(self, tmp_path: Path, url: str) -> None:
        """Nothing runs yet."""
        self.url = url
        self._tmp_path = tmp_path
        self._stacks: dict[str, AsyncExitStack] = {}
        self.hubs: dict[str, RunningHub] = {}

    async def start(self, name: str, **settings: Any) -> RunningHub:
        """Start a hub with a data folder of its own."""
        folder = self._tmp_path / name
        folder.mkdir(exist_ok=True)
        (folder / "hub.secret").write_text("5e" * 32)
        (folder / "hub.secret").chmod(0o600)
        self._stacks[name] = AsyncExitStack()
        hub = await self._stacks[name].enter_async_context(
            running_hub(folder, database=self.url, **settings)
        )
        self.hubs[name] = hub
        return hub

    async def stop(self, name: str) -> None:
        """Stop one."""
        await self._stacks.pop(name).aclose()
        del self.hubs[name]

    async def close(self) -> None:
        """Stop all."""
        for name in list(self._stacks):
            await self.stop(name)


@pytest.fixture
async def site(tmp_path: Path, postgresql: Cluster) -> AsyncIterator[Site]:
    """Two hubs, `a` first."""
    site = Site(tmp_path, postgresql.new())
    await site.start("a")
    await site.start("b")
    yield site
    await site.close()


async def _board(site: Site, http: aiohttp.ClientSession) -> S1Device:
    key = await site.hubs["a"].add_charger("scooter")
    await site.hubs["b"].hub.context.fleet.refresh()
    return S1Device(site.hubs["a"].device_url, "scooter", key, session=http)


async def _twins(site: Site, http: aiohttp.ClientSession) -> tuple[S1Device, S1Device]:
    """Two scooters in simulated time, at the hub `a`; their owners have just pressed the button."""
    twins = []
    for charger_id in ("home", "rover"):
        key = await site.hubs["a"].add_charger(charger_id, simulated=True)
        board = S1Device(site.hubs["a"].device_url, charger_id, key, session=http)
        board.clock, board.relay, board.why = EVENING_S, 1, "button"
        board.state = "charging"
        twins.append(board)
    await site.hubs["b"].hub.context.fleet.refresh()
    return twins[0], twins[1]


async def _goes_on(board: S1Device, minute: int) -> None:
    """Let a minute pass with 60 to 83 W; every fifth message brings no reading."""
    assert board.clock is not None
    board.clock += 60
    board.up += 60
    board.energy_wh += 1
    sent = board.send() if minute % 5 == 4 else board.report(60.0 + minute)
    reply = await sent
    assert reply.status == 200, reply


def _entry(hub: RunningHub, charger_id: str = "scooter") -> Entry:
    entry = hub.hub.context.fleet.find(charger_id)
    assert entry is not None
    return entry


def _order_at(hub: RunningHub) -> int | None:
    order = _entry(hub).charger.order
    return order.id if order else None


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not true():
            await asyncio.sleep(0.02)


async def test_what_one_hub_hears_all_hubs_tell(
    site: Site, http: aiohttp.ClientSession
) -> None:
    """The charger's state, to whoever is connected to another hub."""
    board = await _board(site, http)
    other = site.hubs["b"].hub.context
    listener = other.bus.listen(asyncio.Event())
    assert (await board.report(90.0, state="charging")).status == 200
    await _until(lambda: _entry(site.hubs["b"]).charger.reading is not None)
    assert _entry(site.hubs["b"]).charger == _entry(site.hubs["a"]).charger
    told = []
    while (event := listener.next()) is not None:
        told.append(event.what)
    assert any(isinstance(what, ChargerChanged) for what in told)


async def test_a_board_may_reach_any_hub_with_any_message(
    site: Site, http: aiohttp.ClientSession
) -> None:
    """Each goes on where the other stopped; every sample is stored once, a repeat gets the stored reply."""
    board = await _board(site, http)
    for number in range(20):
        board.url = site.hubs["ab"[number % 2]].device_url
        board.energy_wh += 1
        reply = await board.report(90.0, state="charging")
        assert reply.status == 200, reply
    assert not board.queue
    board.up += 1
    board.measure(90.0)
    body = board.body()
    board.url = site.hubs["a"].device_url
    first = await board.post(body)
    board.url = site.hubs["b"].device_url
    assert (await board.post(body)).body == first.body
    store = site.hubs["b"].hub.context.store
    pk = _entry(site.hubs["b"]).pk
    readings = await store.history.replay(pk, None, 100)
    assert [each.position.number for each in readings] == list(range(1, 22))


async def test_two_hubs_that_get_one_message_at_once_store_it_once(
    site: Site, http: aiohttp.ClientSession
) -> None:
    """One is first, the other answers what is stored."""
    board = await _board(site, http)
    for _ in range(10):
        board.up += 1
        board.measure(90.0)
        body = board.body()
        replies = []
        for hub in site.hubs.values():
            device = S1Device(hub.device_url, "scooter", board.key, session=http)
            replies.append(device.post(body))
        both = await asyncio.gather(*replies)
        assert both[0].body == both[1].body
        board.obey(both[0])
    store = site.hubs["a"].hub.context.store
    readings = await store.history.replay(_entry(site.hubs["a"]).pk, None, 100)
    assert [each.position.number for each in readings] == list(range(1, 11))


async def test_an_order_at_one_hub_is_answered_through_another(
    site: Site, http: aiohttp.ClientSession
) -> None:
    """Whoever waits for it hears of it."""
    board = await _board(site, http)
    await board.report(0.0)
    control = site.hubs["b"].hub.context.control
    order = await control.order(_entry(site.hubs["b"]), True)
    reply = await board.report(0.0)
    assert reply.json is not None
    assert (reply.json["relay"], reply.json["order"]) == (1, order.id)
    waiting = asyncio.create_task(control.settled(_entry(site.hubs["b"]), order))
    board.obey(reply)
    await board.report(90.0, state="charging")
    settled = await asyncio.wait_for(waiting, 60)
    assert settled is not None
    assert settled.state == "done"


async def test_one_hub_leads_and_another_takes_its_place(site: Site) -> None:
    """Packing is done by one; when it goes, the next does."""
    stores = {name: hub.hub.context.store for name, hub in site.hubs.items()}
    await _until(lambda: stores["a"].peers.leads)
    assert not stores["b"].peers.leads
    await site.stop("a")
    await _until(lambda: stores["b"].peers.leads)
    again = await site.start("a")
    assert not again.hub.context.store.peers.leads


async def test_an_order_whose_hub_went_away_is_withdrawn_by_the_one_that_leads(
    site: Site, http: aiohttp.ClientSession
) -> None:
    """Power that somebody asked for long ago must not come as a surprise."""
    board = await _board(site, http)
    await board.report(0.0)
    for name in "ab":
        await site.stop(name)
        await site.start(name, order_s=5.0)
    board.url = site.hubs["a"].device_url
    await board.report(0.0)
    first = site.hubs["b"].hub.context
    order = await first.control.order(_entry(site.hubs["b"]), True)
    await _until(lambda: _order_at(site.hubs["a"]) == order.id)
    await site.stop("b")
    await _until(lambda: _entry(site.hubs["a"]).charger.desired_on is False)
    settled = _entry(site.hubs["a"]).charger.order
    assert settled is not None
    assert (settled.id, settled.reason) == (order.id, "timeout")


async def test_orders_of_many_chargers_at_two_hubs_have_ids_of_their_own(
    site: Site, http: aiohttp.ClientSession
) -> None:
    """However many the other hub has given meanwhile."""
    board = await _board(site, http)
    await board.report(0.0)
    await site.hubs["a"].add_charger("other")
    await site.hubs["b"].hub.context.fleet.refresh()
    a, b = (site.hubs[name].hub.context for name in "ab")
    given = [await a.control.order(_entry(site.hubs["a"]), False) for _ in range(9)]
    other = b.fleet.find("other")
    assert other is not None
    given.append(await b.control.order(other, False))
    assert len({order.id for order in given}) == 10


async def test_what_a_guard_counts_begins_anew_at_every_hub(
    site: Site, http: aiohttp.ClientSession
) -> None:
    """Somebody allows power at one hub, while the board reports to another."""
    board = await _board(site, http)
    board.relay, board.why = 1, "button"
    for _ in range(3):
        board.energy_wh += 50
        await board.report(90.0, state="charging")
    heard = _entry(site.hubs["a"])
    assert heard.watch.energy_wh > 0
    await site.hubs["b"].hub.context.control.order(_entry(site.hubs["b"]), True)
    board.energy_wh += 7
    await board.report(90.0, state="charging")
    assert heard.watch.energy_wh == 0
    board.energy_wh += 5
    await board.report(90.0, state="charging")
    assert heard.watch.energy_wh == 5


async def test_a_charge_spread_over_two_hubs_is_counted_as_at_one(
    site: Site, http: aiohttp.ClientSession
) -> None:
    """Of two scooters that do the same one stays at its hub, the other changes with every message; then its hub goes away."""
    home, rover = await _twins(site, http)
    turns = ["ab"[number % 2] for number in range(24)]
    for number, name in enumerate([*turns, "b"]):
        if number == len(turns):
            await site.stop("a")
            home.url = site.hubs["b"].device_url
        rover.url = site.hubs[name].device_url
        await asyncio.gather(*(_goes_on(board, number) for board in (home, rover)))
        stayed = _entry(site.hubs[name if len(site.hubs) == 1 else "a"], "home")
        moved = _entry(site.hubs[name], "rover")
        assert replace(moved.watch, allowed_ms=0) == replace(stayed.watch, allowed_ms=0)
    assert moved.watch.closed_ms == 24 * 60_000
    assert moved.watch.counted_wh == 23


async def test_two_readings_above_the_limit_are_one_too_many_also_at_two_hubs(
    site: Site, http: aiohttp.ClientSession
) -> None:
    """Each hub has seen one of them."""
    board = await _board(site, http)
    board.relay, board.why = 1, "button"
    await board.report(90.0, state="charging")
    assert (await board.report(900.0, current_a=4.5)).json["relay"] == 1
    board.url = site.hubs["b"].device_url
    assert (await board.report(900.0, current_a=4.5)).json["relay"] == 0
    order = _entry(site.hubs["b"]).charger.order
    assert order is not None
    assert order.reason == "guard_current"


async def test_hubs_that_start_at_once_make_one_database(
    tmp_path: Path, postgresql: Cluster
) -> None:
    """One brings the schema up to date, the others wait."""
    url = postgresql.empty()
    folders = [tmp_path / name for name in "cd"]
    for folder in folders:
        folder.mkdir()
    stores = await asyncio.gather(*(Store.open(folder, url) for folder in folders))
    assert len({store.hub_id for store in stores}) == 1
    for store in stores:
        await store.close()
