"""Reading JSON values tolerantly: what is not as promised is None, or empty."""

from collections.abc import Mapping
from datetime import UTC, datetime, time
from math import isfinite
from typing import Any

type Json = Mapping[str, Any]


def number_or_none(value: object) -> float | None:
    """Return a finite number, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return value if isfinite(value) else None
    except OverflowError:  # an integer beyond what a float can hold
        return None


def text_or_none(value: object) -> str | None:
    """Return a text, None for anything else."""
    return value if isinstance(value, str) else None


def time_or_none(value: object) -> datetime | None:
    """Return an RFC 3339 time in UTC, None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None


def clock_or_none(value: object) -> time | None:
    """Return a time of day such as 07:00, None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        clock = time.fromisoformat(value)
    except ValueError:
        return None
    return clock if clock.tzinfo is None else None


def object_or_empty(value: object) -> Json:
    """Return a JSON object, an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def list_or_empty(value: object) -> list[Any]:
    """Return a JSON list, an empty one for anything else."""
    return value if isinstance(value, list) else []
