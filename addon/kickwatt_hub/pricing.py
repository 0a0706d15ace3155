"""What electricity costs: what the owner said, as prices that can be asked for.

A definition holds from its own time until the next one's, so that a charge of last week keeps last week's price. The very
first one also holds for everything before it.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
import os
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Meta, Struct

from .charging.cost import EVERY_DAY, Band, Feed, Fixed, Price, Tariff, TimeOfUse

type Amount = Annotated[float, Meta(ge=-1000, le=1000)]
"""A price per kWh; a feed's may be negative."""
type Clock = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z")]
type Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")]
"""ISO 4217."""

_DAYS = {
    "every": EVERY_DAY,
    "weekday": frozenset(range(5)),
    "weekend": frozenset({5, 6}),
}


class _Definition(
    Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", kw_only=True
):
    currency: Currency
    zone: str | None = None
    """IANA name; None: the hub's."""


class FixedPrice(_Definition, frozen=True, kw_only=True, tag="fixed"):
    """One price."""

    per_kwh: Amount


class BandPrice(Struct, frozen=True, forbid_unknown_fields=True):
    """From one time on the wall clock to another; past midnight where it ends before it starts."""

    start: Clock
    end: Clock
    per_kwh: Amount
    days: Literal["every", "weekday", "weekend"] = "every"


class Season(Struct, frozen=True, forbid_unknown_fields=True):
    """A table of its own, from a day of the year until the next season's."""

    start: Annotated[str, Meta(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])\Z")]
    """MM-DD."""
    bands: Annotated[list[BandPrice], Meta(max_length=24)]
    otherwise: Amount


class TimeOfUseTable(_Definition, frozen=True, kw_only=True, tag="time_of_use"):
    """Prices by the clock: the first band that holds, else `otherwise`; in `seasons`, by the season's table."""

    bands: Annotated[list[BandPrice], Meta(max_length=24)] = []
    otherwise: Amount
    seasons: Annotated[list[Season], Meta(max_length=12)] = []


class PriceFeed(_Definition, frozen=True, kw_only=True, tag="feed"):
    """Prices that somebody posts: Home Assistant, from any price entity."""


class NoPrice(_Definition, frozen=True, kw_only=True, tag="none"):
    """From here on nothing is priced."""

    currency: Currency = "EUR"


type Definition = FixedPrice | TimeOfUseTable | PriceFeed | NoPrice


class Chosen(Struct, frozen=True):
    """A definition and since when it holds."""

    from_ms: int
    definition: Definition


@dataclass(frozen=True, slots=True)
class Succession:
    """One tariff after the other."""

    changes: tuple[tuple[int, Tariff], ...]
    """(from when on, what holds), oldest first."""

    def prices(self, start_ms: int, end_ms: int) -> tuple[Price, ...]:
        """Return the prices of a time; before the first there are none."""
        starts = [from_ms for from_ms, _ in self.changes]
        found: list[Price] = []
        at_ms = start_ms
        while at_ms < end_ms:
            index = bisect_right(starts, at_ms)
            until_ms = min(end_ms, starts[index]) if index < len(starts) else end_ms
            if index == 0:
                found.append(Price(at_ms, until_ms, None))
            else:
                found.extend(self.changes[index - 1][1].prices(at_ms, until_ms))
            at_ms = until_ms
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Seasons:
    """A table for each part of the year."""

    zone: ZoneInfo
    tables: tuple[tuple[int, int, Tariff], ...]
    """(month, day of the month, what holds from then on)."""

    def prices(self, start_ms: int, end_ms: int) -> tuple[Price, ...]:
        """Return the prices of a time."""
        first = datetime.fromtimestamp(start_ms / 1000, UTC).year - 1
        last = datetime.fromtimestamp(end_ms / 1000, UTC).year + 1
        changes = sorted(
            (
                (_midnight_ms(year, month, day, self.zone), table)
                for year in range(first, last + 1)
                for month, day, table in self.tables
            ),
            key=lambda change: change[0],
        )
        return Succession(tuple(changes)).prices(start_ms, end_ms)


UNPRICED = Succession(())


def own_zone() -> ZoneInfo:
    """Return the zone of the machine: TZ, else /etc/localtime, else UTC."""
    local = Path("/etc/localtime").resolve().as_posix()
    _, _, linked = local.partition("/zoneinfo/")
    for name in (os.environ.get("TZ", "").lstrip(":"), linked):
        if name and (zone := find_zone(name)) is not None:
            return zone
    return ZoneInfo("UTC")


def find_zone(name: str) -> ZoneInfo | None:
    """Return a zone by its IANA name, None where there is none."""
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError, ValueError, OSError:
        return None


def tariff_of(
    definition: Definition, hub_zone: ZoneInfo, known: tuple[Price, ...]
) -> Tariff:
    """Return what a definition says; `known` is what the feed has said."""
    zone = (find_zone(definition.zone) if definition.zone else None) or hub_zone
    match definition:
        case FixedPrice(per_kwh=per_kwh):
            return Fixed(_exact(per_kwh))
        case TimeOfUseTable(seasons=[]):
            return _table(zone, definition.bands, definition.otherwise)
        case TimeOfUseTable(seasons=seasons):
            tables = [
                (
                    int(season.start[:2]),
                    int(season.start[3:]),
                    _table(zone, season.bands, season.otherwise),
                )
                for season in seasons
            ]
            return Seasons(zone, tuple(tables))
        case PriceFeed():
            return Feed(known)
    return UNPRICED


def _table(zone: ZoneInfo, bands: Sequence[BandPrice], otherwise: float) -> TimeOfUse:
    return TimeOfUse(
        zone,
        tuple(
            Band(
                time.fromisoformat(band.start),
                time.fromisoformat(band.end),
                _exact(band.per_kwh),
                _DAYS[band.days],
            )
            for band in bands
        ),
        _exact(otherwise),
    )


def _exact(per_kwh: float) -> Decimal:
    """Return the decimal number that the owner wrote."""
    return Decimal(repr(per_kwh))


def _midnight_ms(year: int, month: int, day: int, zone: ZoneInfo) -> int:
    return round(datetime(year, month, day, tzinfo=zone).timestamp() * 1000)
