"""The energy monitoring API: docs/management.md. Its bodies come from the readers of its fields, its answers from its tables."""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from ...store import management as stored
from ..management import bodies, readings, things
from ..management.fields import Field
from .meters import managed
from .operations import Operation, Parameter, Schema, Surface

_TEXT: Schema = {"type": "string"}
_REFUSAL: Schema = {
    "description": "What is wrong per field, with the request, or with each item of a list.",
    "type": ["object", "array"],
}
_PAGE = (
    Parameter(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": 1_000_000},
        "At most so many; all of them unless it is said.",
    ),
    Parameter(
        "offset",
        {"type": "integer", "minimum": 0, "maximum": 1_000_000},
        "How many to leave out at the beginning.",
    ),
)
_TYPES = {
    sa.Boolean: "boolean",
    sa.Integer: "integer",
    sa.Float: "number",
    sa.String: "string",
}


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _row(kind: stored.Kind, **more: Schema) -> Schema:
    """Return what a row of a table looks like."""
    return _object(
        **{str(each.name): _column(each) for each in kind.table.columns}, **more
    )


def _column(column: sa.Column[object]) -> Schema:
    name = next(name for kind, name in _TYPES.items() if isinstance(column.type, kind))
    return {"type": [name, "null"] if column.nullable else name}


def _body(
    fields: Mapping[str, Field], *, partial: bool = False, own: Iterable[str] = ()
) -> Schema:
    """Return what a body of these fields looks like; `own`: what the caller need not say."""
    return {
        "type": "object",
        "properties": {
            name: _nullable(each.read.schema) if each.nullable else each.read.schema
            for name, each in fields.items()
        },
        "required": [
            name
            for name, each in fields.items()
            if each.default is None and not partial and name not in own
        ],
    }


def _nullable(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


_LOCATION = _row(stored.LOCATION)
_HOST = _row(stored.HOST)
_METER = _row(stored.METER)
_REGISTER = _row(stored.REGISTER)
_MEASUREMENT = _row(stored.MEASUREMENT, name=_TEXT)
_ASSIGNMENT = _row(stored.ASSIGNMENT)
_USER = _object(
    id={"type": "integer"}, username=_TEXT, email={"type": ["string", "null"]}
)
_TOKEN = _object(user=_USER, token=_TEXT)
_GONE = _object(info=_TEXT)
_NAMES = _object(measurements=_list(_TEXT))
_ONE_USER = "/admin/users/{id}"
_OWN_HOST = "/user/hosts/{id}"
_OWN_LOCATION = "/user/locations/{id}"
_HOST_CHANGE = {name: each for name, each in bodies.HOST.items() if name != "user"}

OPERATIONS: dict[tuple[str, str], Operation] = {
    ("GET", "/influx_api/hello"): Operation({200: _object(message=_TEXT)}),
    ("POST", "/auth/register"): Operation(
        {200: _TOKEN}, _body(bodies.REGISTER), refuses=(403, 429)
    ),
    ("POST", "/auth/login"): Operation(
        {200: _TOKEN}, _body(bodies.LOGIN), refuses=(429,)
    ),
    ("POST", "/auth/logout"): Operation({204: None}),
    ("GET", "/auth/info"): Operation({200: _USER}),
    ("GET", "/user/locations"): Operation({200: _list(_LOCATION)}, query=_PAGE),
    ("POST", "/user/locations"): Operation(
        {201: _LOCATION}, _body(bodies.LOCATION, own=("user",))
    ),
    ("GET", _OWN_LOCATION): Operation({200: _LOCATION}),
    ("PATCH", _OWN_LOCATION): Operation(
        {
            201: _object(
                **{
                    name: _column(stored.LOCATION.table.c[name])
                    for name in bodies.PLACE
                }
            )
        },
        _body(bodies.PLACE, partial=True),
    ),
    ("DELETE", _OWN_LOCATION): Operation({200: _GONE}, refuses=(409,)),
    ("GET", "/user/hosts"): Operation({200: _list(_HOST)}, query=_PAGE),
    ("POST", "/user/hosts"): Operation({201: _HOST}, _body(bodies.HOST, own=("user",))),
    ("GET", _OWN_HOST): Operation({200: _HOST}),
    ("PATCH", _OWN_HOST): Operation({200: _HOST}, _body(_HOST_CHANGE, partial=True)),
    ("DELETE", _OWN_HOST): Operation({200: _GONE}, refuses=(409,)),
    ("GET", f"{_OWN_HOST}/measurements"): Operation({200: _list(_ASSIGNMENT)}),
    ("POST", f"{_OWN_HOST}/measurements"): Operation({201: _list(_ASSIGNMENT)}, _NAMES),
    ("DELETE", f"{_OWN_HOST}/measurements"): Operation({200: None}, refuses=(400, 415)),
    ("GET", "/meters"): Operation({200: _list(_METER)}, query=_PAGE),
    ("GET", "/meters/{id}"): Operation({200: _METER}),
    ("GET", "/meters/{id}/measurements"): Operation({200: _list(_MEASUREMENT)}),
    ("GET", "/admin/users"): Operation({200: _list(_USER)}, query=_PAGE),
    ("POST", "/admin/users"): Operation({201: _USER}, _body(bodies.REGISTER)),
    ("GET", _ONE_USER): Operation({200: _USER}),
    ("PATCH", _ONE_USER): Operation(
        {200: _USER}, _body(bodies.USER_CHANGE, partial=True)
    ),
    ("DELETE", _ONE_USER): Operation({200: _GONE}, refuses=(409,)),
    **managed("user", _PAGE, _body(readings.POLLING, partial=True)),
    **managed("admin", _PAGE, _body(readings.POLLING, partial=True)),
}


def _describe_administered(
    path: str, what: str, thing: things.Thing, row: Schema, added: int = 201
) -> None:
    """Describe the five calls that each kind of thing has."""
    one = path + "/{id}"
    changed = {n: each for n, each in thing.fields.items() if n != thing.kind.key}
    OPERATIONS[("GET", path)] = Operation(
        {200: _list(row)}, query=_PAGE, summary=f"Every {what}."
    )
    OPERATIONS[("POST", path)] = Operation(
        {added: row}, _body(thing.fields), summary=f"Add a {what}."
    )
    OPERATIONS[("GET", one)] = Operation({200: row}, summary=f"One {what}.")
    OPERATIONS[("PATCH", one)] = Operation(
        {200: row}, _body(changed, partial=True), summary=f"Change a {what}."
    )
    OPERATIONS[("DELETE", one)] = Operation(
        {200: _GONE}, refuses=(409,), summary=f"Remove a {what}."
    )


_describe_administered("/admin/locations", "location", things.LOCATION, _LOCATION)
_describe_administered("/admin/meters", "meter model", things.METER, _METER)
_describe_administered(
    "/admin/measurements", "measurement", things.MEASUREMENT, _MEASUREMENT
)
_describe_administered(
    "/admin/registers", "register of a meter model", things.REGISTER, _REGISTER
)
_describe_administered("/admin/hosts", "host", things.HOST, _HOST, added=200)

MANAGEMENT = Surface(
    "management",
    "Users, locations, hosts, meters, registers and measurements, as Silesia's clients know them; both generations of "
    "its contract: a meter is named by id or name, a measurement by `measurement` or `name`.",
    OPERATIONS,
    refusal=_REFUSAL,
    body_refuses=(400, 408, 413, 415, 503),
    query_refuses=(400,),
    open=frozenset(
        {
            ("GET", "/influx_api/hello"),
            ("POST", "/auth/register"),
            ("POST", "/auth/login"),
        }
    ),
)
