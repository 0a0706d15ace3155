"""What one field of a body may hold. Sentences are those that the clients of this API know (Django REST framework's)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
import math
import re
from typing import Literal

from .refusals import Errors

REQUIRED = "This field is required."
_NULL = "This field may not be null."
_BLANK = "This field may not be blank."
_INT_MAX = 2**31 - 1
PLAIN = "^[!-~]([ -~]*[!-~])?$"
"""Printable text without blanks at its ends; letters beyond ASCII are taken as well."""
_ID = {"type": "integer"}
_NAME = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": PLAIN}
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+\Z")


class WrongError(Exception):
    """A value is not what its field holds; the text says what it should be."""


@dataclass(frozen=True, slots=True)
class Reader[T]:
    """Reads a value, or raises WrongError; `schema` is the JSON Schema of what every client should send."""

    schema: Mapping[str, object]
    read: Callable[[object], T]

    def __call__(self, value: object) -> T:
        """Read it."""
        return self.read(value)


@dataclass(frozen=True, slots=True)
class Reference:
    """The key of another thing, to be looked up: `kind` says among what."""

    kind: Literal["user", "location", "meter", "measurement"]
    key: int | str


@dataclass(frozen=True, slots=True)
class Field:
    """One field: how it is read, and what stands for it when it is left out (None: it must be there)."""

    read: Reader[object]
    nullable: bool = False
    default: Callable[[], object] | None = None
    other_names: tuple[str, ...] = field(default=())


def read(
    fields: Mapping[str, Field], body: Mapping[str, object], *, partial: bool
) -> tuple[dict[str, object], Errors]:
    """Return the values of a body and what is wrong with it; what the fields do not name is ignored.

    `partial`: what is left out is left as it is.
    """
    values: dict[str, object] = {}
    errors: Errors = {}
    for name, each in fields.items():
        given = next(
            (other for other in (name, *each.other_names) if other in body), None
        )
        if given is None:
            if partial:
                continue
            if each.default is None:
                errors[name] = [REQUIRED]
            else:
                values[name] = each.default()
            continue
        value = body[given]
        if value is None:
            if each.nullable:
                values[name] = None
            else:
                errors[given] = [_NULL]
            continue
        try:
            values[name] = each.read(value)
        except WrongError as error:
            errors[given] = [str(error)]
    return values, errors


def text(most: int, *, pattern: str | None = None) -> Reader[str]:
    """Return a reader of text of 1 to `most` characters; a number will do, as it does for a house number."""

    def reader(value: object) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise WrongError("Not a valid string.")
        written = str(value).strip()
        if not written:
            raise WrongError(_BLANK)
        if len(written) > most:
            raise WrongError(f"Ensure this field has no more than {most} characters.")
        if any(not letter.isprintable() for letter in written) or (
            pattern is not None and re.fullmatch(pattern, written) is None
        ):
            raise WrongError("Enter a valid value.")
        return written

    return Reader(
        {
            "type": "string",
            "minLength": 1,
            "maxLength": most,
            "pattern": f"^{pattern}$" if pattern else PLAIN,
        },
        reader,
    )


def secret(least: int, most: int) -> Reader[str]:
    """Return a reader of passwords: any characters, as they are."""

    def reader(value: object) -> str:
        if not isinstance(value, str):
            raise WrongError("Not a valid string.")
        if len(value) < least:
            raise WrongError(
                f"This password is too short. It must contain at least {least} characters."
            )
        if len(value) > most:
            raise WrongError(f"Ensure this field has no more than {most} characters.")
        return value

    return Reader(
        {"type": "string", "minLength": least, "maxLength": most, "format": "password"},
        reader,
    )


def _email(value: object) -> str:
    """Read an address."""
    if (
        not isinstance(value, str)
        or len(value) > 254
        or not value.strip().isprintable()
        or _EMAIL.match(value.strip()) is None
    ):
        raise WrongError("Enter a valid email address.")
    return value.strip()


def whole(least: int, most: int = _INT_MAX) -> Reader[int]:
    """Return a reader of whole numbers; one written as text will do."""

    def reader(value: object) -> int:
        number = _int(value)
        if number is None:
            raise WrongError("A valid integer is required.")
        if number < least:
            raise WrongError(f"Ensure this value is greater than or equal to {least}.")
        if number > most:
            raise WrongError(f"Ensure this value is less than or equal to {most}.")
        return number

    return Reader({"type": "integer", "minimum": least, "maximum": most}, reader)


def _decimal(value: object) -> float:
    """Read a finite number."""
    try:
        number = float(value) if isinstance(value, str | int | float) else math.nan
    except ValueError, OverflowError:
        number = math.nan
    if isinstance(value, bool) or not math.isfinite(number):
        raise WrongError("A valid number is required.")
    return number


def between(least: float, most: float) -> Reader[float]:
    """Return a reader of numbers within bounds."""

    def reader(value: object) -> float:
        number = _decimal(value)
        if not least <= number <= most:
            raise WrongError(f"Ensure this value is between {least} and {most}.")
        return number

    return Reader({"type": "number", "minimum": least, "maximum": most}, reader)


def _flag(value: object) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise WrongError("Must be a valid boolean.")
    return value


def choice(*choices: int) -> Reader[int | None]:
    """Return a reader of one of some numbers."""

    def reader(value: object) -> int | None:
        number = _int(value)
        if number not in choices:
            raise WrongError(f'"{_shown(value)}" is not a valid choice.')
        return number

    return Reader({"enum": list(choices)}, reader)


def _own_id(value: object) -> Reference:
    """Read a user's id; only a number will do."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise WrongError(_wrong_type(value))
    reference = Reference("user", value)
    if _int(value) is None:
        raise WrongError(missing(reference))
    return reference


def _location(value: object) -> Reference:
    """Read a location's id."""
    return Reference("location", _key(value))


def _meter(value: object) -> Reference:
    """Read a meter model's id or its name."""
    if isinstance(value, str) and _int(value) is None:
        return _named("meter", value)
    return Reference("meter", _key(value))


def _measurement(value: object) -> Reference:
    """Read a measurement's name."""
    if not isinstance(value, str):
        raise WrongError(_wrong_type(value))
    return _named("measurement", value)


def missing(reference: Reference) -> str:
    """Say that a reference leads nowhere."""
    return f'Invalid pk "{_shown(reference.key)}" - object does not exist.'


def _named(kind: Literal["meter", "measurement"], name: str) -> Reference:
    reference = Reference(kind, name)
    if not name.isprintable() or len(name) > 64:
        raise WrongError(missing(reference))
    return reference


def _key(value: object) -> int:
    number = _int(value)
    if number is None:
        raise WrongError(_wrong_type(value))
    return number


def _int(value: object) -> int | None:
    """Return a whole number that a database column holds, however it was written."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        value = int(value) if re.fullmatch(r"-?[0-9]{1,18}", value.strip()) else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return value
    return None


def _wrong_type(value: object) -> str:
    return f"Incorrect type. Expected pk value, received {type(value).__name__}."


def _shown(value: object) -> str:
    return "".join(letter for letter in str(value)[:64] if letter.isprintable())


email = Reader({"type": "string", "format": "email", "maxLength": 254}, _email)
decimal = Reader({"type": "number"}, _decimal)
flag = Reader({"type": "boolean"}, _flag)
own_id = Reader(_ID, _own_id)
location = Reader(_ID, _location)
meter = Reader({"anyOf": [_ID, _NAME]}, _meter)
measurement = Reader(_NAME, _measurement)
