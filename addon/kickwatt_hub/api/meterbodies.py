"""The bodies of requests about meters and sites."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from ..meters.model import INTERVAL_S, RAW_DAYS

type Text = Annotated[
    str,
    Meta(
        max_length=128, pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*\Z"
    ),
]
type HostName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._:\[\]-]{1,64}\Z")]
type Port = Annotated[int, Meta(ge=1, le=65_535)]
type Unit = Annotated[int, Meta(ge=0, le=255)]
type ModelName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\Z")]
type Interval = Annotated[float, Meta(ge=1, le=3600)]
type Days = Annotated[int, Meta(ge=1, le=36_500)]
type Measurements = Annotated[
    list[Annotated[str, Meta(min_length=1, max_length=64)]], Meta(max_length=1_000)
]


class NewMeter(Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/v1/meters."""

    host: HostName
    model: ModelName
    port: Port = 502
    unit: Unit = 1
    name: Text | None = None
    site: int | None = None
    interval_s: Interval = INTERVAL_S
    raw_days: Days | None = RAW_DAYS
    site_meter: bool = False
    measurements: Measurements | None = None


class MeterChange(Struct, frozen=True, forbid_unknown_fields=True):
    """PATCH /api/v1/meters/{id}."""

    host: HostName | UnsetType = UNSET
    model: ModelName | UnsetType = UNSET
    port: Port | UnsetType = UNSET
    unit: Unit | UnsetType = UNSET
    name: Text | UnsetType | None = UNSET
    site: int | UnsetType = UNSET
    interval_s: Interval | UnsetType = UNSET
    raw_days: Days | UnsetType | None = UNSET
    site_meter: bool | UnsetType = UNSET
    measurements: Measurements | UnsetType | None = UNSET
