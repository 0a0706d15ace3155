"""What is the same for every kind of thing: finding, showing, adding, changing and removing one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aiohttp import web
import msgspec

from ...store import NotUniqueError, management as stored
from ...store.management import Kind, Row
from ..context import CONTEXT
from . import bodies, fields
from .fields import Field
from .refusals import Errors, Refusal, answer, error

_MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Thing:
    """A kind of thing as this API names and shows it."""

    kind: Kind
    label: str
    fields: Mapping[str, Field]
    show: Callable[[Row], object] = lambda row: row


def measurement_shown(row: Row) -> Row:
    """Return a measurement with its key under both names that clients know."""
    return {**row, "name": row["measurement"]}


LOCATION = Thing(stored.LOCATION, "Location", bodies.LOCATION)
METER = Thing(stored.METER, "Meter", bodies.METER)
MEASUREMENT = Thing(
    stored.MEASUREMENT, "Measurement", bodies.MEASUREMENT, measurement_shown
)
REGISTER = Thing(stored.REGISTER, "Register", bodies.REGISTER_OF_METER)
HOST = Thing(stored.HOST, "Host", bodies.HOST)


async def listed(
    request: web.Request, kind: Kind, where: Mapping[str, object]
) -> web.Response:
    """Answer with all of a kind, or with one page of them: `?limit=…&offset=…`."""
    rows = await request.app[CONTEXT].store.management.rows(kind, where, *page(request))
    show = measurement_shown if kind is stored.MEASUREMENT else dict
    return answer(200, [show(row) for row in rows])


def page(request: web.Request) -> tuple[int | None, int]:
    """Return limit and offset. Raises Refusal, 400."""
    errors: Errors = {}
    read: dict[str, int] = {}
    for name, least in (("limit", 1), ("offset", 0)):
        if (text := request.query.get(name)) is None:
            continue
        try:
            read[name] = fields.whole(least, _MOST)(text)
        except fields.WrongError as wrong:
            errors[name] = [str(wrong)]
    if errors:
        raise Refusal(400, errors)
    return read.get("limit"), read.get("offset", 0)


async def named(request: web.Request, thing: Thing) -> Row:
    """Return the thing that the path names. Raises Refusal, 404."""
    asked = asked_for(request)
    key: object = asked
    if thing.kind.key == "id":
        key = int(asked) if asked.isascii() and asked.isdecimal() else None
    row = None
    if key is not None:
        row = await request.app[CONTEXT].store.management.row(
            thing.kind, {thing.kind.key: key}
        )
    if row is None:
        raise error(404, f"{thing.label} with id {asked} does not exist")
    return row


def asked_for(request: web.Request) -> str:
    """Return what the path names, fit to be said again."""
    asked = request.match_info["id"][:64]
    if asked.isdecimal():
        return asked[:18]
    return "".join(letter for letter in asked if letter.isprintable())


async def meter(request: web.Request) -> Row | None:
    """Return the meter model that the path names by id or name."""
    asked = asked_for(request)
    where: Row = {"name": asked}
    if asked.isascii() and asked.isdecimal():
        where = {"id": int(asked)}
    return await request.app[CONTEXT].store.management.row(stored.METER, where)


def key_of(row: Row) -> int:
    """Return a row's number."""
    key = row["id"]
    assert isinstance(key, int)
    return key


async def add(request: web.Request, thing: Thing, body: Mapping[str, object]) -> Row:
    """Add one and return it. Raises Refusal, 400."""
    values = await bodies.check(request, thing.fields, body)
    await _refuse_mixed_owners(request, thing, values)
    try:
        added = await request.app[CONTEXT].store.management.add(thing.kind, [values])
    except NotUniqueError as twin:
        raise not_unique(thing, twin) from None
    return added[0]


async def change(request: web.Request, thing: Thing, row: Row, changes: Row) -> Row:
    """Change one and return it. Raises Refusal, 400."""
    await _refuse_mixed_owners(request, thing, {**row, **changes})
    try:
        return await request.app[CONTEXT].store.management.change(
            thing.kind, row[thing.kind.key], changes
        )
    except NotUniqueError as twin:
        raise not_unique(thing, twin) from None


async def removed(request: web.Request, thing: Thing, row: Row) -> web.Response:
    """Remove one and answer so."""
    key = row[thing.kind.key]
    await request.app[CONTEXT].store.management.remove(thing.kind, key)
    return answer(200, {"info": f"{thing.label} with id {key} has been deleted"})


def not_unique(thing: Thing, twin: NotUniqueError) -> Refusal:
    """Return the refusal of what is there already."""
    if len(twin.fields) == 1:
        name, what = twin.fields[0], thing.label.lower()
        return Refusal(400, {name: [f"{what} with this {name} already exists."]})
    return Refusal(400, {"non_field_errors": [_unique_set(twin.fields)]})


# --- what is read from a host ------------------------------------------------------------------------------------------


async def assign(request: web.Request, host: Row) -> list[Row]:
    """Assign the measurements of a body to a host, all or none. Raises Refusal, 400 with a list of errors."""
    names = await measurement_names(request)
    management = request.app[CONTEXT].store.management
    errors: list[Errors] = []
    known = set()
    for name in names:
        try:
            reference = fields.measurement(name)
            found = await management.row(
                stored.MEASUREMENT, {"measurement": reference.key}
            )
            wrong = None if found else fields.missing(reference)
        except fields.WrongError as error:
            wrong = str(error)
        if wrong is not None:
            errors.append({"measurement": [wrong]})
        elif name in known:
            errors.append(_twice())
        known.add(name)
    if errors:
        raise Refusal(400, errors)
    try:
        return await management.add(
            stored.ASSIGNMENT,
            [{"host": host["id"], "measurement": name} for name in names],
        )
    except NotUniqueError:
        raise Refusal(400, [_twice()]) from None


async def measurement_names(request: web.Request) -> list[str]:
    """Return the names in a body `{"measurements":["…"]}`. Raises Refusal, 400."""
    body = await bodies.json(request)
    if "measurements" not in body:
        raise Refusal(400, {"measurements": [fields.REQUIRED]})
    try:
        return msgspec.convert(body["measurements"], list[str])
    except msgspec.ValidationError:
        raise Refusal(
            400, {"measurements": ["Expected a list of names of measurements."]}
        ) from None


# --- how ---------------------------------------------------------------------------------------------------------------


async def _refuse_mixed_owners(
    request: web.Request, thing: Thing, values: Mapping[str, object]
) -> None:
    """A host and its location have one owner, whichever of the two is changed."""
    management = request.app[CONTEXT].store.management
    beside: list[Row] = []
    if thing.kind is stored.HOST:
        where = {"id": values["location"]}
        beside = await management.rows(stored.LOCATION, where)
    elif thing.kind is stored.LOCATION and "id" in values:
        beside = await management.rows(stored.HOST, {"location": values["id"]})
    if any(row["user"] != values["user"] for row in beside):
        what = "Meter and its location must belong to same user"
        raise Refusal(400, {"structural_error": [what]})


def _unique_set(names: tuple[str, ...]) -> str:
    return f"The fields {', '.join(names)} must make a unique set."


def _twice() -> Errors:
    return {"non_field_errors": [_unique_set(("host", "measurement"))]}
