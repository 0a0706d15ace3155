"""Energy and cost by the day, week, month or year on the wall's calendar."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo


class Period(StrEnum):
    """How long each of them is; a week begins on Monday (ISO 8601)."""

    day = "day"
    week = "week"
    month = "month"
    year = "year"


@dataclass(frozen=True, slots=True)
class Charged:
    """What a session took; None where that is not known."""

    start_ms: int
    energy_wh: float | None
    amount: Decimal | None
    currency: str | None


@dataclass(slots=True)
class Total:
    """What the sessions that began in a period came to."""

    start_ms: int
    end_ms: int
    sessions: int = 0
    energy_wh: float = 0.0
    costs: dict[str, Decimal] = field(default_factory=dict)
    """By currency."""


def totals(charged: Iterable[Charged], period: Period, zone: ZoneInfo) -> list[Total]:
    """Return the periods in which a session began, oldest first."""
    found: dict[date, Total] = {}
    for each in charged:
        first = _first_day(each.start_ms, period, zone)
        total = found.get(first)
        if total is None:
            total = found[first] = Total(
                _midnight_ms(first, zone), _midnight_ms(_next(first, period), zone)
            )
        total.sessions += 1
        total.energy_wh += each.energy_wh or 0.0
        if each.amount is not None and each.currency is not None:
            before = total.costs.get(each.currency, Decimal(0))
            total.costs[each.currency] = before + each.amount
    return [found[first] for first in sorted(found)]


def _first_day(at_ms: int, period: Period, zone: ZoneInfo) -> date:
    day = datetime.fromtimestamp(at_ms / 1000, zone).date()
    match period:
        case Period.day:
            return day
        case Period.week:
            return day - timedelta(days=day.weekday())
        case Period.month:
            return day.replace(day=1)
    return day.replace(month=1, day=1)


def _next(first: date, period: Period) -> date:
    match period:
        case Period.day:
            return first + timedelta(days=1)
        case Period.week:
            return first + timedelta(weeks=1)
        case Period.month:
            return (first + timedelta(days=31)).replace(day=1)
    return first.replace(year=first.year + 1)


def _midnight_ms(day: date, zone: ZoneInfo) -> int:
    """Return when a day begins; where the clocks skip midnight, that is later."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    return round(midnight.timestamp() * 1000)
