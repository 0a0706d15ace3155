"""What a charge cost, exactly.

Energy is known at some instants, prices change at others. Between two instants energy flows evenly, and every stretch is
multiplied by the price that held then, in fractions: nothing is rounded before the sum is shown. Time is in milliseconds
UTC; what a clock on the wall says, daylight saving included, is the business of `TimeOfUse` alone.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Protocol
from zoneinfo import ZoneInfo

EVERY_DAY = frozenset(range(7))
# Clocks are moved at whole or half hours of UTC, everywhere.
HALF_HOUR = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Price:
    """A price per kWh from one instant until another; None where nobody knows it."""

    start_ms: int
    end_ms: int
    per_kwh: Decimal | None


class Tariff(Protocol):
    """Whatever can tell prices."""

    def prices(self, start_ms: int, end_ms: int) -> tuple[Price, ...]:
        """Return the prices of a time, without gap or overlap, oldest first."""
        ...  # pragma: no cover


@dataclass(frozen=True, slots=True)
class Fixed:
    """One price, always."""

    per_kwh: Decimal

    def prices(self, start_ms: int, end_ms: int) -> tuple[Price, ...]:
        """Return that one price."""
        return (Price(start_ms, end_ms, self.per_kwh),)


@dataclass(frozen=True, slots=True)
class Band:
    """A price that holds from one time on the wall clock until another, on some days (0 is Monday).

    A band that ends at or before it starts runs past midnight, and belongs to the day on which it starts.
    """

    start: time
    end: time
    per_kwh: Decimal
    weekdays: frozenset[int] = EVERY_DAY

    def holds(self, local: datetime) -> bool:
        """Does the band hold at that time on the wall clock?"""
        clock, today = local.time(), local.weekday()
        if self.start < self.end:
            return self.start <= clock < self.end and today in self.weekdays
        if clock >= self.start:
            return today in self.weekdays
        return clock < self.end and (today - 1) % 7 in self.weekdays


@dataclass(frozen=True, slots=True)
class TimeOfUse:
    """Prices by the clock on the wall: the first band that holds, else `otherwise`."""

    zone: ZoneInfo
    bands: tuple[Band, ...]
    otherwise: Decimal

    def prices(self, start_ms: int, end_ms: int) -> tuple[Price, ...]:
        """Return the prices of a time; the day on which the clocks change has 23 or 25 hours."""
        changes = sorted({start_ms, end_ms, *self._changes(start_ms, end_ms)})
        found: list[Price] = []
        for since_ms, until_ms in pairwise(changes):
            per_kwh = self._per_kwh(since_ms)
            if found and found[-1].per_kwh == per_kwh:
                found[-1] = Price(found[-1].start_ms, until_ms, per_kwh)
            else:
                found.append(Price(since_ms, until_ms, per_kwh))
        return tuple(found)

    def _per_kwh(self, at_ms: int) -> Decimal:
        local = _utc(at_ms).astimezone(self.zone)
        for band in self.bands:
            if band.holds(local):
                return band.per_kwh
        return self.otherwise

    def _changes(self, start_ms: int, end_ms: int) -> Iterable[int]:
        """Yield the instants between the two at which a band may begin or end, or the clocks change."""
        day = _utc(start_ms).astimezone(self.zone).date() - timedelta(days=1)
        last = _utc(end_ms).astimezone(self.zone).date() + timedelta(days=1)
        clocks = {
            time(0),
            *(each for band in self.bands for each in (band.start, band.end)),
        }
        while day <= last:
            noon = datetime.combine(day, time(12), UTC)
            candidates = [
                # In the hour that comes twice, a time on the clock is two instants.
                datetime.combine(day, clock, self.zone)
                .replace(fold=fold)
                .astimezone(UTC)
                for clock in clocks
                for fold in (0, 1)
            ]
            around = [noon + step * HALF_HOUR for step in range(-48, 49)]
            candidates += [
                after
                for before, after in pairwise(around)
                if self._offset(before) != self._offset(after)
            ]
            for instant in candidates:
                at_ms = round(instant.timestamp() * 1000)
                if start_ms < at_ms < end_ms:
                    yield at_ms
            day += timedelta(days=1)

    def _offset(self, instant: datetime) -> timedelta | None:
        return instant.astimezone(self.zone).utcoffset()


@dataclass(frozen=True, slots=True)
class Feed:
    """Prices from somewhere else, hour by hour or quarter by quarter; some may be missing.

    Where two prices overlap, the one that is later in the list holds: a feed corrects itself by repeating.
    """

    known: tuple[Price, ...]

    def prices(self, start_ms: int, end_ms: int) -> tuple[Price, ...]:
        """Return the prices of a time, with None where the feed has none."""
        edges = sorted(
            {
                start_ms,
                end_ms,
                *(
                    edge
                    for price in self.known
                    for edge in (price.start_ms, price.end_ms)
                    if start_ms < edge < end_ms
                ),
            }
        )
        return tuple(
            Price(since_ms, until_ms, self._at(since_ms))
            for since_ms, until_ms in pairwise(edges)
        )

    def _at(self, at_ms: int) -> Decimal | None:
        for price in reversed(self.known):
            if price.start_ms <= at_ms < price.end_ms:
                return price.per_kwh
        return None


@dataclass(frozen=True, slots=True)
class Cost:
    """What some energy cost; `unpriced_wh` is the part of it whose price is not known, and is not in the amount."""

    amount: Fraction
    priced_wh: Fraction
    unpriced_wh: Fraction

    def rounded(self, places: int = 2) -> Decimal:
        """Return the amount as money."""
        exact = Decimal(self.amount.numerator) / Decimal(self.amount.denominator)
        return exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)


def cost(points: Sequence[tuple[int, float]], tariff: Tariff) -> Cost:
    """Return what energy cost that is known as (time_ms, watt-hours so far), oldest first.

    Raises `ValueError` when time or energy goes backwards.
    """
    amount = priced_wh = unpriced_wh = Fraction(0)
    if len(points) < 2:
        return Cost(amount, priced_wh, unpriced_wh)
    prices = tariff.prices(points[0][0], points[-1][0])
    starts = [price.start_ms for price in prices]
    for (since_ms, before_wh), (until_ms, after_wh) in pairwise(points):
        flowed_wh = Fraction(after_wh) - Fraction(before_wh)
        if until_ms < since_ms or flowed_wh < 0:
            raise ValueError(
                "Energy must be given in the order of its time and cannot fall."
            )
        if flowed_wh == 0:
            continue
        if until_ms == since_ms:
            stretches = [
                (prices[max(0, bisect_right(starts, since_ms) - 1)], Fraction(1))
            ]
        else:
            stretches = list(_stretches(prices, starts, since_ms, until_ms))
        for price, share in stretches:
            if price.per_kwh is None:
                unpriced_wh += flowed_wh * share
            else:
                priced_wh += flowed_wh * share
                amount += flowed_wh * share * Fraction(price.per_kwh) / 1000
    return Cost(amount, priced_wh, unpriced_wh)


def _stretches(
    prices: Sequence[Price], starts: Sequence[int], since_ms: int, until_ms: int
) -> Iterable[tuple[Price, Fraction]]:
    """Yield the prices of a time with the share of it in which each of them holds."""
    for index in range(max(0, bisect_right(starts, since_ms) - 1), len(prices)):
        price = prices[index]
        if price.start_ms >= until_ms:
            return
        held_ms = min(until_ms, price.end_ms) - max(since_ms, price.start_ms)
        if held_ms > 0:
            yield price, Fraction(held_ms, until_ms - since_ms)


def _utc(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)
