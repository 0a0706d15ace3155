"""The JSON of docs/api.md."""

from datetime import UTC, datetime
from typing import Any

from .. import API_VERSION, __version__
from ..model import Charger, Order, Reading, Said, Scope, Session, Token, User


def when(time_ms: int | None) -> str | None:
    """Return RFC 3339 in UTC, with milliseconds where there are any."""
    if time_ms is None:
        return None
    moment = datetime.fromtimestamp(time_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{moment}.{time_ms % 1000:03}Z" if time_ms % 1000 else f"{moment}Z"


def parse_when(text: str) -> int:
    """Return Unix milliseconds of an RFC 3339 time. Raises ValueError."""
    # A plus sign that was not escaped arrives as a space.
    moment = datetime.fromisoformat(text.replace(" ", "+"))
    if moment.tzinfo is None:
        raise ValueError("no time zone")
    return round(moment.timestamp() * 1000)


def info(hub_id: str, name: str) -> dict[str, Any]:
    """Return what the hub says of itself to anybody."""
    return {
        "product": "kickwatt",
        "hub_id": hub_id,
        "name": name,
        "version": __version__,
        "api": API_VERSION,
    }


def charger(each: Charger) -> dict[str, Any]:
    """Return a charger."""
    settings = each.settings
    return {
        "id": each.id,
        "name": each.name,
        "kind": each.kind,
        "simulated": each.simulated,
        "online": each.online,
        "last_seen": when(each.last_seen_ms),
        "firmware": each.said.fw if each.said else None,
        "signal_dbm": _dbm(each.csq),
        "supply_v": _supply_v(each.said),
        "state": each.state,
        "trips": each.said.trips if each.said else (),
        "relay": {
            "reported": on_off(each.relay_on),
            "desired": on_off(each.desired_on),
            "pending": each.order is not None and each.order.state == "pending",
            "reason": each.said.why if each.said else None,
        },
        "reading": None if each.reading is None else _reading(each.reading),
        "session": None if each.session is None else session(each.session),
        "settings": {
            "cutoff_w": settings.cutoff_w,
            "hold_s": settings.hold_s,
            "max_hours": settings.max_hours,
            "max_wh": settings.max_wh,
            "max_a": settings.max_a,
            "pending": each.settings_pending,
        },
    }


def reading(each: Reading) -> dict[str, Any]:
    """Return a reading of the past."""
    return {**_reading(each), "relay": on_off(each.relay_on)}


def _reading(each: Reading) -> dict[str, Any]:
    return {
        "time": when(each.time_ms),
        "voltage_v": each.voltage_v,
        "current_a": each.current_a,
        "power_w": each.power_w,
        "apparent_power_va": _rounded(each.apparent_power_va, 1),
        "power_factor": each.power_factor,
        "energy_wh": _rounded(each.energy_wh, 3),
    }


def session(each: Session) -> dict[str, Any]:
    """Return a session."""
    return {
        "id": each.id,
        "start": when(each.start_ms),
        "end": when(each.end_ms),
        "energy_wh": _rounded(each.energy_wh, 1),
        "peak_power_w": _rounded(each.peak_power_w, 1),
        "end_reason": each.end_reason,
    }


def order(each: Order) -> dict[str, Any]:
    """Return an order."""
    return {
        "id": each.id,
        "charger": each.charger_id,
        "relay": on_off(each.relay_on),
        "created": when(each.created_ms),
        "state": each.state,
        "reason": each.reason,
    }


def user(each: User) -> dict[str, Any]:
    """Return a user."""
    return {
        "name": each.name,
        "email": each.email,
        "admin": each.scope is Scope.admin,
        "created": when(each.created_ms),
    }


def token(each: Token) -> dict[str, Any]:
    """Return a token without its secret."""
    return {
        "id": each.id,
        "user": each.user,
        "name": each.name,
        "scope": each.scope.name,
        "created": when(each.created_ms),
        "expires": when(each.expires_ms),
    }


def on_off(closed: bool | None) -> str | None:
    """Return a relay's state as a word."""
    return None if closed is None else "on" if closed else "off"


def _dbm(csq: int | None) -> int | None:
    # 3GPP TS 27.007 section 8.5 (+CSQ): 0 is -113 dBm or less, each step 2 dB, 99 not known.
    return None if csq is None or csq > 31 else 2 * csq - 113


def _supply_v(said: Said | None) -> float | None:
    """Return what feeds the modem; a board that cannot tell does not say."""
    return None if said is None or said.supply_mv is None else said.supply_mv / 1000


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
