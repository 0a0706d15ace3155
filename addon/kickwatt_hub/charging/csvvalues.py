"""Numbers and times as programs and spreadsheets write them."""

from datetime import UTC, datetime
import math
import re

NOT_MEASURED = frozenset(
    ("", "unavailable", "unknown", "nan", "none", "null", "n/a", "na", "-", "--")
)

# Whole calendars in other orders than ISO's.
_CALENDARS = (
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M:%S.%f",
    "%d.%m.%Y %H:%M",
    "%d.%m.%y %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M:%S.%f",
    "%Y/%m/%d %H:%M",
    "%Y-%m-%d %H:%M:%S %z",
)
_CLOCK = re.compile(r"(\d{1,3}):(\d\d)(?::(\d\d(?:[.,]\d+)?))?\Z")
_UNIT = re.compile(r"\s*(?:k?W|VA|V|m?A|s|°C)\Z")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:[.,]\d{3})+[.,]\d+\Z")

# Unix time in these units is larger than that; in seconds it is not before the year 5138.
_UNITS = ((1e17, 1e-9), (1e14, 1e-6), (1e11, 1e-3))


def number(text: str) -> float:
    """Return a finite number, written with a point or a comma. Raises `ValueError` with what is wrong."""
    plain = _UNIT.sub("", text.strip()).replace("\u2212", "-").replace("\u00a0", "")
    if _GROUPED.match(plain):
        at = max(plain.rfind("."), plain.rfind(","))
        plain = plain[:at].replace(",", "").replace(".", "") + "." + plain[at + 1 :]
    elif plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    try:
        value = float(plain)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or "_" in plain:
        raise ValueError(f"{text!r} is not a number")
    return value


def seconds(text: str, scale: float) -> float:
    """Return a time in seconds: Unix time for one on the calendar, else in the file's own time base.

    A number counts units of `scale` seconds, or is Unix time in milliseconds and finer when it is as large as that.
    A calendar without a zone is taken for UTC. Raises `ValueError` with what is wrong.
    """
    text = text.strip()
    clock = _CLOCK.match(text)
    if clock:
        hours, minutes, rest = clock.groups()
        return (
            int(hours) * 3600.0
            + int(minutes) * 60.0
            + float((rest or "0").replace(",", "."))
        )
    if ("-" in text[1:] and not re.fullmatch(r"[\d.,]+[eE]-?\d+", text)) or ":" in text:
        return _calendar(text).timestamp()
    value = number(text)
    if scale == 1.0:
        scale = next((each for above, each in _UNITS if abs(value) > above), 1.0)
    return value * scale


def _calendar(text: str) -> datetime:
    moment = None
    try:
        moment = datetime.fromisoformat(text.replace(" UTC", "Z"))
    except ValueError:
        for calendar in _CALENDARS:
            try:
                moment = datetime.strptime(text, calendar)
                break
            except ValueError:
                continue
    if moment is None:
        raise ValueError(f"{text!r} is not a time")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
