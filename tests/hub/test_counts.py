"""What the guards have counted, as it is stored."""

from collections.abc import AsyncIterator
from pathlib import Path
import shutil

import aiohttp
from msgspec.structs import replace
import pytest

from kickwatt_hub.charging.mode import Mode, ModeSettings
from kickwatt_hub.model import Conversation, Delivery, Kind, LegacyFormat
from kickwatt_hub.store import Store
from kickwatt_hub.store.adding import NewCharger
from kickwatt_hub.store.counts import NOTE_MS, Counts
from kickwatt_hub.watch import Watch
from tests.support.engine import open_store
from tests.support.hub_process import running_hub
from tests.support.s1_device import S1Device

EVENING_S = 1_795_000_000
CLOSED = Watch(allowed_ms=5, heard_ms=0, closed=True)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store."""
    store = await open_store(tmp_path / "data")
    yield store
    await store.close()


async def _charger(store: Store) -> int:
    new = NewCharger("scooter", "Scooter", Kind.s1, False, bytes(56), LegacyFormat(), 1)
    return await store.chargers.add(new)


async def _deliver(store: Store, pk: int, watch: Watch | None) -> None:
    await store.chargers.deliver(
        Delivery(charger_pk=pk, conversation=Conversation(), watch=watch)
    )


async def _stored(store: Store, pk: int) -> Watch:
    found = await store.chargers.one(pk)
    assert found is not None
    return found.watch


async def test_a_count_replaces_the_one_before(store: Store) -> None:
    pk = await _charger(store)
    assert await _stored(store, pk) == Watch()
    for allowed_ms in (5, 6):
        counted = Watch(allowed_ms=allowed_ms, closed=True, integrated_wh=1 / 3)
        await _deliver(store, pk, counted)
        assert await _stored(store, pk) == counted


async def test_what_counts_nothing_leaves_the_count_as_it_was(store: Store) -> None:
    pk = await _charger(store)
    await _deliver(store, pk, CLOSED)
    await _deliver(store, pk, None)
    assert await _stored(store, pk) == CLOSED


async def test_a_count_leaves_what_the_owner_chose(store: Store) -> None:
    pk = await _charger(store)
    rev = await store.modes.choose(pk, ModeSettings(Mode.until_full))
    await _deliver(store, pk, CLOSED)
    stored = (await store.modes.all())[pk]
    assert (stored.rev, stored.settings) == (rev, ModeSettings(Mode.until_full))


async def test_what_was_counted_is_there_after_the_store_was_closed(
    tmp_path: Path,
) -> None:
    store = await open_store(tmp_path / "data")
    pk = await _charger(store)
    for heard_ms in range(0, 2_000_000, 30_000):
        counted = replace(CLOSED, heard_ms=heard_ms, closed_ms=heard_ms)
        await _deliver(store, pk, counted)
    await store.close()
    store = await open_store(tmp_path / "data")
    assert await _stored(store, pk) == counted
    await store.close()


@pytest.mark.parametrize(
    ("then", "due"),
    [
        (CLOSED, False),
        (replace(CLOSED, heard_ms=NOTE_MS - 1, closed_ms=NOTE_MS - 1), False),
        (replace(CLOSED, heard_ms=NOTE_MS), True),
        (replace(CLOSED, heard_ms=-NOTE_MS), True),
        (replace(CLOSED, closed=False), True),
        (replace(CLOSED, allowed_ms=6), True),
        (replace(CLOSED, allowed_ms=4), True),
    ],
)
def test_a_hub_alone_writes_counts_at_a_change_and_every_ten_minutes(
    then: Watch, due: bool
) -> None:
    """A clock that was set back is a change, too."""
    counts = Counts()
    counts.noted(1, CLOSED)
    assert counts.is_due(1, then) is due
    assert counts.is_due(2, then)


def test_counts_of_an_open_relay_are_not_worth_a_page() -> None:
    counts = Counts()
    resting = Watch(heard_ms=0, open_since_ms=0)
    counts.noted(1, resting)
    assert not counts.is_due(1, replace(resting, heard_ms=10 * NOTE_MS))


@pytest.mark.once
@pytest.mark.parametrize("minutes", [1, 9, 10, 11, 19, 25])
async def test_a_hub_that_is_killed_goes_on_counting_as_if_it_had_not_been(
    tmp_path: Path, http: aiohttp.ClientSession, minutes: int
) -> None:
    """Its folder, copied while it runs, is what a kill leaves behind."""
    data, left = tmp_path / "data", tmp_path / "left"
    async with running_hub(data) as hub:
        key = await hub.add_charger("scooter", simulated=True)
        board = S1Device(hub.device_url, "scooter", key, session=http)
        board.clock, board.relay, board.why = EVENING_S, 1, "button"
        for _ in range(minutes):
            board.clock += 60
            board.up += 60
            board.energy_wh += 2
            assert (await board.report(120.0, state="charging")).status == 200
        entry = hub.hub.context.fleet.find("scooter")
        assert entry is not None
        counted = entry.watch
        shutil.copytree(data, left)
    async with running_hub(left) as hub:
        board.url = hub.device_url
        entry = hub.hub.context.fleet.find("scooter")
        assert entry is not None
        assert entry.watch.closed_ms == counted.closed_ms == (minutes - 1) * 60_000
        board.clock += 60
        board.up += 60
        board.energy_wh += 2
        await board.report(120.0)
        assert entry.watch.closed_ms == minutes * 60_000
        assert entry.watch.counted_wh == 2 * minutes
        assert entry.watch.integrated_wh == pytest.approx(2 * minutes)


def test_time_after_a_count_is_added_where_the_relay_stayed_closed() -> None:
    counted = replace(CLOSED, heard_ms=1000, closed_ms=500)
    assert counted.caught_up(3000, True) == replace(
        counted, heard_ms=3000, closed_ms=2500
    )
    opened = replace(counted, heard_ms=3000, closed=False)
    assert counted.caught_up(3000, False) == opened
    assert counted.caught_up(1000, True) is counted
    assert counted.caught_up(500, True) is counted
    assert counted.caught_up(None, False) is counted
    assert Watch().caught_up(3000, True) == Watch()
