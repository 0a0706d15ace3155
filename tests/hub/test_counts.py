"""What the guards have counted, as it is stored."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kickwatt_hub.charging.mode import Mode, ModeSettings
from kickwatt_hub.guards import Watch
from kickwatt_hub.model import Kind, LegacyFormat
from kickwatt_hub.store import NotThereError, Store
from kickwatt_hub.store.chargers import NewCharger
from tests.support.engine import open_store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store."""
    store = await open_store(tmp_path / "data")
    yield store
    await store.close()


async def _charger(store: Store) -> int:
    new = NewCharger("scooter", "Scooter", Kind.s1, False, bytes(56), LegacyFormat(), 1)
    return await store.chargers.add(new)


async def test_a_count_replaces_the_one_before(store: Store) -> None:
    pk = await _charger(store)
    assert await store.modes.watch(pk) == Watch()
    for closed_ms in (1, 2):
        counted = Watch(allowed_ms=5, closed=True, closed_ms=closed_ms)
        await store.modes.count(pk, counted)
        assert await store.modes.watch(pk) == counted


async def test_a_count_under_a_newer_allowance_stays(store: Store) -> None:
    pk = await _charger(store)
    newer = Watch(allowed_ms=6)
    await store.modes.count(pk, newer)
    await store.modes.count(pk, Watch(allowed_ms=5, closed_ms=1))
    assert await store.modes.watch(pk) == newer


async def test_a_count_leaves_what_the_owner_chose(store: Store) -> None:
    pk = await _charger(store)
    rev = await store.modes.choose(pk, ModeSettings(Mode.until_full))
    await store.modes.count(pk, Watch(allowed_ms=5))
    stored = (await store.modes.all())[pk]
    assert (stored.rev, stored.settings) == (rev, ModeSettings(Mode.until_full))
    assert stored.watch == Watch(allowed_ms=5)


async def test_nothing_is_counted_of_a_charger_that_is_not_there(store: Store) -> None:
    with pytest.raises(NotThereError):
        await store.modes.count(17, Watch(allowed_ms=5))
    assert await store.modes.all() == {}
