"""What a veCharge-style server tells, as values of ours. Its contract: docs/vecharge.md.

Every payload is JSON in a string, and of each event there are several spellings: numbers as text or as numbers, the charger's
fields beside each other or below `_doc`. All are taken; what makes no sense is NonsenseError and never stored.
"""

from datetime import UTC, datetime
import json
import math
from typing import Any

from msgspec import Struct

from ...model import CLOCK_AHEAD_MS, CLOCK_BEGAN_MS, Position, Reading
from .frames import Event, NonsenseError

# More than any charger gives, and than a register of a broken meter: such a value is none.
MOST = {"voltage": 1_000.0, "current": 1_000.0, "power": 250_000.0, "energy": 1_000_000.0}  # fmt: skip


class Held(Struct, frozen=True):
    """The charger is ours to use; whether its power is on."""

    on: bool


class Switched(Struct, frozen=True):
    """Its power has gone on or off."""

    on: bool


class Logged(Struct, frozen=True, kw_only=True):
    """One measurement."""

    time_ms: int
    voltage_v: float | None
    current_a: float | None
    power_w: float | None
    session_wh: float | None

    def reading(self, relay_on: bool, meter_wh: int | None) -> Reading:
        """Return the reading, not yet numbered."""
        return Reading(
            position=Position(0, 0),
            time_ms=self.time_ms,
            relay_on=relay_on,
            voltage_v=self.voltage_v,
            current_a=self.current_a,
            power_w=self.power_w,
            power_factor=self._power_factor,
            meter_wh=meter_wh,
        )

    @property
    def _power_factor(self) -> float | None:
        if not self.voltage_v or not self.current_a or self.power_w is None:
            return None
        return round(min(1.0, self.power_w / (self.voltage_v * self.current_a)), 2)


class Complaint(Struct, frozen=True):
    """The server says what is wrong, in its own words."""

    words: str


type Happened = Held | Switched | Logged | Complaint


def happened(event: Event, now_ms: int) -> Happened | None:
    """Return what an event means, None for those that mean nothing to us. Raises NonsenseError.

    `now_ms` dates a measurement whose own time is missing or cannot be.
    """
    match event.name:
        case "chargerConnected":
            return Held(_on(_charger(event)))
        case "statusChanged":
            return Switched(_on(_object(event)))
        case "newLog":
            return _logged(_object(event), now_ms)
        case "error":
            return Complaint(_words(event.data))
    return None


def _charger(event: Event) -> dict[str, Any]:
    """Clients of 2021 get the charger's fields as they are, those of 2022 below `_doc`."""
    found = _object(event)
    document = found.get("_doc")
    return document if isinstance(document, dict) else found


def _object(event: Event) -> dict[str, Any]:
    data = event.data
    if isinstance(data, str):
        try:
            data = json.loads(data)
        except ValueError, RecursionError:
            data = None
    if not isinstance(data, dict):
        raise NonsenseError(f"The server's {event.name} cannot be read.")
    return data


def _on(fields: dict[str, Any]) -> bool:
    status = fields.get("status")
    if status not in ("ON", "OFF"):
        raise NonsenseError("The server says a status that is neither ON nor OFF.")
    return bool(status == "ON")


def _logged(fields: dict[str, Any], now_ms: int) -> Logged:
    energy_kwh = _number(fields, "energy")
    found = Logged(
        time_ms=_time_ms(fields.get("createdAt"), now_ms),
        voltage_v=_number(fields, "voltage"),
        current_a=_number(fields, "current"),
        power_w=_number(fields, "power"),
        session_wh=None if energy_kwh is None else energy_kwh * 1000,
    )
    if found.voltage_v is None and found.current_a is None and found.power_w is None:
        raise NonsenseError("The server's newLog measures nothing.")
    return found


def _number(fields: dict[str, Any], name: str) -> float | None:
    value = fields.get(name)
    if value is None:
        return None
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except TypeError, ValueError, OverflowError:
        number = math.nan
    if not 0 <= number <= MOST[name]:
        raise NonsenseError(f"The server's newLog has no possible {name}.")
    return number


def _time_ms(text: Any, now_ms: int) -> int:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        time_ms = round(moment.timestamp() * 1000)
    except TypeError, ValueError, OverflowError:
        return now_ms
    return time_ms if CLOCK_BEGAN_MS < time_ms <= now_ms + CLOCK_AHEAD_MS else now_ms


def _words(data: Any) -> str:
    """Return text for a person; an object's `message` where it has one."""
    if isinstance(data, dict):
        data = data.get("message")
    text = data if isinstance(data, str) else "no reason given"
    return " ".join(text.split())[:200] or "no reason given"
