"""What each hour came to, from what a hub knows of the past.

Pure functions over JSON values of docs/api.md. Energies are in Wh, costs in the tariff's
currency; an hour is known by when it begins.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from .jsonvalues import Json, number_or_none, time_or_none

HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Span:
    """A time in which a charger took some energy."""

    end: datetime
    energy_wh: float


@dataclass(frozen=True, kw_only=True)
class Charge:
    """A charge with what it cost, and how that grew."""

    start: datetime
    end: datetime
    cost: float
    grown: tuple[tuple[datetime, float], ...]
    """(until when, share of the cost from 0 to 1), rising."""

    def cost_until(self, moment: datetime) -> float:
        """Return what it had cost at a moment."""
        if moment >= self.end:
            return self.cost
        at = bisect_right(self.grown, moment, key=lambda step: step[0])
        return self.cost * self.grown[at - 1][1] if at else 0.0


@dataclass(frozen=True, kw_only=True)
class CostHour:
    """What the session's cost was at the end of an hour, and what everything came to."""

    start: datetime
    cost: float
    session_start: datetime | None
    total: float
    """Since the first hour that was asked about began."""


def floor_hour(moment: datetime) -> datetime:
    """Return when the hour of a moment began."""
    return moment.replace(minute=0, second=0, microsecond=0)


def hours_between(start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield the beginnings of the whole hours from one moment to another."""
    hour = floor_hour(start)
    while hour + HOUR <= end:
        yield hour
        hour += HOUR


def lifetime_at_ends(
    points: Sequence[Json], step_s: float, hours: Sequence[datetime], before_wh: float
) -> list[float]:
    """Return the lifetime energy at the end of each hour.

    `points` are the hub's spans of `step_s`, oldest first; `before_wh` is the count before
    the first hour. An hour without a reading keeps the count of the hour before.
    """
    counts = [
        (time + timedelta(seconds=step_s), energy_wh)
        for point in points
        if (time := time_or_none(point.get("time"))) is not None
        and (energy_wh := number_or_none(point.get("energy_wh"))) is not None
    ]
    ends = [end for end, _ in counts]
    lifetime = []
    for hour in hours:
        at = bisect_right(ends, hour + HOUR)
        before_wh = max(before_wh, counts[at - 1][1]) if at else before_wh
        lifetime.append(before_wh)
    return lifetime


def spans(points: Sequence[Json], step_s: float) -> list[Span]:
    """Return how much was taken in each of the hub's spans."""
    found: list[Span] = []
    last_wh: float | None = None
    for point in points:
        time = time_or_none(point.get("time"))
        energy_wh = number_or_none(point.get("energy_wh"))
        if time is None or energy_wh is None:
            continue
        if last_wh is not None:
            found.append(
                Span(
                    end=time + timedelta(seconds=step_s),
                    energy_wh=max(0.0, energy_wh - last_wh),
                )
            )
        last_wh = energy_wh
    return found


def charges(
    sessions: Sequence[Json],
    taken: Sequence[Span],
    prices: Sequence[Json],
    now: datetime,
) -> list[Charge]:
    """Return what each session cost, oldest first; its cost grows as its energy did."""
    table = _price_table(prices)
    found = []
    for session in sessions:
        start = time_or_none(session.get("start"))
        cost = number_or_none(session.get("cost"))
        if start is None or cost is None:
            continue
        end = time_or_none(session.get("end")) or now
        found.append(
            Charge(
                start=start, end=end, cost=cost, grown=_grown(start, end, taken, table)
            )
        )
    return sorted(found, key=lambda charge: charge.start)


def cost_at_ends(found: Sequence[Charge], hours: Sequence[datetime]) -> list[CostHour]:
    """Return what the newest charge had cost at the end of each hour, and all together."""
    if not hours:
        return []
    begin = hours[0]
    at_begin = sum(charge.cost_until(begin) for charge in found)
    rows = []
    for hour in hours:
        end = hour + HOUR
        newest = next((c for c in reversed(found) if c.start < end), None)
        rows.append(
            CostHour(
                start=hour,
                cost=0.0 if newest is None else newest.cost_until(end),
                session_start=None if newest is None else newest.start,
                total=sum(charge.cost_until(end) for charge in found) - at_begin,
            )
        )
    return rows


def _price_table(prices: Sequence[Json]) -> list[tuple[datetime, float]]:
    """Return from when each price holds."""
    return sorted(
        (start, per_kwh)
        for price in prices
        if (start := time_or_none(price.get("start"))) is not None
        and (per_kwh := number_or_none(price.get("per_kwh"))) is not None
    )


def _grown(
    start: datetime,
    end: datetime,
    taken: Sequence[Span],
    table: Sequence[tuple[datetime, float]],
) -> tuple[tuple[datetime, float], ...]:
    """Return how the cost of a charge grew. Without prices it grows as the energy does."""
    begins = [begin for begin, _ in table]
    steps: list[tuple[datetime, float]] = []
    total = 0.0
    for span in taken:
        if not start < span.end <= end:
            continue
        at = bisect_right(begins, span.end - timedelta(seconds=1))
        price = table[at - 1][1] if at else 1.0
        total += span.energy_wh * price
        steps.append((span.end, total))
    if total <= 0:
        return ()
    return tuple((moment, share / total) for moment, share in steps)
