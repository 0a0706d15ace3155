"""What meters measured, as rows to write."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from ..meters.model import MeterConfig
from ..store import NotThereError, Store
from ..tables import Pages

COLUMNS = {
    "meter": int,
    "name": str,
    "time": datetime,
    "measurement": str,
    "value": float,
    "unit": str,
}
PAGE = 10_000


async def chosen(store: Store, ids: Iterable[int]) -> Sequence[MeterConfig]:
    """Return the meters of these ids, all of them where there are none. Raises NotThereError."""
    known = {each.id: each for each in await store.meters.all()}
    for each in ids:
        if each not in known:
            raise NotThereError(f"There is no meter {each}.")
    return [known[each] for each in ids] or list(known.values())


async def rows(store: Store, meter: MeterConfig, span: tuple[int, int]) -> Pages:
    """Yield single readings, measurement by measurement, oldest first."""
    for name in await store.meter_history.measurements(meter.id):
        register = meter.registers.get(name)
        unit = None if register is None else register.unit
        next_ms: int | None = span[0]
        while next_ms is not None:
            some, next_ms = await store.meter_history.values(
                meter.id, name, next_ms, span[1], PAGE
            )
            yield [
                (
                    meter.id,
                    meter.name,
                    datetime.fromtimestamp(time_ms / 1000, UTC),
                    name,
                    value,
                    unit,
                )
                for time_ms, value in some
            ]
