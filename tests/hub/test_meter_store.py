"""Readings of meters in the store: one history, whatever is packed already; each instant of a host once."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

from hypothesis import given, strategies as st
import pytest
import sqlalchemy as sa

from kickwatt_hub.meters.model import MeterRound, Polling
from kickwatt_hub.sources.modbus.model import shipped
from kickwatt_hub.store import NotThereError, Store, management
from kickwatt_hub.store.meter_chunks import DAY_MS, pack, unpack_times, unpack_values
from kickwatt_hub.store.meter_spans import coarser, pack_spans, roll_up, unpack_spans
from kickwatt_hub.store.rollups import MINUTE_MS, QUARTER_MS
from kickwatt_hub.store.schema import meter_chunk, meter_log, meter_series
from tests.support.engine import open_store
from tests.support.stored_meters import add_hosts

NOON_MS = 1_700_006_400_000 // DAY_MS * DAY_MS + 12 * 3_600_000
EVER = (-(2**53), 2**53)
_VALUES = st.integers(-(10**9), 10**9).map(lambda each: each / 1000)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store."""
    store = await open_store(tmp_path)
    yield store
    await store.close()


@pytest.fixture
async def hosts(store: Store) -> list[int]:
    """Two hosts, both SDM630."""
    return await add_hosts(store, 2)


def _rounds(
    host: int, count: int, start_ms: int = NOON_MS, step_ms: int = 5_000
) -> list[MeterRound]:
    """Rounds of a meter, in some of which one of two measurements is missing."""
    return [
        MeterRound(
            host,
            start_ms + number * step_ms,
            {"voltage": 230 + number % 7 / 10}
            | ({} if number % 5 == 4 else {"active_power": number * 1.5}),
        )
        for number in range(count)
    ]


def _of(rounds: list[MeterRound], name: str) -> list[tuple[int, float]]:
    return [(each.time_ms, each.values[name]) for each in rounds if name in each.values]


async def test_history_is_the_same_before_and_after_packing_and_merging(
    store: Store, hosts: list[int]
) -> None:
    """Value by value and span by span, across midnight and with a part still in the log."""
    one, other = hosts
    rounds = _rounds(one, 12_000, NOON_MS)
    noise = _rounds(other, 50, NOON_MS)
    history = store.meter_history

    async def seen() -> list[object]:
        return [
            await history.values(one, name, *EVER, 20_000)
            for name in ("voltage", "active_power")
        ] + [
            await history.spans(one, "active_power", *EVER, most)
            for most in (20_000, 1_000, 30)
        ]

    for at in range(0, len(rounds), 3_000):
        await store.meter_log.append(rounds[at : at + 3_000] + noise)
        if at == 3_000:
            await store.meter_packer.pack()
            await store.meter_log.append(rounds[at : at + 10])  # told once more
    before = await seen()
    assert before[0] == (_of(rounds, "voltage"), None)
    assert before[1] == (_of(rounds, "active_power"), None)
    await store.meter_packer.pack()
    assert await store.meter_log.values() == 0
    assert await seen() == before
    assert await store.meter_packer.merge(NOON_MS + 3 * DAY_MS) > 0
    assert await seen() == before
    assert await history.values(other, "voltage", *EVER, 100) == (
        _of(noise, "voltage"),
        None,
    )
    assert await history.measurements(one) == ["active_power", "voltage"]


async def test_readings_come_in_pages_and_spans_in_steps(
    store: Store, hosts: list[int]
) -> None:
    """A page says where the rest begins; the mean of a step is that of what was measured in it."""
    rounds = _rounds(hosts[0], 720)
    await store.meter_log.append(rounds[:400])
    await store.meter_packer.pack()
    await store.meter_log.append(rounds[400:])
    paged: list[tuple[int, float]] = []
    next_ms: int | None = EVER[0]
    while next_ms is not None:
        some, next_ms = await store.meter_history.values(
            hosts[0], "voltage", next_ms, EVER[1], 100
        )
        paged += some
    assert paged == _of(rounds, "voltage")
    spans, step_ms = await store.meter_history.spans(
        hosts[0], "voltage", NOON_MS, NOON_MS + 3_600_000, 5
    )
    assert step_ms == QUARTER_MS
    assert [each.count for each in spans] == [180] * 4
    first = [value for _, value in _of(rounds, "voltage")[:180]]
    assert spans[0].mean == pytest.approx(sum(first) / 180)
    assert (spans[0].min, spans[0].max) == (min(first), max(first))
    nothing = await store.meter_history.spans(hosts[1], "voltage", *EVER, 5)
    assert nothing[0] == []


async def test_what_was_appended_twice_is_kept_once(
    store: Store, hosts: list[int]
) -> None:
    """Also where the first time is packed already."""
    rounds = _rounds(hosts[0], 100)
    for _ in range(2):
        await store.meter_log.append(rounds)
        await store.meter_log.append(rounds)
        await store.meter_packer.pack()
    spans, _ = await store.meter_history.spans(hosts[0], "voltage", *EVER, 2)
    assert sum(each.count for each in spans) == 100
    found, _ = await store.meter_history.values(hosts[0], "voltage", *EVER, 1_000)
    assert found == _of(rounds, "voltage")


async def test_single_readings_go_when_their_owner_wants_and_their_roll_ups_stay(
    store: Store, hosts: list[int]
) -> None:
    """Thirty days unless somebody says otherwise."""
    for host in hosts:
        await store.meter_log.append(_rounds(host, 100))
    await store.meter_packer.pack()
    await store.meters.set_polling(hosts[0], Polling(raw_days=None))
    assert await store.meter_packer.forget(NOON_MS + 30 * DAY_MS) == 0
    assert await store.meter_packer.forget(NOON_MS + 31 * DAY_MS) == 1
    assert await store.meter_packer.forget(NOON_MS + 31 * DAY_MS) == 0
    kept, _ = await store.meter_history.values(hosts[0], "voltage", *EVER, 1_000)
    gone, _ = await store.meter_history.values(hosts[1], "voltage", *EVER, 1_000)
    assert (len(kept), gone) == (100, [])
    spans, step_ms = await store.meter_history.spans(hosts[1], "voltage", *EVER, 1_000)
    assert (sum(each.count for each in spans), step_ms) == (100, MINUTE_MS)


async def test_with_a_host_goes_what_it_has_measured(
    store: Store, hosts: list[int]
) -> None:
    """What waits in the log is not packed then, and nobody can set anything."""
    await store.meter_log.append(_rounds(hosts[0], 10))
    await store.meter_packer.pack()
    await store.meter_log.append(_rounds(hosts[0], 10, NOON_MS + 3_600_000))
    await store.management.remove(management.HOST, hosts[0])
    await store.meter_packer.pack()
    assert await store.meter_history.values(hosts[0], "voltage", *EVER, 9) == ([], None)
    assert await store.meter_log.values() == 0
    with pytest.raises(NotThereError):
        await store.meters.set_polling(hosts[0], Polling())


async def test_a_shipped_model_becomes_one_that_a_host_can_have(
    store: Store, hosts: list[int]
) -> None:
    """Register by register; a host reads of it what was chosen."""
    model = shipped()["sdm630"]
    await store.management.add(
        management.ASSIGNMENT,
        [{"host": hosts[0], "measurement": name} for name in model.registers],
    )
    one, other = await store.meters.all()
    assert one.registers == model.registers
    assert one.cumulative == model.cumulative
    assert (one.title, one.longest_read) == (model.title, model.longest_read)
    assert (other.registers, one.polling) == ({}, Polling())


async def test_what_is_derived_is_put_right_and_what_is_damaged_is_named(
    store: Store, hosts: list[int]
) -> None:
    """Roll-ups come from the values, the values from nowhere."""
    await store.meter_log.append(_rounds(hosts[0], 100))
    await store.meter_packer.pack()
    await store.meter_log.append(_rounds(hosts[0], 10, NOON_MS + 3_600_000))
    assert await store.meter_checkup.look() == []
    before = await store.meter_history.spans(hosts[0], "voltage", *EVER, 20)
    voltage = meter_series.c.measurement == "voltage"

    def spoil(**values: bytes) -> Callable[[sa.Connection], None]:
        def job(connection: sa.Connection) -> None:
            connection.execute(sa.update(meter_series).where(voltage).values(**values))

        return job

    await store._writer.run(spoil(minutes=pack_spans([]), quarters=pack_spans([])))
    (found,) = await store.meter_checkup.look()
    assert found.repaired
    assert await store.meter_checkup.look() == []
    assert await store.meter_history.spans(hosts[0], "voltage", *EVER, 20) == before
    await store._writer.run(spoil(data=b"nonsense"))
    (found,) = await store.meter_checkup.look()
    assert (found.repaired, "voltage" in found.sentence) == (False, True)
    await store._writer.run(
        lambda connection: connection.execute(
            sa.update(meter_chunk).values(times=b"nonsense")
        )
    )
    (found,) = await store.meter_checkup.look()
    assert found.sentence.startswith(f"Chunk 1 of meter {hosts[0]} cannot be unpacked")
    await store._writer.run(
        lambda connection: connection.execute(
            sa.update(meter_log).values(data=b"nonsense")
        )
    )
    assert "log of meters" in (await store.meter_checkup.look())[0].sentence


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3 * DAY_MS),
            st.dictionaries(st.sampled_from("abc"), _VALUES, min_size=1),
        ),
        max_size=40,
    )
)
def test_packing_loses_nothing(rounds: list[tuple[int, dict[str, float]]]) -> None:
    """Whatever the order and whichever measurements are there."""
    chunks = list(pack(7, [MeterRound(7, *each) for each in rounds]))
    found: dict[tuple[int, str], float] = {}
    for each in chunks:
        assert each.times is not None
        times = unpack_times(each.times, each.size)
        assert {time_ms // DAY_MS for time_ms in times} == {each.day}
        for series in each.series:
            assert series.data is not None
            for time_ms, value in zip(
                times, unpack_values(series.data, each.size), strict=True
            ):
                if value is not None:
                    found[time_ms, series.measurement] = value
    first: dict[int, dict[str, float]] = {}
    for time_ms, values in rounds:
        first.setdefault(time_ms, values)
    assert found == {
        (time_ms, name): value
        for time_ms, values in first.items()
        for name, value in values.items()
    }


@given(st.lists(st.tuples(st.integers(0, 10**8), st.none() | _VALUES), max_size=60))
def test_spans_add_up(measured: list[tuple[int, float | None]]) -> None:
    """Minutes made into quarters are the quarters; and what was packed comes out."""
    measured.sort(key=lambda each: each[0])
    minutes = roll_up(measured, MINUTE_MS)
    assert unpack_spans(pack_spans(minutes)) == minutes
    quarters = coarser(minutes, QUARTER_MS)
    direct = roll_up(measured, QUARTER_MS)
    assert [(q.start_ms, q.count, q.min, q.max) for q in quarters] == [
        (q.start_ms, q.count, q.min, q.max) for q in direct
    ]
    assert sum(each.count for each in quarters) == sum(
        value is not None for _, value in measured
    )
