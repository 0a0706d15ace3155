"""Readings and sessions as rows of a table, for spreadsheets and other programs."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from .model import Reading, Session, SessionCost
from .store import Store

PAGE = 10_000
COSTS = 500  # sessions whose costs are asked for at once

READING_COLUMNS = {
    "charger": str,
    "time": datetime,
    "relay_on": bool,
    "voltage_v": float,
    "current_a": float,
    "power_w": float,
    "power_factor": float,
    "meter_wh": int,
    "energy_wh": float,
    "boot": int,
    "number": int,
}
SESSION_COLUMNS = {
    "charger": str,
    "id": int,
    "start": datetime,
    "end": datetime,
    "energy_wh": float,
    "peak_power_w": float,
    "end_reason": str,
    "cost": float,
    "currency": str,
}

type Row = tuple[Any, ...]
type Columns = dict[str, type]
type Pages = AsyncIterator[list[Row]]


async def readings(
    store: Store, charger_id: str, charger_pk: int, span: tuple[int, int]
) -> Pages:
    """Yield the readings of start <= time < end, oldest first, in the columns READING_COLUMNS."""
    next_ms: int | None = span[0]
    while next_ms is not None:
        some, next_ms = await store.history.readings(charger_pk, next_ms, span[1], PAGE)
        yield [_reading(charger_id, each) for each in some]


async def sessions(
    store: Store, charger_id: str, charger_pk: int, span: tuple[int, int]
) -> Pages:
    """Yield the sessions that touch a time, oldest first, in the columns SESSION_COLUMNS."""
    found = await store.history.sessions(charger_pk, *span, 2**31 - 1)
    for first in range(len(found), 0, -COSTS):
        some = found[max(0, first - COSTS) : first][::-1]
        costs = await store.tariffs.costs([each.id for each in some])
        yield [_session(charger_id, each, costs.get(each.id)) for each in some]


def _reading(charger_id: str, each: Reading) -> Row:
    return (
        charger_id,
        _date(each.time_ms),
        each.relay_on,
        each.voltage_v,
        each.current_a,
        each.power_w,
        each.power_factor,
        each.meter_wh,
        each.energy_wh,
        each.position.boot,
        each.position.number,
    )


def _session(charger_id: str, each: Session, cost: SessionCost | None) -> Row:
    return (
        charger_id,
        each.id,
        _date(each.start_ms),
        None if each.end_ms is None else _date(each.end_ms),
        each.energy_wh,
        each.peak_power_w,
        each.end_reason,
        None if cost is None else float(cost.amount),
        None if cost is None else cost.currency,
    )


def _date(time_ms: int) -> datetime:
    return datetime.fromtimestamp(time_ms / 1000, UTC)


def text(value: object) -> object:
    """Return how a value stands in a text: RFC 3339, true and false."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return str(value).lower() if isinstance(value, bool) else value
