"""What a hub says about energy meters and sites, as frozen values; read as tolerantly as the rest."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Self

from .jsonvalues import (
    Json,
    list_or_empty,
    number_or_none,
    object_or_empty,
    text_or_none,
)

type Key = str
"""Of a meter or a site within its hub: `meter.3`, `site.1`. No charger's id has a dot."""


@dataclass(frozen=True, kw_only=True)
class Value:
    """What a meter measured last."""

    value: float | None
    unit: str | None
    cumulative: bool

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Read a value."""
        return cls(
            value=number_or_none(data.get("value")),
            unit=text_or_none(data.get("unit")),
            cumulative=data.get("cumulative") is True,
        )


@dataclass(frozen=True, kw_only=True)
class Meter:
    """A meter as the hub last told of it."""

    key: Key
    name: str
    model: str | None
    online: bool
    values: Mapping[str, Value] = field(default_factory=dict)

    @classmethod
    def from_json(cls, data: Json) -> Self | None:
        """Read a meter, None if it has no number."""
        key = meter_key(data.get("id"))
        if key is None:
            return None
        return cls(
            key=key,
            name=text_or_none(data.get("name")) or key,
            model=text_or_none(data.get("title")),
            online=data.get("online") is True,
            values={
                name: Value.from_json(object_or_empty(value))
                for name, value in object_or_empty(data.get("values")).items()
            },
        )


@dataclass(frozen=True, kw_only=True)
class Site:
    """A site: what its meter measures, and what its chargers take of that."""

    key: Key
    name: str
    power_w: float | None
    chargers_w: float | None
    rest_w: float | None
    unknown: tuple[str, ...]

    @classmethod
    def from_json(cls, data: Json) -> Self | None:
        """Read a site, None if it has no number."""
        key = site_key(data.get("id"))
        if key is None:
            return None
        return cls(
            key=key,
            name=text_or_none(data.get("name")) or key,
            power_w=number_or_none(data.get("power_w")),
            chargers_w=number_or_none(data.get("chargers_w")),
            rest_w=number_or_none(data.get("rest_w")),
            unknown=tuple(
                name
                for name in list_or_empty(data.get("unknown"))
                if text_or_none(name)
            ),
        )


type Thing = Meter | Site


@dataclass(frozen=True, kw_only=True)
class ThingChanged:
    """A meter or a site is new, or something about it changed."""

    thing: Thing


@dataclass(frozen=True, kw_only=True)
class ThingRemoved:
    """A meter or a site is gone."""

    key: Key


type MeteringNews = ThingChanged | ThingRemoved


def meter_key(number: object) -> Key | None:
    """Return the key of the meter with this number."""
    return f"meter.{number}" if isinstance(number, int) else None


def site_key(number: object) -> Key | None:
    """Return the key of the site with this number."""
    return f"site.{number}" if isinstance(number, int) else None


def things_from_json(snapshot: Json) -> dict[Key, Thing]:
    """Read all meters and sites of a snapshot; a hub of before has none."""
    meters = (
        Meter.from_json(object_or_empty(item))
        for item in list_or_empty(snapshot.get("meters"))
    )
    sites = (
        Site.from_json(object_or_empty(item))
        for item in list_or_empty(snapshot.get("sites"))
    )
    return {thing.key: thing for thing in (*meters, *sites) if thing is not None}


def metering_from_json(event: Json) -> MeteringNews | None:
    """Read an event, None if it is about something else."""
    thing: Thing | None = None
    key: Key | None = None
    match event:
        case {"event": "meter", "meter": dict(data)}:
            thing = Meter.from_json(data)
        case {"event": "site", "site": dict(data)}:
            thing = Site.from_json(data)
        case {"event": "meter_removed"}:
            key = meter_key(event.get("meter_id"))
        case {"event": "site_removed"}:
            key = site_key(event.get("site_id"))
    if thing is not None:
        return ThingChanged(thing=thing)
    return None if key is None else ThingRemoved(key=key)


class Metering:
    """All meters and sites of a hub. A thousand meters must not wake every entity: each hears of its own."""

    def __init__(self) -> None:
        """Know of nothing yet."""
        self.things: dict[Key, Thing] = {}
        self._tell: defaultdict[Key, list[Callable[[], None]]] = defaultdict(list)
        self._tell_all: list[Callable[[Key], None]] = []

    def replace(self, things: dict[Key, Thing]) -> None:
        """Take over how everything is now."""
        gone = [key for key in self.things if key not in things]
        for key in gone:
            self.take(ThingRemoved(key=key))
        for thing in things.values():
            self.take(ThingChanged(thing=thing))

    def take(self, news: MeteringNews) -> None:
        """Take in what is new about one of them."""
        if isinstance(news, ThingRemoved):
            self.things.pop(news.key, None)
            key = news.key
        else:
            key = news.thing.key
            self.things[key] = news.thing
        for tell in self._tell_all:
            tell(key)
        for tell_one in self._tell[key]:
            tell_one()

    def listen(self, key: Key, tell: Callable[[], None]) -> Callable[[], None]:
        """Have every change of one of them told, until the function returned is called."""
        self._tell[key].append(tell)
        return lambda: self._tell[key].remove(tell)

    def listen_to_all(self, tell: Callable[[Key], None]) -> Callable[[], None]:
        """Have every change of any of them told before anybody else hears of it, until the function returned is called."""
        self._tell_all.append(tell)
        return lambda: self._tell_all.remove(tell)
