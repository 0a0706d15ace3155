"""What a hub says, as frozen values.

Hub and integration are updated independently, so reading is tolerant: a field that
this version does not know is ignored, and a value that is missing or of another type
than promised is None. Only a charger without an id cannot be anything.

Units are in the names; times are aware and in UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from math import isfinite
from typing import Any, Self

type Json = Mapping[str, Any]


def _number(value: object) -> float | None:
    """Return a finite number, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if isfinite(value) else None


def _text(value: object) -> str | None:
    """Return a text, None for anything else."""
    return value if isinstance(value, str) else None


def _time(value: object) -> datetime | None:
    """Return an RFC 3339 time in UTC, None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        return None
    return time.astimezone(UTC) if time.tzinfo else None


def _object(value: object) -> Json:
    """Return a JSON object, an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    """Return a JSON list, an empty one for anything else."""
    return value if isinstance(value, list) else []


class Scope(StrEnum):
    """What a token may do; each includes the ones before it."""

    READ = "read"
    CONTROL = "control"
    ADMIN = "admin"


class ChargingState(StrEnum):
    """What a charger is doing, when the hub knows."""

    OFF = "off"
    IDLE = "idle"
    CHARGING = "charging"
    FULL = "full"
    TRIPPED = "tripped"

    @classmethod
    def from_json(cls, value: object) -> Self | None:
        """Read a state; one that is unknown to the hub or to us is None."""
        return cls(value) if isinstance(value, str) and value in cls else None


@dataclass(frozen=True, kw_only=True)
class HubInfo:
    """Who a hub is, as anybody may ask."""

    hub_id: str
    """32 hexadecimal digits that stay with the hub wherever it moves."""

    name: str
    version: str
    api: int


@dataclass(frozen=True, kw_only=True)
class Relay:
    """The switch in a charger."""

    reported: bool | None
    """What the device says: True is closed. The truth, as far as anybody knows it."""

    desired: bool | None
    """What was asked for last."""

    pending: bool
    """An order is on its way."""

    reason: str | None
    """Why the relay is as it is, in the words of S1."""

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Read a relay."""
        return cls(
            reported=_on(data.get("reported")),
            desired=_on(data.get("desired")),
            pending=data.get("pending") is True,
            reason=_text(data.get("reason")),
        )


def _on(value: object) -> bool | None:
    """Return a relay's position, None when it is neither on nor off."""
    if value == "on":
        return True
    return False if value == "off" else None


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a charger measured at one instant."""

    time: datetime | None
    voltage_v: float | None
    current_a: float | None
    power_w: float | None
    """Real power. None where only volts and amperes are measured."""

    apparent_power_va: float | None
    power_factor: float | None
    energy_wh: float | None
    """Lifetime energy. The hub sees to it that it never falls."""

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Read a reading."""
        return cls(
            time=_time(data.get("time")),
            voltage_v=_number(data.get("voltage_v")),
            current_a=_number(data.get("current_a")),
            power_w=_number(data.get("power_w")),
            apparent_power_va=_number(data.get("apparent_power_va")),
            power_factor=_number(data.get("power_factor")),
            energy_wh=_number(data.get("energy_wh")),
        )


@dataclass(frozen=True, kw_only=True)
class Session:
    """One charge: the running one, else the last."""

    id: int | None
    start: datetime | None
    end: datetime | None
    energy_wh: float | None
    peak_power_w: float | None
    end_reason: str | None

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Read a session."""
        number = _number(data.get("id"))
        return cls(
            id=None if number is None else int(number),
            start=_time(data.get("start")),
            end=_time(data.get("end")),
            energy_wh=_number(data.get("energy_wh")),
            peak_power_w=_number(data.get("peak_power_w")),
            end_reason=_text(data.get("end_reason")),
        )


@dataclass(frozen=True, kw_only=True)
class Settings:
    """When a charger ends a charge."""

    cutoff_w: float | None
    hold_s: float | None
    max_hours: float | None
    max_wh: float | None
    max_a: float | None
    pending: bool
    """The device has not confirmed them yet."""

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Read settings."""
        return cls(
            cutoff_w=_number(data.get("cutoff_w")),
            hold_s=_number(data.get("hold_s")),
            max_hours=_number(data.get("max_hours")),
            max_wh=_number(data.get("max_wh")),
            max_a=_number(data.get("max_a")),
            pending=data.get("pending") is True,
        )


@dataclass(frozen=True, kw_only=True)
class Charger:
    """One switched, metered outlet."""

    id: str
    name: str
    kind: str | None
    simulated: bool
    online: bool
    last_seen: datetime | None
    firmware: str | None
    signal_dbm: float | None
    state: ChargingState | None
    trips: tuple[str, ...]
    relay: Relay
    reading: Reading
    session: Session
    settings: Settings

    @classmethod
    def from_json(cls, data: Json) -> Self | None:
        """Read a charger, None when it has no id."""
        if not (charger_id := _text(data.get("id"))):
            return None
        return cls(
            id=charger_id,
            name=_text(data.get("name")) or charger_id,
            kind=_text(data.get("kind")),
            simulated=data.get("simulated") is True,
            online=data.get("online") is True,
            last_seen=_time(data.get("last_seen")),
            firmware=_text(data.get("firmware")),
            signal_dbm=_number(data.get("signal_dbm")),
            state=ChargingState.from_json(data.get("state")),
            trips=tuple(trip for trip in _list(data.get("trips")) if _text(trip)),
            relay=Relay.from_json(_object(data.get("relay"))),
            reading=Reading.from_json(_object(data.get("reading"))),
            session=Session.from_json(_object(data.get("session"))),
            settings=Settings.from_json(_object(data.get("settings"))),
        )


def chargers_from_json(value: object) -> dict[str, Charger]:
    """Read a list of chargers, keyed by their ids."""
    chargers = (Charger.from_json(_object(item)) for item in _list(value))
    return {charger.id: charger for charger in chargers if charger is not None}
