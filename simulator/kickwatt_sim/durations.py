"""Durations as people write them: `90s`, `10m`, `1h30m`, `2d`, or a number of seconds."""

import re
from typing import Final

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)([smhd])")


def seconds(text: str | float) -> float:
    """Return a duration in seconds. Raises ValueError with a sentence for the user."""
    if isinstance(text, (int, float)) and not isinstance(text, bool):
        return float(text)
    plain = str(text).strip().lower()
    if re.fullmatch(r"\d+(\.\d+)?", plain):
        return float(plain)
    parts = _PART.findall(plain)
    if not parts or "".join(number + unit for number, unit in parts) != plain:
        raise ValueError(
            f"'{text}' is not a duration; write it like 90s, 10m, 1h30m or 2d"
        )
    return sum(float(number) * _UNITS[unit] for number, unit in parts)
