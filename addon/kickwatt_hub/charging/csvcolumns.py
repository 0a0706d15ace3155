"""Which column of a recording holds what, whichever program wrote it.

Names are taken without units, brackets and case: `Power (W)`, `power_w` and `Leistung [W]` are one. A name that is known
exactly counts before one that only contains a known word, and an earlier name of a list before a later one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
import re

_TIME = (
    "time",
    "timestamp",
    "datetime",
    "date_time",
    "last_changed",
    "last_updated",
    "created_at",
    "elapsed",
    "elapsed_time",
    "seconds",
    "sec",
    "epoch",
    "unix",
    "unixtime",
    "unix_time",
    "ts",
    "t",
    "zeit",
    "zeitstempel",
    "uhrzeit",
    "date",
    "datum",
)
_POWER = (
    "power",
    "active_power",
    "real_power",
    "watts",
    "watt",
    "apower",
    "act_power",
    "leistung",
    "wirkleistung",
    "p",
    "w",
    "state",
    "value",
    "mean",
)
_VOLTAGE = ("voltage", "volts", "volt", "spannung", "v", "u")
_CURRENT = (
    "current",
    "amperes",
    "ampere",
    "amps",
    "amp",
    "amper",
    "strom",
    "stromstaerke",
    "a",
    "i",
)
_NAMES = {
    "time": _TIME,
    "power_w": _POWER,
    "voltage_v": _VOLTAGE,
    "current_a": _CURRENT,
}
_WORDS = {
    "time": ("time", "zeit"),
    "power_w": ("power", "watt", "leistung"),
    "voltage_v": ("volt", "spannung"),
    "current_a": ("current", "amper", "strom"),
}
_ENTITY = ("entity_id", "entity", "statistic_id")
# Other things that a meter calls power, voltage or time.
_NOT = re.compile(
    r"factor|apparent|reactive|schein|blind|energy|energie|today|yesterday|zone|max|min\b|_min|limit|returned|kwh|_wh"
)

_UNIT = re.compile(r"(?:^|_)(ms|us|ns|s|min|h|kw|mw|w|kv|mv|v|ma|a)$")
_SCALES = {
    "time": {"ms": 1e-3, "us": 1e-6, "ns": 1e-9, "min": 60.0, "h": 3600.0},
    "power_w": {"kw": 1e3, "mw": 1e-3},
    "voltage_v": {"kv": 1e3, "mv": 1e-3},
    "current_a": {"ma": 1e-3},
}


@dataclass(frozen=True, slots=True)
class Column:
    """Where something is, what one of its unit is in ours, and how the file calls it."""

    index: int
    scale: float
    name: str


@dataclass(frozen=True, slots=True)
class Columns:
    """Where time, power, voltage and current are.

    `clock` is a time of day that belongs to a date in `time`; `entity` names whose value a line holds.
    """

    time: Column
    clock: Column | None
    entity: Column | None
    power: Column | None
    voltage: Column | None
    current: Column | None


def find_columns(header: Sequence[str]) -> Columns:
    """Return where everything is.

    Raises `ValueError` with a sentence where there is no time, or neither a power nor volts and amperes.
    """
    plain = [_plain(name) for name in header]
    time = _best("time", plain, header)
    if time is None:
        raise ValueError(f"there is no column time; the columns are {_listed(header)}")
    power = _best("power_w", plain, header)
    voltage, current = (
        _best(each, plain, header) for each in ("voltage_v", "current_a")
    )
    if power is None and (voltage is None or current is None):
        raise ValueError(
            f"there is no column power_w, nor both voltage_v and current_a; the columns are {_listed(header)}"
        )
    clock = None
    date = next(
        (at for at, name in enumerate(plain) if name in {"date", "datum"}), None
    )
    if (
        date is not None
        and time.index != date
        and time.name in {"time", "zeit", "uhrzeit"}
    ):
        clock, time = time, Column(date, 1.0, plain[date])
    entity = next(
        (Column(at, 1.0, name) for at, name in enumerate(plain) if name in _ENTITY),
        None,
    )
    return Columns(time, clock, entity, power, voltage, current)


def is_power(name: str) -> bool:
    """Is that the name of a power, and of nothing else that a meter knows?"""
    return _rank("power_w", _plain(name)) is not None


def _listed(header: Sequence[str]) -> str:
    return ", ".join(name.strip() for name in header) or "missing"


def _plain(name: str) -> str:
    """Return a name in lower case with its unit, words joined by `_`: `Power (kW)` is power_kw."""
    return re.sub(
        r"[^a-z0-9µ]+", "_", name.strip().lower().removeprefix("\ufeff")
    ).strip("_")


def _best(meaning: str, plain: Sequence[str], header: Sequence[str]) -> Column | None:
    ranked = sorted(
        (rank, at)
        for at, name in enumerate(plain)
        if (rank := _rank(meaning, name)) is not None
    )
    if not ranked:
        return None
    at = ranked[0][1]
    unit = _UNIT.search(plain[at])
    scale = _SCALES[meaning].get(unit[1], 1.0) if unit else 1.0
    return Column(at, scale, _without_unit(plain[at]))


def _rank(meaning: str, name: str) -> int | None:
    """Return how well a name fits, 0 best; None where it does not."""
    names = _NAMES[meaning]
    for each in (name, _without_unit(name)):
        if each in names:
            return names.index(each)
    if _NOT.search(name):
        return None
    if any(word in name for word in _WORDS[meaning]):
        return len(names)
    return None


def _without_unit(name: str) -> str:
    return _UNIT.sub("", name) or name
