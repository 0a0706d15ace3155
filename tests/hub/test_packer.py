"""Log and chunks: one history, whatever is packed already, whatever came late."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

from msgspec.structs import replace
import pytest
import sqlalchemy as sa

from kickwatt_hub.model import (
    Conversation,
    Delivery,
    Kind,
    LegacyFormat,
    Position,
    Reading,
)
from kickwatt_hub.store import Store, chunks, log, packer
from kickwatt_hub.store.adding import NewCharger
from kickwatt_hub.store.rollups import MINUTE_MS, QUARTER_MS, coarser, roll_up
from kickwatt_hub.store.schema import chunk
from tests.support.engine import open_store
from tests.support.stored import ALWAYS

NOON_MS = 1_700_006_400_000 // chunks.DAY_MS * chunks.DAY_MS + 12 * 3_600_000


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store."""
    store = await open_store(tmp_path)
    yield store
    await store.close()


async def _charger(store: Store, charger_id: str = "scooter") -> int:
    return await store.chargers.add(
        NewCharger(charger_id, charger_id, Kind.s1, False, bytes(56), LegacyFormat(), 1)
    )


def _readings(
    count: int, first: int = 1, start_ms: int = NOON_MS, step_ms: int = 30_000
) -> list[Reading]:
    """Readings of a charge, with holes and a jittering clock."""
    random = Random(first)
    return [
        Reading(
            position=Position(1, number),
            time_ms=start_ms + (number - first) * step_ms + random.randrange(900),
            relay_on=random.choice((True, False, None)),
            voltage_v=random.choice((None, 230 + random.randrange(50) / 10)),
            current_a=random.randrange(900) / 1000,
            power_w=random.randrange(2000) / 10,
            power_factor=0.56,
            meter_wh=number // 3,
            energy_wh=number / 7,
        )
        for number in range(first, first + count)
    ]


async def _deliver(store: Store, pk: int, readings: list[Reading]) -> None:
    talk = Conversation(
        boot=1,
        seq=readings[-1].position.number,
        number=readings[-1].position.number,
        last_seen_ms=readings[-1].time_ms,
    )
    await store.chargers.deliver(
        Delivery(charger_pk=pk, conversation=talk, readings=tuple(readings))
    )


async def _history(store: Store, pk: int) -> list[Reading]:
    return (await store.history.readings(pk, *ALWAYS, 10**9))[0]


async def test_history_is_the_same_before_and_after_packing(store: Store) -> None:
    """Bit for bit: readings, pages, replays, single instants, and what the charger shows."""
    pks = [await _charger(store, f"scooter-{n}") for n in range(3)]
    sent = {pk: _readings(300, first=100 * pk) for pk in pks}
    for start in range(0, 300, 7):
        await asyncio.gather(
            *(_deliver(store, pk, sent[pk][start : start + 7]) for pk in pks)
        )

    async def everything() -> list[object]:
        found: list[object] = [await store.chargers.all()]
        for pk in pks:
            times = [each.time_ms for each in sent[pk][50:60]]
            found += [
                await _history(store, pk),
                await store.history.readings(pk, NOON_MS, NOON_MS + 3_600_000, 50),
                await store.history.replay(pk, None, 70),
                await store.history.replay(pk, sent[pk][100].position, 1000),
                sorted(each.time_ms for each in await store.history.known(pk, times)),
            ]
        return found

    before = await everything()
    assert before[1] == sent[pks[0]]
    assert await store.packer.unpacked() == 900
    assert await store.packer.pack() == 900
    assert await store.packer.unpacked() == 0
    assert await everything() == before
    assert await store.packer.pack() == 0
    assert await everything() == before


async def test_late_readings_find_their_place(store: Store) -> None:
    """Whether what surrounds them is packed or not; roll-ups count them, too."""
    pk = await _charger(store)
    sent = _readings(500)
    late = sent[100:200]
    await _deliver(store, pk, sent[:100])
    await _deliver(store, pk, sent[200:300])
    await store.packer.pack()
    await _deliver(store, pk, late)
    await _deliver(store, pk, sent[300:])
    for _ in range(2):
        assert await _history(store, pk) == sent
        points, step_ms = await store.history.points(
            pk, NOON_MS, NOON_MS + 20 * QUARTER_MS, 21
        )
        assert step_ms == 13 * MINUTE_MS
        assert points == coarser(roll_up(sent, MINUTE_MS), step_ms)
        await store.packer.pack()


async def test_a_day_becomes_one_chunk_and_no_chunk_crosses_midnight(
    store: Store,
) -> None:
    """Merged once it is over; readings and roll-ups stay what they are."""
    pk = await _charger(store)
    sent = _readings(1000, step_ms=120_000)
    for start in range(0, 1000, 100):
        await _deliver(store, pk, sent[start : start + 100])
        await store.packer.pack()
    span = (NOON_MS, NOON_MS + 3 * chunks.DAY_MS, 100)
    points = await store.history.points(pk, *span)
    assert await store.packer.merge(NOON_MS) == 0
    assert await store.packer.merge(NOON_MS + 3 * chunks.DAY_MS) == 9
    assert await store.packer.merge(NOON_MS + 3 * chunks.DAY_MS) == 0

    def days(connection: sa.Connection) -> list[tuple[int, int, int]]:
        rows = connection.execute(sa.select(chunk).order_by(chunk.c.day))
        return [(row.day, row.start_ms, row.end_ms) for row in rows]

    found = await store._reader.ask(days)
    assert len(found) == 2
    assert all(start // chunks.DAY_MS == end // chunks.DAY_MS == day for day, start, end in found)  # fmt: skip
    assert await _history(store, pk) == sent
    assert await store.history.points(pk, *span) == points


async def test_old_readings_are_forgotten_and_their_roll_ups_are_not(
    store: Store,
) -> None:
    """As many days are kept as the owner says; by default all."""
    pk = await _charger(store)
    sent = _readings(1000, step_ms=120_000)
    await _deliver(store, pk, sent)
    await store.packer.pack()
    now_ms = NOON_MS + 2 * chunks.DAY_MS
    span = (NOON_MS, NOON_MS + 2 * chunks.DAY_MS)
    points = await store.history.points(pk, *span, 100)
    assert await store.packer.forget(now_ms) == 0
    await store.chargers.keep("scooter", 1)
    assert await store.packer.forget(now_ms) == 1
    midnight_ms = NOON_MS + chunks.DAY_MS // 2
    assert await _history(store, pk) == [s for s in sent if s.time_ms >= midnight_ms]
    assert await store.history.points(pk, *span, 100) == points
    # What would be shown by the second is shown by the minute where only minutes are left.
    fine, step_ms = await store.history.points(pk, NOON_MS, NOON_MS + 600_000, 300)
    assert step_ms == MINUTE_MS
    assert fine == roll_up([s for s in sent if s.time_ms < NOON_MS + 600_000], MINUTE_MS)  # fmt: skip


async def test_packing_goes_on_where_it_was_interrupted(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After every part that was stored, and before the table was dropped: nothing is lost, nothing twice."""
    monkeypatch.setattr(packer, "PART", 100)
    pks = [await _charger(store, f"scooter-{n}") for n in range(5)]
    sent = {pk: _readings(80, first=1 + pk) for pk in pks}
    for pk in pks:
        await _deliver(store, pk, sent[pk])
    expected = await store.chargers.all()
    stored = packer._store
    parts = 0

    def interrupted(*arguments: object, **named: object) -> None:
        nonlocal parts
        parts += 1
        if parts % 2:
            stored(*arguments, **named)  # type: ignore[arg-type]
        else:
            raise RuntimeError("killed")

    monkeypatch.setattr(packer, "_store", interrupted)
    for _ in range(5):
        with pytest.raises(RuntimeError):
            await store.packer.pack()
        for pk in pks:
            assert await _history(store, pk) == sent[pk]
        assert await store.chargers.all() == expected
        if parts >= 6:
            break
    monkeypatch.setattr(packer, "_store", stored)
    await store.packer.pack()
    assert await store.packer.unpacked() == 0
    for pk in pks:
        assert await _history(store, pk) == sent[pk]
    assert await store.chargers.all() == expected

    def tables(connection: sa.Connection) -> list[str]:
        names = sa.inspect(connection).get_table_names()
        return [name for name in names if name.startswith("log_")]

    assert await store._reader.ask(tables) == []
    assert await store._reader.ask(log.segments) == []


async def test_what_arrives_while_the_log_is_packed_is_stored_beside_it(
    store: Store,
) -> None:
    """Packing holds nobody up."""
    pk = await _charger(store)
    sent = _readings(400)
    for start in range(0, 200, 10):
        await _deliver(store, pk, sent[start : start + 10])
    packing = asyncio.create_task(store.packer.pack())
    for start in range(200, 400, 10):
        await _deliver(store, pk, sent[start : start + 10])
        assert (await _history(store, pk))[: start + 10] == sent[: start + 10]
    await packing
    await store.packer.pack()
    assert await _history(store, pk) == sent


async def test_a_charger_of_the_seeds_format_shows_its_newest_by_the_clock(
    store: Store,
) -> None:
    """Not what a wrong clock dated into the future, and not what came last."""
    pk = await store.chargers.add(
        NewCharger("old", "old", Kind.legacy, False, bytes(56), LegacyFormat(), 1)
    )
    first, second, third = _readings(3)
    ahead = replace(second, time_ms=NOON_MS + 5 * chunks.DAY_MS)
    await _deliver(store, pk, [first, ahead, third])
    await _deliver(store, pk, [replace(first, position=Position(1, 9))])
    for _ in range(2):
        (charger,) = await store.chargers.all()
        assert charger.reading == third
        assert await store.chargers.one(pk) == charger
        await store.packer.pack()


async def test_points_are_as_many_as_asked_for_and_as_fine_as_they_can_be(
    store: Store,
) -> None:
    """Seconds, minutes or quarters, each a sum of what it covers."""
    pk = await _charger(store)
    sent = _readings(2880)
    await _deliver(store, pk, sent)
    await store.packer.pack()
    end_ms = NOON_MS + chunks.DAY_MS
    for most in (2, 3, 10, 96, 97, 300, 1440, 1441, 2000, 5000, 100_000):
        points, step_ms = await store.history.points(pk, NOON_MS, end_ms, most)
        assert len(points) <= most
        assert sum(point.count for point in points) == len(sent)
        starts = [point.start_ms for point in points]
        assert starts == sorted(set(starts))
        assert all(start % step_ms == 0 for start in starts)
        energies = [point.energy_wh or 0 for point in points]
        assert energies[-1] == sent[-1].energy_wh
        power = [point.power_w for point in points if point.power_w]
        assert sum(stat.sum for stat in power) == pytest.approx(
            sum(each.power_w or 0 for each in sent)
        )
        assert max(stat.max for stat in power) == max(e.power_w or 0 for e in sent)
    assert (await store.history.points(pk, 0, NOON_MS, 10))[0] == []
