"""The bodies of each kind of thing, and how a request's body is read."""

from collections.abc import Mapping

from aiohttp import web
import msgspec

from ...meters.models import adopted
from ...security.passwords import MAX_LENGTH, MIN_LENGTH
from ...store import management as stored
from ..context import CONTEXT
from ..requests import BodyError, whole_body
from . import fields
from .fields import Field, Reference
from .refusals import Errors, Refusal, detail

_KEYS: Mapping[str, tuple[stored.Kind, str, str]] = {
    # of a reference: among what, the column of a number, the column of a text
    "location": (stored.LOCATION, "id", "id"),
    "meter": (stored.METER, "id", "name"),
    "measurement": (stored.MEASUREMENT, "measurement", "measurement"),
}

REGISTER = {
    "username": Field(fields.text(64, pattern=r"[A-Za-z0-9_.@+-]+")),
    "email": Field(fields.email),
    "password": Field(fields.secret(MIN_LENGTH, MAX_LENGTH)),
}
LOGIN = {
    "username": Field(fields.text(150)),
    "password": Field(fields.secret(0, MAX_LENGTH)),
}
USER_CHANGE = {name: REGISTER[name] for name in ("email", "password")}
PLACE = {
    "street": Field(fields.text(32)),
    "number": Field(fields.text(8)),
    "city": Field(fields.text(32)),
    "zip_code": Field(fields.text(6, pattern=r"[0-9]{2}-[0-9]{3}")),
    "coord_x": Field(fields.decimal, nullable=True, default=lambda: None),
    "coord_y": Field(fields.decimal, nullable=True, default=lambda: None),
}
LOCATION = {**PLACE, "user": Field(fields.own_id)}
METER = {
    "name": Field(fields.text(64)),
    "type": Field(fields.choice(1, 2)),
}
MEASUREMENT = {
    "measurement": Field(fields.text(64), other_names=("name",)),
    "type": Field(fields.choice(1, 2)),
}
REGISTER_OF_METER = {
    "address": Field(fields.whole(0, 65_535)),
    "unit": Field(fields.text(8), nullable=True, default=lambda: None),
    "type": Field(fields.choice(1, 2, 3)),
    "function_code": Field(fields.choice(3, 4)),
    "meter": Field(fields.meter),
    "measurement": Field(fields.measurement),
    "signed": Field(fields.flag, default=lambda: False),
    "word_order": Field(fields.choice(1, 2), default=lambda: 2),
    "byte_order": Field(fields.choice(1, 2), default=lambda: 2),
    "scale": Field(fields.decimal, default=lambda: 1.0),
    "offset": Field(fields.decimal, default=lambda: 0.0),
}
HOST = {
    "ip": Field(fields.text(64)),
    "port": Field(fields.whole(1, 65_535)),
    "slave_address": Field(fields.whole(0, 255)),
    "description": Field(fields.text(128), nullable=True, default=lambda: None),
    "user": Field(fields.own_id),
    "location": Field(fields.location),
    "meter": Field(fields.meter),
}


async def read(
    request: web.Request, wanted: Mapping[str, Field], *, partial: bool = False
) -> stored.Row:
    """Return the checked values of a body, references as keys. Raises Refusal, 400 with what is wrong per field."""
    return await check(request, wanted, await json(request), partial=partial)


async def check(
    request: web.Request,
    wanted: Mapping[str, Field],
    body: Mapping[str, object],
    *,
    partial: bool = False,
) -> stored.Row:
    """Return checked values. Raises Refusal, 400."""
    values, errors = fields.read(wanted, body, partial=partial)
    for name, value in values.items():
        if isinstance(value, Reference):
            found = await _look_up(request, value)
            if found is None:
                errors[name] = [fields.missing(value)]
            values[name] = found
    if errors:
        raise Refusal(400, _in_order(errors, wanted))
    return values


async def json(request: web.Request) -> dict[str, object]:
    """Return a body as the JSON object that it is. Raises Refusal, 400, 408 and 415."""
    if request.content_type != "application/json":
        raise detail(
            415, f'Unsupported media type "{request.content_type}" in request.'
        )
    try:
        data = await whole_body(request)
    except BodyError as error:
        raise detail(error.status, str(error)) from None
    try:
        body = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise detail(400, f"JSON parse error - {error}") from None
    if not isinstance(body, dict):
        what = f"Invalid data. Expected a dictionary, but got {type(body).__name__}."
        raise Refusal(400, {"non_field_errors": [what]})
    return body


async def _look_up(request: web.Request, reference: Reference) -> object:
    store = request.app[CONTEXT].store
    if reference.kind == "user":
        assert isinstance(reference.key, int)
        member = await store.accounts.member(reference.key)
        return None if member is None else member.id
    kind, by_number, by_text = _KEYS[reference.kind]
    column = by_number if isinstance(reference.key, int) else by_text
    row = await store.management.row(kind, {column: reference.key})
    if row is None and kind is stored.METER and isinstance(reference.key, str):
        return await adopted(store, reference.key)
    return None if row is None else row[kind.key]


def _in_order(errors: Errors, wanted: Mapping[str, Field]) -> Errors:
    order = list(wanted)
    return dict(
        sorted(
            errors.items(),
            key=lambda item: order.index(item[0]) if item[0] in order else len(order),
        )
    )
