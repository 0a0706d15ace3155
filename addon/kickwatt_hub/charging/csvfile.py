"""A recorded charge as a CSV file: `time,power_w[,voltage_v,current_a]`, or whatever a plug's own program exports."""

from collections.abc import Iterable, Iterator, Sequence
import csv
from dataclasses import dataclass
from pathlib import Path

from .csvcolumns import Column, Columns, find_columns, is_power
from .csvvalues import NOT_MEASURED, number, seconds

HALF_DAY_S = 43_200.0
PLAIN = ["time", "power_w", "voltage_v", "current_a"]
"""The columns of a file without a header."""


class CsvError(ValueError):
    """The file cannot be read; the message is one sentence that names the line and the column."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line: seconds in the file's own time base, and what was measured then.

    `apparent` says that `power_w` is volts times amperes, because the file has no power.
    """

    time_s: float
    power_w: float
    voltage_v: float | None = None
    current_a: float | None = None
    apparent: bool = False


def read(path: Path) -> tuple[Row, ...]:
    """Return the rows of a file in any usual encoding. Raises `CsvError` and `OSError`."""
    return parse(text(path.read_bytes()).splitlines(keepends=True))


def text(data: bytes) -> str:
    """Return what a file says, in any usual encoding. Raises `CsvError`."""
    if b"\0" in data[:4096] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise CsvError("This is not a text file.")
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        # What is not UTF-8 comes from an old spreadsheet; only a name can look odd then, no number.
        return data.decode("latin-1")


def parse(lines: Iterable[str]) -> tuple[Row, ...]:
    """Return the rows of a file in the order of their time.

    Columns may have other names and units, other columns may stand between them, the separator may be a comma, a
    semicolon or a tab, and the decimal separator a point or a comma. `time` counts seconds, is Unix time in seconds or
    milliseconds, a time of day, or stands on the calendar (then the rows have Unix seconds; without a zone it is UTC). A
    line without a power, as other programs write for "unavailable", is left out; of two lines of one instant the later
    counts. Where there is no power but volts and amperes, the power is apparent.

    Raises `CsvError`.
    """
    numbered = _content(lines)
    first = next(numbered, None)
    if first is None:
        raise CsvError("The file is empty; its first line must be `time,power_w`.")
    separator = _separator(first[1])
    columns, width = _header(first, separator)
    table = list(
        _fields(numbered if width else _again(first, numbered), separator, width)
    )
    rows: dict[float, Row] = {}
    day_s, before_s = 0.0, 0.0
    for line, fields in _of_one_entity(table, columns):
        row = _row(fields, columns, line)
        if row is None:
            continue
        time_s = row.time_s + day_s
        if (
            day_s == 0.0
            and _is_clock(fields, columns)
            and row.time_s < before_s - HALF_DAY_S
        ):
            day_s = 2 * HALF_DAY_S  # past midnight
            time_s += day_s
        before_s = row.time_s
        rows[time_s] = Row(
            time_s, row.power_w, row.voltage_v, row.current_a, row.apparent
        )
    if not rows:
        raise CsvError("The file has no line with a power.")
    return tuple(rows[time_s] for time_s in sorted(rows))


type _Line = tuple[int, str]
type _Fields = tuple[int, list[str]]


def _content(lines: Iterable[str]) -> Iterator[_Line]:
    """Yield the lines that say something, with their numbers."""
    for number_, line in enumerate(lines, 1):
        text = line.removeprefix("\ufeff")
        bare = text.strip().strip(",;\t ")
        if bare and not bare.startswith("#") and not bare.lower().startswith("sep="):
            yield number_, text


def _again(first: _Line, rest: Iterator[_Line]) -> Iterator[_Line]:
    yield first
    yield from rest


def _separator(header: str) -> str:
    return next((each for each in ";\t|" if each in header), ",")


def _fields(lines: Iterable[_Line], separator: str, width: int) -> Iterator[_Fields]:
    """Yield the fields of every line, with the number of the line; more than `width` are not possible, unless that is 0."""
    for line, text in lines:
        try:
            fields = next(csv.reader([text], delimiter=separator), [])
        except csv.Error as error:
            raise CsvError(f"Line {line}: {error}.") from None
        if width and any(field.strip() for field in fields[width:]):
            raise CsvError(
                f"Line {line}: there are {len(fields)} fields for {width} columns; with decimal commas, fields must be "
                "separated by semicolons."
            )
        yield line, fields


def _header(first: _Line, separator: str) -> tuple[Columns, int]:
    """Return where each column is, and how many the first line names; 0 where it is a line of values itself."""
    line, fields = next(_fields([first], separator, 0))
    if len(fields) >= 2 and _is_data(fields):
        return find_columns(PLAIN[: len(fields)]), 0
    try:
        return find_columns(fields), len(fields)
    except ValueError as error:
        raise CsvError(f"Line {line}: {error}.") from None


def _of_one_entity(table: Sequence[_Fields], columns: Columns) -> Iterable[_Fields]:
    """Leave out the lines of other entities than the one that is a power, as Home Assistant exports several in one file."""
    column = columns.entity
    if column is None:
        return table
    names = sorted({_text(fields, column) for _, fields in table})
    powers = [name for name in names if is_power(name)] if len(names) > 1 else names
    if len(powers) != 1:
        raise CsvError(
            f"The file has readings of {', '.join(names)}; keep only those of one power."
        )
    return [each for each in table if _text(each[1], column) == powers[0]]


def _is_data(fields: Sequence[str]) -> bool:
    try:
        seconds(fields[0], 1.0)
        number(fields[1])
    except ValueError:
        return False
    return True


def _is_clock(fields: Sequence[str], columns: Columns) -> bool:
    """Is the time one of a day, which starts again at midnight?"""
    text = _text(fields, columns.time)
    return columns.clock is None and ":" in text and not any(c in text for c in "-/.T ")


def _row(fields: Sequence[str], columns: Columns, line: int) -> Row | None:
    """Return one line; None when no power was measured in it."""
    voltage_v = _measured(fields, columns.voltage, "voltage_v", line)
    current_a = _measured(fields, columns.current, "current_a", line)
    if columns.power is not None:
        power_w = _measured(fields, columns.power, "power_w", line)
    else:
        power_w = (
            None if voltage_v is None or current_a is None else voltage_v * current_a
        )
    if power_w is None:
        return None
    return Row(
        _time_s(fields, columns, line),
        max(0.0, power_w),
        voltage_v,
        current_a,
        columns.power is None,
    )


def _time_s(fields: Sequence[str], columns: Columns, line: int) -> float:
    text = _text(fields, columns.time)
    if columns.clock is not None:
        text = f"{text} {_text(fields, columns.clock)}"
    try:
        return seconds(text, columns.time.scale)
    except (ValueError, OverflowError) as error:
        raise CsvError(f"Line {line}, column time: {error}.") from None


def _measured(
    fields: Sequence[str], column: Column | None, name: str, line: int
) -> float | None:
    """Return a number where there is one."""
    if column is None:
        return None
    text = _text(fields, column)
    if text.lower() in NOT_MEASURED:
        return None
    try:
        return number(text) * column.scale
    except ValueError as error:
        raise CsvError(f"Line {line}, column {name}: {error}.") from None


def _text(fields: Sequence[str], column: Column) -> str:
    return fields[column.index].strip() if column.index < len(fields) else ""
