"""What boards send: S1 messages, and the format of the seed's GSM tracker, as readings.

S1 is docs/protocol.md. Both formats are decoded whole or refused whole, and a refusal names the field.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import repeat
from operator import attrgetter
import re
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from ..model import (
    CLOCK_AHEAD_MS,
    CLOCK_BEGAN_MS,
    LegacyFormat,
    Position,
    Reading,
    Said,
)

MAX_JSON = 16_384
MAX_BODY = 64 + 1 + MAX_JSON
MAX_LEGACY = 128 * 1024  # a thousand rows, and room

_MOST = 2**31 - 1
_LAST_SECOND = 253_402_300_799  # of the year 9999, as Unix time

type _Count = Annotated[int, Meta(ge=1, le=_MOST)]
type _Seconds = Annotated[int, Meta(ge=0, le=_LAST_SECOND)]
type _Zero = Annotated[int, Meta(ge=0, le=_MOST)]
type _Bit = Annotated[int, Meta(ge=0, le=1)]
type Trip = Literal[
    "over_current",
    "over_power",
    "over_voltage",
    "under_voltage",
    "session_time",
    "session_energy",
    "sensor_lost",
    "welded",
    "flapping",
    "resets",
]


class Sample(Struct, frozen=True, array_like=True, gc=False):
    """One sample of an S1 message."""

    number: _Count
    age_s: Annotated[int, Meta(ge=0, le=5_184_000)]
    relay: _Bit
    voltage_dv: Annotated[int, Meta(ge=0, le=5_000)]
    current_ma: Annotated[int, Meta(ge=0, le=100_000)]
    power_dw: Annotated[int, Meta(ge=0, le=250_000)] | None
    energy_wh: _Zero | None
    power_factor_pct: Annotated[int, Meta(ge=0, le=100)] | None


class Message(Struct, frozen=True):
    """An S1 message, validated."""

    v: Literal[1]
    boot: _Count
    seq: _Count
    nonce: Annotated[str, Meta(pattern=r"^[0-9a-fA-F]{16}\Z")]
    fw: Annotated[str, Meta(max_length=32)]
    up: _Zero
    reset: Literal[
        "power_on",
        "brownout",
        "software",
        "watchdog",
        "reset_pin",
        "safe_mode",
        "unknown",
    ]
    clock: _Seconds | None
    csq: Annotated[int, Meta(ge=0, le=99)]
    state: Literal["off", "idle", "charging", "done", "tripped"]
    relay: _Bit
    why: Literal["boot", "order", "button", "lease", "cut_off", "idle", "trip"]
    trips: Annotated[list[Trip], Meta(max_length=10)]
    order: _Zero
    refused: Literal["trip", "sensor", "flapping", "ended", "remote"] | None
    rev: _Zero
    left: _Zero
    samples: Annotated[list[Sample], Meta(max_length=200)]
    supply_mv: Annotated[int, Meta(ge=0, le=20_000)] | None = None
    next_s: Annotated[int, Meta(ge=1, le=86_400)] | None = None

    def said(self) -> Said:
        """Return what the board says about itself."""
        return Said(
            fw=self.fw,
            up=self.up,
            reset=self.reset,
            clock=self.clock,
            csq=self.csq,
            state=self.state,
            relay=self.relay,
            why=self.why,
            trips=tuple(self.trips),
            order=self.order,
            refused=self.refused,
            rev=self.rev,
            left=self.left,
            supply_mv=self.supply_mv,
            next_s=self.next_s,
        )

    def readings(self, arrival_ms: int, after: int) -> tuple[Reading, ...]:
        """Return the samples numbered above `after`, dated by arrival less age."""
        return tuple(
            Reading(
                position=Position(self.boot, sample.number),
                time_ms=arrival_ms - sample.age_s * 1000,
                relay_on=bool(sample.relay),
                voltage_v=sample.voltage_dv / 10,
                current_a=sample.current_ma / 1000,
                power_w=None if sample.power_dw is None else sample.power_dw / 10,
                power_factor=None
                if sample.power_factor_pct is None
                else sample.power_factor_pct / 100,
                meter_wh=sample.energy_wh,
            )
            for sample in self.samples
            if sample.number > after
        )


class MessageError(Exception):
    """An S1 message is wrong in one field."""

    def __init__(self, field: str, message: str) -> None:
        """Say which field, and what was expected."""
        super().__init__(message)
        self.field = field


class SampleError(MessageError):
    """An S1 message is wrong in one sample, which the board may drop."""

    def __init__(self, number: int, field: str, message: str) -> None:
        """Say which sample and field, and what was expected."""
        super().__init__(field, message)
        self.number = number


class _Samples(Struct):
    samples: list[list[Any]]


_MESSAGE = msgspec.json.Decoder(Message)
_SAMPLES = msgspec.json.Decoder(_Samples)
_AT = re.compile(r" - at `\$\.?(.*)`\Z")
_SAMPLE = re.compile(r"samples\[(\d+)\](?:\[(\d+)\])?\Z")
_MISSING = re.compile(r"Object missing required field `(\w+)`")


def decode(json: bytes) -> Message:
    """Return the message. Raises MessageError, and its SampleError when one sample is to blame."""
    try:
        message = _MESSAGE.decode(json)
    except msgspec.ValidationError as error:
        raise _refusal(json, str(error)) from None
    except msgspec.DecodeError, UnicodeDecodeError, RecursionError:
        raise MessageError("json", "expected one JSON object") from None
    last = 0
    for sample in message.samples:
        if sample.number <= last:
            raise SampleError(
                sample.number, "number", f"expected more than {last}, the one before"
            )
        last = sample.number
    return message


def _refusal(json: bytes, text: str) -> MessageError:
    """Turn msgspec's sentence into field and expectation."""
    at = _AT.search(text)
    path = at[1] if at else ""
    what = text[: at.start()] if at else text
    found = _SAMPLE.match(path)
    if found is None:
        missing = _MISSING.match(what)
        field = missing[1] if missing and not path else path.partition("[")[0] or "json"
        return MessageError(field, _expected(what))
    index = int(found[1])
    number = _number(json, index)
    field = Sample.__struct_fields__[int(found[2])] if found[2] else "sample"
    if number is None:
        return MessageError("samples", f"sample {index + 1} has no valid number")
    if found[2]:
        return SampleError(number, field, _expected(what, index, int(found[2])))
    return SampleError(number, field, _expected(what))


_RANGES = (
    (1, _MOST),
    (0, 5_184_000),
    (0, 1),
    (0, 5_000),
    (0, 100_000),
    (0, 250_000),
    (0, _MOST),
    (0, 100),
)


def _expected(what: str, _index: int = 0, element: int | None = None) -> str:
    if element is not None and what.startswith("Expected `int` "):
        low, high = _RANGES[element]
        return f"expected {low}..{high}"
    return what[:1].lower() + what[1:].replace("`", "'")


def _number(json: bytes, index: int) -> int | None:
    """Return the number of a sample that may be wrong elsewhere."""
    try:
        sample = _SAMPLES.decode(json).samples[index]
    except msgspec.DecodeError, UnicodeDecodeError, RecursionError, IndexError:
        return None
    number = sample[0] if sample else None
    return number if type(number) is int and 1 <= number <= _MOST else None


# --- the seed's format -------------------------------------------------------------------------------------------


class LegacyError(Exception):
    """A body in the seed's format is wrong; the text names element and field."""


class LegacyNotJsonError(LegacyError):
    """A body in the seed's format is no JSON at all."""


class LegacyRow(Struct, gc=False):
    """One row of the seed's format, as it was sent."""

    amper: Annotated[float, Meta(ge=0, le=1_000_000)]
    data: str
    signal: Annotated[int, Meta(ge=0, le=99)]
    volt: Annotated[float, Meta(ge=0, le=100_000)]


class _LegacyBody(Struct):
    msg: Annotated[list[LegacyRow], Meta(max_length=1_000)]


class LegacyRows(Struct, frozen=True):
    """A body in the seed's format: its rows, and when each of them was."""

    rows: list[LegacyRow]
    times_ms: list[int]

    def readings(self, after: int, unit: str) -> list[Reading]:
        """Return them as readings, numbered from `after` + 1 on; `unit` is what one `amper` is, "mA" or "dA"."""
        per_ampere = 1000 if unit == "mA" else 10
        numbers = range(after + 1, after + 1 + len(self.rows))
        volts = [row.volt / 10 for row in self.rows]
        amperes = [row.amper / per_ampere for row in self.rows]
        positions = map(Position, repeat(0, len(numbers)), numbers, strict=True)
        return [
            Reading(position, time_ms, None, volt, ampere, None, None, None)
            for position, time_ms, volt, ampere in zip(
                positions, self.times_ms, volts, amperes, strict=True
            )
        ]


_LEGACY = msgspec.json.Decoder(_LegacyBody)
_KEPT = msgspec.json.Decoder(LegacyRow)
# yy/MM/dd,hh:mm:ss as 3GPP TS 27.007 section 8.15 (+CCLK) has it, with the zone in quarters of an hour or without.
_CCLK = re.compile(r"(\d\d)/(\d\d)/(\d\d),(\d\d):(\d\d):(\d\d)([+-]\d\d)?\Z", re.ASCII)


def decode_legacy(body: bytes, form: LegacyFormat) -> LegacyRows:
    """Return the rows of `{"msg": […]}` in their order. Raises LegacyError."""
    try:
        rows = _LEGACY.decode(body).msg
    except msgspec.ValidationError as error:
        raise LegacyError(_legacy_refusal(str(error))) from None
    except msgspec.DecodeError, UnicodeDecodeError, RecursionError:
        raise LegacyNotJsonError("This is not JSON.") from None
    return LegacyRows(rows, _legacy_times_ms(rows, form))


def in_order(
    readings: Iterable[Reading], after_ms: int, arrival_ms: int
) -> tuple[Reading, ...]:
    """Return the legacy readings that continue what is known until `after_ms`, in the order of their time.

    Their time is the device's own. One that is late was overtaken; one from far in the future shows a wrong clock,
    and would make every true one after it look late.
    """
    after_ms = max(after_ms, CLOCK_BEGAN_MS)
    until_ms = arrival_ms + CLOCK_AHEAD_MS
    by_time = sorted(readings, key=_time_ms)
    if by_time and after_ms < by_time[0].time_ms and by_time[-1].time_ms <= until_ms:
        return tuple(by_time)
    return tuple(
        reading for reading in by_time if after_ms < reading.time_ms <= until_ms
    )


def overtaken_ms(readings: Iterable[Reading], after_ms: int) -> int | None:
    """Return the time of the first of these legacy readings that comes after newer ones; None if none does."""
    times_ms = [*map(_time_ms, readings)]
    if not times_ms or min(times_ms) > after_ms:
        return None
    return min(
        (time_ms for time_ms in times_ms if CLOCK_BEGAN_MS < time_ms <= after_ms),
        default=None,
    )


def legacy_signal(reply: bytes | None) -> int | None:
    """Return the signal of the row that was kept with `row_json`."""
    return None if reply is None else _KEPT.decode(reply).signal


def row_json(row: LegacyRow) -> bytes:
    """Return a row as the seed's middleware shows it: keys sorted, `amper` and `volt` as floats."""
    return msgspec.json.encode(
        {
            "amper": row.amper,
            "data": row.data,
            "signal": row.signal,
            "volt": row.volt,
        }
    )


def _legacy_refusal(text: str) -> str:
    at = _AT.search(text)
    what = text[: at.start()] if at else text
    return f"{at[1] if at and at[1] else 'body'}: {_expected(what)}"


_time_ms = attrgetter("time_ms")

# Nearly all rows have a time of this form, and a minute has many of them.
_SECONDS_MS = {f"{second:02}": second * 1000 for second in range(60)}


@lru_cache(maxsize=4096)
def _minute_ms(text: str) -> int:
    """Return when the minute `yy/MM/dd,hh:mm:` began in UTC. Raises ValueError when it is none."""
    minute = datetime.strptime(f"20{text}", "%Y/%m/%d,%H:%M:").replace(tzinfo=UTC)
    if text != f"{minute:%y/%m/%d,%H:%M:}":
        raise ValueError
    return int(minute.timestamp() * 1000)


def _legacy_times_ms(rows: Iterable[LegacyRow], form: LegacyFormat) -> list[int]:
    offset_ms = form.utc_offset_min * 60_000
    texts = [row.data for row in rows]
    try:
        return [
            _minute_ms(text[:15]) + _SECONDS_MS[text[15:]] - offset_ms for text in texts
        ]
    except ValueError, KeyError:
        return [
            _any_legacy_time_ms(index, text, form) for index, text in enumerate(texts)
        ]


def _any_legacy_time_ms(index: int, data: str, form: LegacyFormat) -> int:
    parts = _CCLK.match(data)
    if parts is None:
        raise LegacyError(
            f"msg[{index}].data: expected yy/MM/dd,hh:mm:ss or yy/MM/dd,hh:mm:ss±zz"
        )
    year, month, day, hour, minute, second = (int(part) for part in parts.groups()[:6])
    offset = timedelta(minutes=int(parts[7]) * 15 if parts[7] else form.utc_offset_min)
    try:
        moment = (
            datetime(2000 + year, month, day, hour, minute, second, tzinfo=UTC) - offset
        )
    except ValueError as error:
        raise LegacyError(f"msg[{index}].data: {error}") from None
    return int(moment.timestamp() * 1000)
