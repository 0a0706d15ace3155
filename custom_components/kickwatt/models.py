"""What a hub says, as frozen values.

Hub and integration are updated independently, so reading is tolerant: a field that
this version does not know is ignored, and a value that is missing or of another type
than promised is None. Only a charger without an id cannot be anything.

Units are in the names; times are aware and in UTC.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Self

from .jsonvalues import (
    Json,
    clock_or_none,
    list_or_empty,
    number_or_none,
    object_or_empty,
    text_or_none,
    time_or_none,
)

# The hub's own guards (docs/orders.md); each locks the charger until a person acts.
GUARDS = frozenset({"energy", "time", "current", "silence", "stuck"})


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


class ModeName(StrEnum):
    """When a charger gives power by itself."""

    MANUAL = "manual"
    UNTIL_FULL = "until_full"
    TO_TARGET = "to_target"
    CHEAPEST_HOURS = "cheapest_hours"
    READY_BY = "ready_by"

    @classmethod
    def from_json(cls, value: object) -> Self | None:
        """Read a mode; one that is unknown to the hub or to us is None."""
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
            reason=text_or_none(data.get("reason")),
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
            time=time_or_none(data.get("time")),
            voltage_v=number_or_none(data.get("voltage_v")),
            current_a=number_or_none(data.get("current_a")),
            power_w=number_or_none(data.get("power_w")),
            apparent_power_va=number_or_none(data.get("apparent_power_va")),
            power_factor=number_or_none(data.get("power_factor")),
            energy_wh=number_or_none(data.get("energy_wh")),
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
    cost: float | None
    """So far, or final; None without a tariff."""

    currency: str | None
    unpriced_wh: float | None
    """Energy whose price nobody knows; it is not in the cost."""

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Read a session."""
        number = number_or_none(data.get("id"))
        return cls(
            id=None if number is None else int(number),
            start=time_or_none(data.get("start")),
            end=time_or_none(data.get("end")),
            energy_wh=number_or_none(data.get("energy_wh")),
            peak_power_w=number_or_none(data.get("peak_power_w")),
            end_reason=text_or_none(data.get("end_reason")),
            cost=number_or_none(data.get("cost")),
            currency=text_or_none(data.get("currency")),
            unpriced_wh=number_or_none(data.get("unpriced_wh")),
        )


@dataclass(frozen=True, kw_only=True)
class Settings:
    """When a charger ends a charge."""

    cutoff_w: float | None
    hold_s: float | None
    max_hours: float | None
    max_wh: float | None
    max_a: float | None
    balance_min: float | None
    """How long power stays on after the end, for the cells to be balanced."""

    pending: bool
    """The device has not confirmed them yet."""

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Read settings."""
        return cls(
            cutoff_w=number_or_none(data.get("cutoff_w")),
            hold_s=number_or_none(data.get("hold_s")),
            max_hours=number_or_none(data.get("max_hours")),
            max_wh=number_or_none(data.get("max_wh")),
            max_a=number_or_none(data.get("max_a")),
            balance_min=number_or_none(data.get("balance_min")),
            pending=data.get("pending") is True,
        )


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """When the running charge will be full; in four of five cases between the bounds."""

    expected: datetime | None
    earliest: datetime | None
    latest: datetime | None
    learned: bool
    """The charger's own charges are known."""

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Read a forecast."""
        return cls(
            expected=time_or_none(data.get("expected")),
            earliest=time_or_none(data.get("earliest")),
            latest=time_or_none(data.get("latest")),
            learned=data.get("learned") is True,
        )


@dataclass(frozen=True, kw_only=True)
class Mode:
    """When a charger gives power by itself, and how much."""

    name: ModeName | None
    target_wh: float | None
    target_percent: float | None
    """Of what a full charge of this charger usually takes."""

    hours: float | None
    """For the cheapest hours; None for as long as a charge takes."""

    ready_by: time | None
    """On the wall clock."""

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Read a mode."""
        return cls(
            name=ModeName.from_json(data.get("name")),
            target_wh=number_or_none(data.get("target_wh")),
            target_percent=number_or_none(data.get("target_percent")),
            hours=number_or_none(data.get("hours")),
            ready_by=clock_or_none(data.get("ready_by")),
        )


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Where a charger stands in its mode."""

    step: str | None
    why: str | None
    ready: datetime | None
    """When the charge is to be ready."""

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Read a progress."""
        return cls(
            step=text_or_none(data.get("step")),
            why=text_or_none(data.get("why")),
            ready=time_or_none(data.get("ready")),
        )


@dataclass(frozen=True, kw_only=True)
class Health:
    """How a battery ages, by all its charges that became full."""

    charges: float | None
    needed: float | None
    """Whole charges before anything can be told."""

    whole_charges: float | None
    capacity_percent: float | None
    """The energy of the latest whole charges against that of the first."""

    trend_percent_per_year: float | None

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Read a health."""
        return cls(
            charges=number_or_none(data.get("charges")),
            needed=number_or_none(data.get("needed")),
            whole_charges=number_or_none(data.get("whole_charges")),
            capacity_percent=number_or_none(data.get("capacity_percent")),
            trend_percent_per_year=number_or_none(data.get("trend_percent_per_year")),
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
    supply_v: float | None
    """What the modem measures at its own supply pins."""

    clock_off_s: float | None
    """By how much the board's clock is ahead of the hub's."""

    state: ChargingState | None
    trips: tuple[str, ...]
    relay: Relay
    reading: Reading
    session: Session
    phase: str | None
    full: Forecast
    settings: Settings
    mode: Mode
    progress: Progress

    @classmethod
    def from_json(cls, data: Json) -> Self | None:
        """Read a charger, None when it has no id."""
        if not (charger_id := text_or_none(data.get("id"))):
            return None
        charge = object_or_empty(data.get("charge"))
        return cls(
            id=charger_id,
            name=text_or_none(data.get("name")) or charger_id,
            kind=text_or_none(data.get("kind")),
            simulated=data.get("simulated") is True,
            online=data.get("online") is True,
            last_seen=time_or_none(data.get("last_seen")),
            firmware=text_or_none(data.get("firmware")),
            signal_dbm=number_or_none(data.get("signal_dbm")),
            supply_v=number_or_none(data.get("supply_v")),
            clock_off_s=number_or_none(data.get("clock_off_s")),
            state=ChargingState.from_json(data.get("state")),
            trips=tuple(
                trip for trip in list_or_empty(data.get("trips")) if text_or_none(trip)
            ),
            relay=Relay.from_json(object_or_empty(data.get("relay"))),
            reading=Reading.from_json(object_or_empty(data.get("reading"))),
            session=Session.from_json(object_or_empty(data.get("session"))),
            phase=text_or_none(charge.get("phase")),
            full=Forecast.from_json(object_or_empty(charge.get("full"))),
            settings=Settings.from_json(object_or_empty(data.get("settings"))),
            mode=Mode.from_json(object_or_empty(data.get("mode"))),
            progress=Progress.from_json(object_or_empty(data.get("progress"))),
        )

    @property
    def takes_orders(self) -> bool:
        """Whether the hub can switch it; the GSM tracker of old cannot be."""
        return self.kind != "legacy"

    @property
    def is_board(self) -> bool:
        """Whether it runs Kickwatt's own firmware."""
        return self.kind == "s1"

    @property
    def has_modes(self) -> bool:
        """Whether the hub knows of modes, and can act on them."""
        return self.takes_orders and self.mode.name is not None

    @property
    def session_duration(self) -> timedelta | None:
        """How long the charge took or has taken, by the charger's own time."""
        end = self.session.end or self.reading.time
        if self.session.start is None or end is None:
            return None
        return max(end - self.session.start, timedelta())

    @property
    def plugged_in(self) -> bool | None:
        """Whether a battery is there. An open relay cannot see a plug.

        After a full charge it is there until power flows again, or was seen to go.
        """
        if self.state is ChargingState.CHARGING or self.phase == "inrush":
            return True
        if self.state not in (ChargingState.FULL, ChargingState.IDLE):
            return None
        if self.session.end is not None and self.session.end_reason == "unplugged":
            return False
        return self.state is ChargingState.FULL

    @property
    def problems(self) -> tuple[str, ...]:
        """What has stopped it for safety: the board's trips and the hub's guard."""
        if self.progress.step == "locked" and self.progress.why in GUARDS:
            return (*self.trips, f"guard_{self.progress.why}")
        return self.trips


def chargers_from_json(value: object) -> dict[str, Charger]:
    """Read a list of chargers, keyed by their ids."""
    chargers = (
        Charger.from_json(object_or_empty(item)) for item in list_or_empty(value)
    )
    return {charger.id: charger for charger in chargers if charger is not None}
