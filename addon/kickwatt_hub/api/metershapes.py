"""The JSON of meters and sites: docs/api.md."""

from collections.abc import Iterable
from typing import Any

from ..meters.model import Meter, MeterConfig
from ..meters.site import Site
from ..sources.modbus.model import MeterModel
from ..store.meter_history import Value
from ..store.meter_spans import Span
from .shapes import when


def meter(each: Meter) -> dict[str, Any]:
    """Return a meter."""
    config, state = each.config, each.state
    return {
        "id": config.id,
        "name": config.name,
        "model": config.model,
        "title": config.title,
        "host": config.host,
        "port": config.port,
        "unit": config.unit,
        "site": config.location,
        "site_meter": config.polling.site_meter,
        "interval_s": config.polling.interval_s,
        "raw_days": config.polling.raw_days,
        **status(each),
        "values": values(each),
        "missing": state.missing,
    }


def status(each: Meter) -> dict[str, Any]:
    """Return how it stands with a meter."""
    state = each.state
    return {
        "online": state.online,
        "since": when(state.since_ms),
        "last_seen": when(state.heard_ms),
        "failures": state.failures,
        "error": state.error,
        "next_try": when(state.next_ms),
        "time": when(state.time_ms),
    }


def values(each: Meter) -> dict[str, Any]:
    """Return what a meter last said, by measurement; also what is to be read and has never been."""
    found = each.state.values
    return {
        name: {"value": found.get(name), **measurement(each.config, name)}
        for name in each.config.registers
    }


def measurement(config: MeterConfig, name: str) -> dict[str, Any]:
    """Return the unit of a measurement, and whether it counts."""
    register = config.registers.get(name)
    return {
        "unit": None if register is None else register.unit,
        "cumulative": name in config.cumulative,
    }


def reading(each: Value) -> dict[str, Any]:
    """Return one value of the past."""
    time_ms, value = each
    return {"time": when(time_ms), "value": value}


def span(each: Span) -> dict[str, Any]:
    """Return what the values of a span come to."""
    return {
        "time": when(each.start_ms),
        "count": each.count,
        "mean": round(each.mean, 3),
        "min": each.min,
        "max": each.max,
    }


def model(each: MeterModel) -> dict[str, Any]:
    """Return a meter model that comes with the hub."""
    return {
        "name": each.name,
        "title": each.title,
        "source": each.source,
        "bidirectional": each.bidirectional,
        "measurements": sorted(each.registers),
    }


def site(each: Site) -> dict[str, Any]:
    """Return a site."""
    return {
        "id": each.id,
        "name": each.name,
        "meters": each.meters,
        "chargers": each.chargers,
        "power_w": each.power_w,
        "chargers_w": each.chargers_w,
        "rest_w": each.rest_w,
        "unknown": each.unknown,
    }


def history(
    config: MeterConfig, name: str, found: Iterable[Value], rest_ms: int | None
) -> dict[str, Any]:
    """Return single readings of one measurement, and where the rest begins."""
    return {
        "measurement": name,
        **measurement(config, name),
        "readings": [reading(each) for each in found],
        "next": when(rest_ms),
    }


def course(
    config: MeterConfig, name: str, found: Iterable[Span], step_ms: int
) -> dict[str, Any]:
    """Return one measurement in steps."""
    return {
        "measurement": name,
        **measurement(config, name),
        "points": [span(each) for each in found],
        "step_s": step_ms // 1000,
    }
