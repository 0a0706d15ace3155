"""What veCharge's clients are told, in the spelling that they know."""

from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from ...model import Charger, Place, Reading


class Hold(Struct, frozen=True):
    """Who is told, and the charge that was over already when they came."""

    user: str
    over: int | None = None

    @classmethod
    def of(cls, charger: Charger, user: str) -> Hold:
        """Return it for somebody who comes now."""
        session = charger.session
        if session is None or session.end_ms is None:
            return cls(user)
        return cls(user, session.id)


def status(on: bool) -> str:
    """Return how a relay's state is written."""
    return "ON" if on else "OFF"


def connected(
    charger: Charger, place: Place | None, hold: Hold, held_since_ms: int
) -> dict[str, Any]:
    """Return `chargerConnected`.

    Clients of 2022 read `_doc` in it, as the old server sent its database's document; those of 2021 read the same
    fields beside it.
    """
    document = _document(charger, place, hold, held_since_ms)
    return {
        "isNew": False,
        "$locals": {},
        "$op": None,
        "_doc": document,
        "$init": True,
        **document,
    }


def location(place: Place | None) -> dict[str, Any]:
    """Return a point of GeoJSON: longitude, latitude; without coordinates where nobody has given any."""
    coordinates = [place.longitude, place.latitude] if place else []
    return {"type": "Point", "coordinates": coordinates}


def log(charger: Charger, reading: Reading, hold: Hold) -> dict[str, Any]:
    """Return `newLog`: V, A and W as text with two decimals, kWh of this charge as a number."""
    return {
        "deviceId": charger.id,
        "voltage": _written(reading.voltage_v),
        "current": _written(reading.current_a),
        "power": _written(_power_w(reading)),
        "energy": _session_kwh(charger, hold),
        "createdAt": _when(reading.time_ms),
        "userId": hold.user,
        "chargerId": charger.id,
    }


def _document(
    charger: Charger, place: Place | None, hold: Hold, held_since_ms: int
) -> dict[str, Any]:
    reading = charger.reading
    on = status(bool(charger.relay_on))
    session_kwh = _session_kwh(charger, hold)
    lifetime_wh = reading.energy_wh if reading else None
    return {
        "location": location(place),
        "address": place.address if place else "",
        "status": on,
        "power": (_power_w(reading) or 0.0) if reading else 0.0,
        "voltage": (reading.voltage_v or 0.0) if reading else 0.0,
        "current": (reading.current_a or 0.0) if reading else 0.0,
        "energy": session_kwh,
        "prev_energy": round(max(0.0, (lifetime_wh or 0.0) / 1000 - session_kwh), 5),
        "price": 0,
        "currentUser": hold.user,
        "isActive": charger.online,
        "desiredDgStatus": status(bool(charger.desired_on)),
        "reportedDgStatus": on,
        "chargerMode": "PRIVATE",
        "chargerPrivateUsers": [],
        "_id": charger.id,
        "detail": charger.name,
        "wifiConnectivity": charger.online,
        "connectedTimestamp": _when(held_since_ms),
    }


def _power_w(reading: Reading) -> float | None:
    """Return real power; where the device measures none, volts times amperes, as its old clients would compute it."""
    if reading.power_w is not None:
        return reading.power_w
    return reading.apparent_power_va


def _session_kwh(charger: Charger, hold: Hold) -> float:
    """Return the energy of the charge that whoever holds the charger sees; none of one that was over before."""
    session = charger.session
    if session is None or (session.end_ms is not None and session.id == hold.over):
        return 0.0
    energy_wh = session.energy_wh
    return 0.0 if energy_wh is None else round(energy_wh / 1000, 5)


def _written(value: float | None) -> str:
    return f"{value or 0.0:.2f}"


def _when(time_ms: int) -> str:
    """Return a time as JavaScript's `Date` writes it."""
    moment = datetime.fromtimestamp(time_ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{time_ms % 1000:03}Z"
