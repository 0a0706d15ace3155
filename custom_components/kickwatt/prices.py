"""What a price entity says a kilowatt-hour costs, now and later.

There is no common form. Read are the lists of the widespread integrations (Nord Pool,
Tibber, EPEX Spot, Energi Data Service, ENTSO-e) and of template sensors made after them;
what cannot be read is left out, so that nothing is made up.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from math import isfinite
import re
from typing import Any, Final

from .hours import HOUR, floor_hour
from .jsonvalues import Json, list_or_empty, number_or_none

# For how long a price holds that comes without a forecast, unless another one is told.
AHEAD: Final = timedelta(days=1)

# How far a forecast is looked at; a week of quarter hours is 672 prices.
FURTHEST: Final = timedelta(days=7)

# What the hub takes at once, and at most for a kilowatt-hour, in either direction.
MOST_INTERVALS: Final = 1_000
_HIGHEST: Final = 1_000

# Where forecasts are. The first of these that has one is it: they may say the same twice.
_FORECASTS: Final = (
    ("raw_today", "raw_tomorrow"),
    ("prices_today", "prices_tomorrow"),
    ("today", "tomorrow"),
    ("prices",),
    ("data",),
    ("forecast",),
)
_STARTS: Final = (
    "start",
    "start_time",
    "startsAt",
    "starts_at",
    "from",
    "time",
    "hour",
    "datetime",
)
_ENDS: Final = ("end", "end_time", "endsAt", "ends_at", "till", "to")
# Prices in the entity's own unit, and those whose name says in which one they are.
_PRICES: Final = ("value", "price", "total")
_PRICES_PER_KWH: Final = {
    "per_kwh": 1.0,
    "price_per_kwh": 1.0,
    "price_ct_per_kwh": 0.01,
    "price_eur_per_mwh": 0.001,
    "price_per_mwh": 0.001,
}

_ENERGIES: Final = {"kwh": 1.0, "mwh": 0.001, "wh": 1_000.0}
_HUNDREDTHS: Final = {
    *("c", "ct", "cent", "cents", "eurocent", "eurocents", "¢"),
    *("öre", "øre", "ore", "p", "pence", "penny", "gr", "grosz", "groszy", "bani"),
}


@dataclass(frozen=True, slots=True)
class PriceInterval:
    """What a kilowatt-hour costs from one time, in UTC, until another."""

    start: datetime
    end: datetime
    per_kwh: float

    def as_json(self) -> dict[str, str | float]:
        """Return it as the hub takes it."""
        return {
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "per_kwh": self.per_kwh,
        }


def per_kwh_factor(unit: object) -> float | None:
    """Return what makes a value in this unit a price per kWh, None where it is no price.

    An entity without a unit is taken at its word: a price per kWh.
    """
    if unit is None:
        return 1.0
    money, slash, energy = str(unit).casefold().partition("/")
    if not (words := money.split()):
        return None
    if not slash and not re.match(r"[A-Z]{3}\b|[€$£¥₹]", str(unit)):
        return None
    per = _ENERGIES.get(energy.strip()) if slash else 1.0
    if per is None:
        return None
    return per * (0.01 if words[-1] in _HUNDREDTHS else 1.0)


def currency_of(unit: object) -> str | None:
    """Return the ISO 4217 code with which a unit begins, None where there is none."""
    found = re.match(r"([A-Z]{3})\b", str(unit))
    return found[1] if found else None


def prices_told(
    value: str,
    attributes: Mapping[str, Any],
    since: datetime,
    now: datetime,
    zone: tzinfo,
) -> tuple[PriceInterval, ...]:
    """Return the prices from now on that an entity tells, in order and without overlaps.

    `value` is its state, which it has had `since`; times without a zone are of `zone`.
    A forecast counts where it says something about now. The state stands in where it does
    not, for a day where there is no forecast at all. Empty where nothing can be read.
    """
    factor = per_kwh_factor(attributes.get("unit_of_measurement"))
    if factor is None:
        return ()
    coming = [
        each
        for each in _forecast(attributes, factor, zone)
        if each.end > now and each.start < now + FURTHEST
    ]
    present = _price(value, factor)
    if present is not None and not any(each.start <= now for each in coming):
        until = floor_hour(now) + (HOUR if coming else AHEAD)
        if coming:
            until = min(until, coming[0].start)
        start = max(since, floor_hour(now))
        coming = [*_hourly(start, until, present), *coming]
    return tuple(coming[:MOST_INTERVALS])


def not_known(
    wanted: Iterable[PriceInterval], known: Iterable[PriceInterval]
) -> tuple[PriceInterval, ...]:
    """Return what of the wanted prices is not wholly among the known ones, which are in order."""
    known = tuple(known)
    return tuple(each for each in wanted if not _covers(known, each))


def _covers(known: tuple[PriceInterval, ...], wanted: PriceInterval) -> bool:
    reached = wanted.start
    for each in known:
        if each.start <= reached < each.end and each.per_kwh == wanted.per_kwh:
            reached = each.end
    return reached >= wanted.end


def _hourly(
    start: datetime, until: datetime, per_kwh: float
) -> Iterator[PriceInterval]:
    """Cut a time at the hours, so that the next hour adds one piece only."""
    while start < until:
        end = min(floor_hour(start) + HOUR, until)
        yield PriceInterval(start, end, per_kwh)
        start = end


def _forecast(
    attributes: Mapping[str, Any], factor: float, zone: tzinfo
) -> list[PriceInterval]:
    """Return the first forecast that there is, in order; of two that overlap the earlier counts."""
    for names in _FORECASTS:
        found = [
            each
            for name in names
            for each in _intervals(list_or_empty(attributes.get(name)), factor, zone)
        ]
        if found:
            return list(_apart(sorted(found, key=lambda each: each.start)))
    return []


def _apart(intervals: list[PriceInterval]) -> Iterator[PriceInterval]:
    end = datetime.min.replace(tzinfo=UTC)
    for each in intervals:
        if each.start >= end:
            yield each
            end = each.end


def _intervals(rows: list[Any], factor: float, zone: tzinfo) -> list[PriceInterval]:
    """Read a list; a price without an end holds until the next one, an hour at most."""
    read = []
    for row in rows:
        if not isinstance(row, Mapping):
            continue
        start, end = (_first_time(row, names, zone) for names in (_STARTS, _ENDS))
        per_kwh = _price_of(row, factor)
        if start is not None and per_kwh is not None:
            read.append((start, end, per_kwh))
    if not read:
        return []
    read.sort(key=lambda each: each[0])
    steps = [min(after[0] - before[0], HOUR) for before, after in pairwise(read)]
    steps.append(steps[-1] if steps else HOUR)
    return [
        PriceInterval(start, until, per_kwh)
        for (start, end, per_kwh), step in zip(read, steps, strict=True)
        if timedelta() < (until := end or start + step) - start <= FURTHEST
    ]


def _price_of(row: Json, factor: float) -> float | None:
    for name in _PRICES:
        if (price := _price(row.get(name), factor)) is not None:
            return price
    for name, own_factor in _PRICES_PER_KWH.items():
        if (price := _price(row.get(name), own_factor)) is not None:
            return price
    return None


def _price(value: object, factor: float) -> float | None:
    """Return a price per kWh, None for what is none; templates write numbers as text."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    number = number_or_none(value)
    if number is None or not isfinite(per_kwh := number * factor):
        return None
    return round(per_kwh, 6) if abs(per_kwh) <= _HIGHEST else None


def _first_time(row: Json, names: tuple[str, ...], zone: tzinfo) -> datetime | None:
    """Return the first time under one of these names, in UTC."""
    for name in names:
        if (moment := _moment(row.get(name), zone)) is not None:
            return moment
    return None


def _moment(value: object, zone: tzinfo) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        if not isinstance(moment, datetime):
            return None
        local = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        utc = local.astimezone(UTC)
    except ValueError, OverflowError:
        return None
    # At the ends of the calendar there is no hour before or after.
    return utc if 1 < utc.year < 9999 else None
