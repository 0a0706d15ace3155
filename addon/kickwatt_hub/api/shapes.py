"""The JSON of docs/api.md."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from .. import API_VERSION, __version__
from ..charging.cost import Price
from ..charging.health import LEAST_CHARGES, Health
from ..charging.mode import ModeSettings, Planned, Progress
from ..charging.modes import wish
from ..charging.periods import Total
from ..charging.profile import Profile
from ..model import (
    Charger,
    Forecast,
    Order,
    Reading,
    Said,
    Scope,
    Session,
    SessionCost,
    Source,
    Token,
    User,
)
from ..pricing import Chosen
from ..store.insights import Decided
from ..store.retired import RetiredCharger
from ..store.rollups import Bucket, Stat


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
        # One release stamps one version on all parts, so this is the newest firmware that the hub knows.
        "firmware": __version__,
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
        "clock_off_s": _clock_off_s(each),
        "state": each.state,
        "trips": each.said.trips if each.said else (),
        "relay": {
            "reported": on_off(each.relay_on),
            "desired": on_off(each.desired_on),
            "pending": each.order is not None and each.order.state == "pending",
            "reason": each.said.why if each.said else None,
        },
        "reading": None if each.reading is None else _reading(each.reading),
        "session": None if each.session is None else session(each.session, each.cost),
        "charge": {
            "phase": each.charge_phase,
            "full": None if each.forecast is None else _forecast(each.forecast),
        },
        "settings": {
            "cutoff_w": settings.cutoff_w,
            "hold_s": settings.hold_s,
            "max_hours": settings.max_hours,
            "max_wh": settings.max_wh,
            "max_a": settings.max_a,
            "rule": settings.rule,
            "balance_min": settings.balance_min,
            "pending": each.settings_pending,
        },
        "mode": _mode(each.mode),
        "progress": _progress(each.progress),
        "source": None if each.source is None else _source(each.source),
    }


def _source(each: Source) -> dict[str, Any]:
    return {
        "url": each.url,
        "remote_id": each.remote_id,
        "state": each.state,
        "since": when(each.since_ms),
        "message": each.message,
        "engine_io": each.engine_io,
    }


def _clock_off_s(each: Charger) -> int | None:
    """Return by how much the board's clock is ahead of the hub's, as both were at its last message."""
    clock = each.said.clock if each.said else None
    if clock is None or each.last_seen_ms is None or each.simulated:
        return None
    return clock - each.last_seen_ms // 1000


def _mode(each: ModeSettings) -> dict[str, Any]:
    return {
        "name": each.mode,
        "target_wh": each.target_wh,
        "target_percent": each.target_percent,
        "hours": each.hours,
        "ready_by": each.ready_by,
        "zone": each.zone,
        "prefer": each.prefer,
        "probe": each.probe,
        "learned_caps": each.learned_caps,
    }


def _progress(each: Progress) -> dict[str, Any]:
    return {
        "step": each.step,
        "why": each.why,
        "wish": on_off(wish(each).on),
        "since": when(each.since_ms or None),
        "ready": when(each.ready_ms),
        "plan": None if each.plan is None else plan(each.plan),
    }


def plan(each: Planned) -> dict[str, Any]:
    """Return a plan."""
    hours = sum(end_ms - start_ms for start_ms, end_ms in each.runs) / 3_600_000
    return {
        "runs": [
            {"start": when(start_ms), "end": when(end_ms)}
            for start_ms, end_ms in each.runs
        ],
        "hours": hours,
        "energy_wh": round(each.need_wh, 1),
        "cost": _rounded(each.cost, 4),
        "cost_at_once": _rounded(each.cost_at_once, 4),
        "currency": each.currency,
        "in_time": each.in_time,
        "learned": each.learned,
    }


def tariffs(chosen: Sequence[Chosen]) -> dict[str, Any]:
    """Return the newest tariff, and all that were ever chosen, oldest first."""
    shown = [
        {"from": when(each.from_ms), **msgspec.to_builtins(each.definition)}
        for each in chosen
    ]
    return {"tariff": shown[-1] if shown else None, "tariffs": shown}


def price(each: Price) -> dict[str, Any]:
    """Return a price."""
    return {
        "start": when(each.start_ms),
        "end": when(each.end_ms),
        "per_kwh": None if each.per_kwh is None else float(each.per_kwh),
    }


def reading(each: Reading) -> dict[str, Any]:
    """Return a reading of the past."""
    return {**_reading(each), "relay": on_off(each.relay_on)}


def point(each: Bucket) -> dict[str, Any]:
    """Return what the readings of a span come to."""
    return {
        "time": when(each.start_ms),
        "count": each.count,
        "power_w": _stat(each.power_w, 1),
        "voltage_v": _stat(each.voltage_v, 1),
        "current_a": _stat(each.current_a, 3),
        "energy_wh": _rounded(each.energy_wh, 3),
    }


def _stat(each: Stat | None, digits: int) -> dict[str, Any] | None:
    if each is None:
        return None
    return {"mean": round(each.mean, digits), "min": each.min, "max": each.max}


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


def session(each: Session, cost: SessionCost | None = None) -> dict[str, Any]:
    """Return a session with what it has cost, if that is known."""
    if cost is not None and cost.session_id != each.id:
        cost = None  # of the session before
    return {
        "id": each.id,
        "start": when(each.start_ms),
        "end": when(each.end_ms),
        "energy_wh": _rounded(each.energy_wh, 1),
        "peak_power_w": _rounded(each.peak_power_w, 1),
        "end_reason": each.end_reason,
        "cost": None if cost is None else float(round(cost.amount, 4)),
        "currency": None if cost is None else cost.currency,
        "unpriced_wh": None if cost is None else round(cost.unpriced_wh, 1),
    }


def _forecast(each: Forecast) -> dict[str, Any]:
    return {
        "expected": when(each.full_ms // 1000 * 1000),
        "earliest": when(each.low_ms // 1000 * 1000),
        "latest": when(each.high_ms // 1000 * 1000),
        "learned": each.learned,
        "as_of": when(each.at_ms),
    }


def decision(each: Decided) -> dict[str, Any]:
    """Return a decision."""
    what = each.decision
    return {
        "time": when(what.at_ms),
        "since": when(what.since_ms),
        "by": "board" if each.by_board else "hub",
        "session": each.session,
        "decision": what.what,
        "rule": what.rule,
        "why": what.why,
        "numbers": what.numbers,
        "levels": [
            {"time": when(time_ms), "power_w": power_w}
            for time_ms, power_w in what.readings
        ],
    }


def learned(profile: Profile) -> dict[str, Any]:
    """Return what the charges of a charger have taught."""
    return {
        "trusted": profile.trusted,
        "idle_w": _rounded(profile.idle_w, 2),
        "plateau_w": _rounded(profile.plateau_w, 1),
        "tail_tau_s": _rounded(profile.tail_tau_s, 0),
        "energy_wh": _rounded(profile.energy_wh, 1),
        "duration_s": _rounded(profile.duration_s, 0),
        "charges": [
            {
                "start": when(each.start_ms),
                "duration_s": round(each.duration_s),
                "energy_wh": round(each.energy_wh, 1),
                "power_w": [round(power_w, 1) for power_w in each.curve_w],
            }
            for each in profile.charges
        ],
    }


def health(found: Health | None, charges: int) -> dict[str, Any]:
    """Return the health of a battery; `charges` have become full, whole or not."""
    return {
        "charges": charges,
        "needed": LEAST_CHARGES,
        "whole_charges": found.charges if found else None,
        "capacity_percent": _rounded(found.index, 1) if found else None,
        "trend_percent_per_year": _rounded(found.trend, 1) if found else None,
        "trend_low": _rounded(found.trend_low, 1) if found else None,
        "trend_high": _rounded(found.trend_high, 1) if found else None,
        "tail_share": _rounded(found.tail_share, 3) if found else None,
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


def total(each: Total) -> dict[str, Any]:
    """Return what the charges of a period came to."""
    return {
        "start": when(each.start_ms),
        "end": when(each.end_ms),
        "sessions": each.sessions,
        "energy_wh": round(each.energy_wh, 1),
        "costs": [
            {"currency": currency, "amount": float(round(amount, 4))}
            for currency, amount in sorted(each.costs.items())
        ],
    }


def retired(each: RetiredCharger) -> dict[str, Any]:
    """Return a charger that was removed while its history was kept."""
    return {
        "id": each.id,
        "name": each.name,
        "kind": each.kind,
        "removed": when(each.retired_ms),
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
