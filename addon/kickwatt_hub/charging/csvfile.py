"""A recorded charge as a CSV file: `time,power_w[,voltage_v,current_a]`."""

from collections.abc import Iterable
import csv
from dataclasses import dataclass
from datetime import UTC, datetime
import math

# Columns that have one meaning only, however other programs spell them.
NAMES = {
    "time": "time",
    "time_s": "time",
    "timestamp": "time",
    "last_changed": "time",
    "power_w": "power_w",
    "power": "power_w",
    "watts": "power_w",
    "voltage_v": "voltage_v",
    "voltage": "voltage_v",
    "current_a": "current_a",
    "current": "current_a",
}


class CsvError(ValueError):
    """The file cannot be read; the message names the line and the column."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line: seconds in the file's own time base, and what was measured then."""

    time_s: float
    power_w: float
    voltage_v: float | None = None
    current_a: float | None = None


def parse(lines: Iterable[str]) -> tuple[Row, ...]:
    """Return the rows of a file in the order of their time.

    `time` is in seconds, or ISO 8601 (then the rows have Unix seconds; without a zone it is UTC). A line without a power,
    as other programs write for "unavailable", is left out.

    Raises `CsvError`.
    """
    reader = csv.reader(lines)
    try:
        header = next(reader)
    except StopIteration:
        raise CsvError(
            "The file is empty; its first line must be `time,power_w`."
        ) from None
    columns = _columns(header)
    rows = []
    try:
        for fields in reader:
            if not any(field.strip() for field in fields):
                continue
            row = _row(fields, columns, reader.line_num)
            if row is not None:
                rows.append(row)
    except csv.Error as error:
        raise CsvError(f"Line {reader.line_num}: {error}.") from None
    if not rows:
        raise CsvError("The file has no line with a power.")
    return tuple(sorted(rows, key=lambda row: row.time_s))


def _columns(header: list[str]) -> dict[str, int]:
    """Return where each column is."""
    columns: dict[str, int] = {}
    for index, name in enumerate(header):
        known = NAMES.get(name.strip().removeprefix("\ufeff").lower())
        if known is None:
            continue
        if known in columns:
            raise CsvError(f"Line 1: there are two columns for {known}.")
        columns[known] = index
    for needed in ("time", "power_w"):
        if needed not in columns:
            raise CsvError(
                f"Line 1: there is no column {needed}; the columns are {', '.join(header) or 'missing'}."
            )
    return columns


def _row(fields: list[str], columns: dict[str, int], line: int) -> Row | None:
    """Return one line; None when no power was measured in it."""
    texts = {
        name: fields[index].strip() if index < len(fields) else ""
        for name, index in columns.items()
    }
    if texts["power_w"].lower() in {
        "",
        "unavailable",
        "unknown",
        "nan",
        "none",
        "null",
    }:
        return None
    return Row(
        _time_s(texts["time"], line),
        max(0.0, _number(texts["power_w"], line, "power_w")),
        _number_or_none(texts.get("voltage_v", ""), line, "voltage_v"),
        _number_or_none(texts.get("current_a", ""), line, "current_a"),
    )


def _time_s(text: str, line: int) -> float:
    """Return seconds."""
    try:
        moment = (
            datetime.fromisoformat(text) if "-" in text[1:] or ":" in text else None
        )
    except ValueError:
        raise CsvError(f"Line {line}, column time: {text!r} is not a time.") from None
    if moment is None:
        return _number(text, line, "time")
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.timestamp()


def _number_or_none(text: str, line: int, column: str) -> float | None:
    """Return a number where there is one."""
    return _number(text, line, column) if text else None


def _number(text: str, line: int, column: str) -> float:
    """Return a finite number."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise CsvError(f"Line {line}, column {column}: {text!r} is not a number.")
    return number
