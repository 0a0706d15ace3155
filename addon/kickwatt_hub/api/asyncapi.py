"""What goes over sockets, in the words of AsyncAPI 3: made from the types that are encoded and decoded there.

The two are the live WebSocket of the native API and the typed events on Socket.IO. The events of veCharge's own clients are not in it:
their contract is a text (docs/vecharge.md), and JSON within text has no type.
"""

from typing import Any, Literal

from aiohttp import web
import msgspec
from msgspec import Struct

from .. import __version__
from . import answers
from .live.commands import COMMANDS
from .live.messages import Auth, Subscribe
from .live.topics import TOPICS
from .vecharge import typed

_REF = "#/components/schemas/{name}"
_JSON = "application/json"


class Hello(Struct, tag="hello"):
    """The first message of the hub."""

    product: Literal["kickwatt"]
    hub_id: str
    name: str
    version: str
    api: int


class AuthOk(Struct, tag="auth_ok"):
    """The token is good."""

    scope: answers.ScopeName


class AuthFailed(Struct, tag="auth_failed"):
    """It is not; the connection ends with code 4401."""

    message: str


class Resumed(Struct, tag="resumed"):
    """Every event after `number` follows; up to `to` they were missed."""

    id: int
    run: str
    number: int
    to: int


class CommandFailure(Struct):
    """Why a command came to nothing."""

    code: str
    message: str
    reason: str | None
    field: str | None


class Result(Struct, tag="result"):
    """The answer to a command: `result` where it is ok, else `error`."""

    id: int | None
    ok: bool
    result: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    error: CommandFailure | msgspec.UnsetType = msgspec.UNSET


_LIVE_RECEIVED = (Auth, Subscribe)
_LIVE_SENT = (Hello, AuthOk, AuthFailed, Resumed, Result)
# What the events are about, beside `type`, `number` and `event`; docs/api.md says more of each.
_ABOUT: dict[str, type] = {"charger": answers.Charger, "session": answers.Session}
_COMMANDS = tuple(dict.fromkeys(each.fields for each in COMMANDS.values()))
_TYPED = (*typed.EVENTS, typed.Watch)


def document() -> dict[str, Any]:
    """Return the AsyncAPI document."""
    types = (*_LIVE_RECEIVED, *_LIVE_SENT, *_ABOUT.values(), *_COMMANDS, *_TYPED)
    _, schemas = msgspec.json.schema_components(types, ref_template=_REF)
    live = {
        **{each.__name__: _message(each) for each in (*_LIVE_RECEIVED, *_LIVE_SENT)},
        **{
            f"command.{name}": _command(name, each.fields)
            for name, each in COMMANDS.items()
        },
        **{f"event.{name}": _event(name) for name, _ in TOPICS.values()},
        "snapshot": _snapshot(),
    }
    watched = {name: _message(kind, name) for kind, name in typed.EVENTS.items()}
    watched["auth"] = _message(typed.Watch, "auth")
    received = {
        *(each.__name__ for each in _LIVE_RECEIVED),
        *(each for each in live if each.startswith("command.")),
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Kickwatt hub",
            "version": __version__,
            "description": "What a hub tells over sockets. Times are RFC 3339 in UTC; units are in the names; null is what is not known.",
        },
        "defaultContentType": _JSON,
        "channels": {
            "live": {
                "address": "/api/v1/live",
                "description": "A WebSocket with JSON text frames: `hello`, then the client's `auth` and `subscribe`.",
                "messages": live,
            },
            "events": {
                "address": "/socket.io/",
                "description": f"Socket.IO (Engine.IO 4), namespace `{typed.NAMESPACE}`; `auth` is what the client connects with.",
                "messages": watched,
            },
        },
        "operations": {
            **_operations("live", "receive", sorted(received)),
            **_operations(
                "live", "send", [each for each in live if each not in received]
            ),
            **_operations("events", "receive", ["auth"]),
            **_operations("events", "send", list(typed.EVENTS.values())),
        },
        "components": {"schemas": _plain(schemas)},
    }


def _plain(schema: Any) -> Any:
    """Write `discriminator` as AsyncAPI has it: the property's name, where OpenAPI has an object."""
    if isinstance(schema, list):
        return [_plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: value["propertyName"] if name == "discriminator" else _plain(value)
        for name, value in schema.items()
    }


def _operations(channel: str, action: str, names: list[str]) -> dict[str, Any]:
    """Return the operation with these messages; the hub is who receives and sends."""
    where = f"#/channels/{channel}"
    refs = [{"$ref": f"{where}/messages/{name}"} for name in names]
    return {
        f"{channel}.{action}": {
            "action": action,
            "channel": {"$ref": where},
            "messages": refs,
        }
    }


def _message(kind: type, name: str | None = None) -> dict[str, Any]:
    return {
        "name": name or kind.__name__,
        "summary": (kind.__doc__ or "").partition("\n")[0],
        "contentType": _JSON,
        "payload": {"$ref": _REF.format(name=kind.__name__)},
    }


def _command(name: str, fields: type) -> dict[str, Any]:
    payload = {
        "allOf": [
            _object(
                {
                    "type": {"const": "command"},
                    "id": {"type": "integer"},
                    "command": {"const": name},
                }
            ),
            {"$ref": _REF.format(name=fields.__name__)},
        ]
    }
    summary = (fields.__doc__ or "").partition("\n")[0]
    return {"name": name, "summary": summary, "contentType": _JSON, "payload": payload}


def _event(name: str) -> dict[str, Any]:
    about = _ABOUT.get(name.partition("_")[0])
    fields: dict[str, Any] = {
        "type": {"const": "event"},
        "number": {"type": "integer"},
        "event": {"const": name},
    }
    if about is not None and name != "charger_removed":
        fields[name.partition("_")[0]] = {"$ref": _REF.format(name=about.__name__)}
    return {"name": name, "contentType": _JSON, "payload": _object(fields)}


def _snapshot() -> dict[str, Any]:
    chargers = {"type": "array", "items": {"$ref": _REF.format(name="Charger")}}
    fields = {
        "type": {"const": "snapshot"},
        "run": {"type": "string"},
        "number": {"type": "integer"},
        "chargers": chargers,
    }
    summary = "Everything as it is: the answer to a subscription, or in place of events that were missed."
    return {
        "name": "snapshot",
        "summary": summary,
        "contentType": _JSON,
        "payload": _object(fields),
    }


def _object(fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(fields), "properties": fields}


async def served(_request: web.Request) -> web.Response:
    """What goes over sockets, as AsyncAPI."""
    return web.json_response(document())
