"""What is answered about meters and sites, as types: metershapes.py makes them, the OpenAPI document describes them."""

from msgspec import UNSET, Struct, UnsetType

from .bodies import Time


class MeterValue(Struct):
    """What a meter last said of one measurement; null before it has."""

    value: float | None
    unit: str | None
    cumulative: bool


class MeterStatus(Struct):
    """How it stands with a meter."""

    online: bool | None
    since: Time | None
    last_seen: Time | None
    failures: int
    error: str | None
    next_try: Time | None
    time: Time | None


class Meter(MeterStatus):
    """An energy meter, and what it last said."""

    id: int
    name: str
    model: str
    title: str
    host: str
    port: int
    unit: int
    site: int
    site_meter: bool
    interval_s: float
    raw_days: int | None
    values: dict[str, MeterValue]
    missing: dict[str, str]


class MeterReading(Struct):
    """One value of the past."""

    time: Time
    value: float


class MeterHistory(Struct):
    """Single values of one measurement, oldest first; `next` is the start of the rest."""

    measurement: str
    unit: str | None
    cumulative: bool
    readings: list[MeterReading]
    next: Time | None


class MeterSpan(Struct):
    """What the values of a span come to."""

    time: Time
    count: int
    mean: float
    min: float
    max: float


class MeterCourse(Struct):
    """One measurement in spans of `step_s`, oldest first."""

    measurement: str
    unit: str | None
    cumulative: bool
    points: list[MeterSpan]
    step_s: int


class MeterModel(Struct):
    """A model that a meter can have; one that people added has a name and a title."""

    name: str
    title: str | None
    source: str | UnsetType = UNSET
    bidirectional: bool | UnsetType = UNSET
    measurements: list[str] | UnsetType = UNSET


class Site(Struct):
    """What meters and chargers come to at a location."""

    id: int
    name: str
    meters: list[int]
    chargers: list[str]
    power_w: float | None
    chargers_w: float | None
    rest_w: float | None
    unknown: list[str]


class NamedValue(MeterValue):
    """A value with the name of its measurement."""

    measurement: str


class HostValues(MeterStatus):
    """What a host said last, as the energy monitoring API tells it."""

    host: int
    values: list[NamedValue]
    missing: dict[str, str]
