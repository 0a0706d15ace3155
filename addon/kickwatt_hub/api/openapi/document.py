"""The document: what the router serves, in the words of the surfaces' tables and of the types that validate."""

from collections.abc import Iterator, Mapping
import re
from typing import Any

from aiohttp import web
import msgspec

from ... import __version__
from ...model import Scope
from .devices import DEVICES
from .examples import BODIES
from .management import MANAGEMENT
from .native import NATIVE
from .operations import Either, Operation, Raw, Shape, Surface
from .vecharge import VECHARGE

OTHERS = frozenset({"/api/v1/live", "/socket.io/"})
"""Sockets, which OpenAPI has no words for."""
PAGE = "kickwatt_hub.api.page"
SURFACES = (NATIVE, MANAGEMENT, VECHARGE)

_STATUSES = {
    200: "Done.",
    201: "Added.",
    202: "Taken; the device has yet to answer.",
    204: "Done; nothing more to say.",
    400: "This cannot be read, or a field is wrong.",
    401: "A valid token is needed.",
    403: "This token may not.",
    404: "There is no such thing.",
    405: "Not with this method.",
    408: "The body did not arrive in time.",
    409: "It contradicts what is there.",
    413: "Too large.",
    415: "The body must be application/json.",
    422: "A field is wrong; it is named.",
    429: "Too many failures: try again in a minute.",
    501: "Not offered here.",
    503: "Not now.",
}
_REF = "#/components/schemas/{name}"
_NAME = re.compile(r"\{(\w+)\}")


def served(app: web.Application) -> Iterator[tuple[str, str, web.AbstractRoute]]:
    """Yield method, path and route of everything that is served over REST."""
    for resource in app.router.resources():
        if resource.canonical in OTHERS:
            continue
        for route in resource:
            if route.method != "HEAD" and route.handler.__module__ != PAGE:
                yield route.method, resource.canonical, route


def build(app: web.Application) -> dict[str, Any]:
    """Return the OpenAPI document of an application and of the device port beside it."""
    schemas = _Schemas([*SURFACES, DEVICES])
    paths: dict[str, dict[str, Any]] = {}
    for method, path, route in served(app):
        surface = next(
            (each for each in SURFACES if (method, path) in each.operations), NATIVE
        )
        said = surface.operations.get((method, path), Operation({200: {}}))
        described = _operation(schemas, surface, method, path, said)
        described["summary"] = said.summary or _first_line(route.handler)
        scope = getattr(route.handler, "scope", None)
        if "security" in described and isinstance(scope, Scope):
            described["security"] = [{"token": [scope.name]}]
            if scope is Scope.own:
                described["responses"].pop("403")
        paths.setdefault(path, {})[method.lower()] = described
    for (method, path), said in DEVICES.operations.items():
        described = _operation(schemas, DEVICES, method, path, said)
        described |= {"summary": said.summary, "servers": list(DEVICES.servers)}
        paths.setdefault(path, {})[method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Kickwatt hub",
            "version": __version__,
            "description": "Every REST call of a hub. Live events are on a WebSocket, /api/v1/live, and on Socket.IO, /socket.io/. "
            "To begin, send `POST /api/v1/login`, or make a token with `kickwatt-hub token create USER --scope read`; then "
            "`curl -H 'Authorization: Bearer TOKEN' http://hub.example:8421/api/v1/chargers`.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        # Relative to this document, so that it also holds below an ingress or a proxy.
        "servers": [{"url": "../../", "description": "The main port."}],
        "tags": [
            {"name": each.tag, "description": each.description}
            for each in (*SURFACES, DEVICES)
        ],
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token of 64 hexadecimal digits; `Token …` is taken as well. The role is its scope: "
                    "each of own, read, control and admin includes the ones before it.",
                }
            },
        },
    }


class _Schemas:
    """The schemas of all shapes, with those of types as shared components."""

    def __init__(self, surfaces: list[Surface]) -> None:
        types = _types(surfaces)
        found, components = msgspec.json.schema_components(types, ref_template=_REF)
        self._types = types
        self._found = [_ecma(each) for each in found]
        self.components = {
            name: _ecma(each) for name, each in sorted(components.items())
        }

    def of(self, shape: Shape) -> Any:
        """Return the schema of a shape."""
        if isinstance(shape, Mapping):
            return dict(shape)
        if isinstance(shape, Either):
            return {"anyOf": [self.of(each) for each in shape.shapes]}
        return self._found[self._types.index(shape)]

    def content(self, shape: Shape) -> dict[str, Any]:
        """Return a body of a shape by its content type."""
        if isinstance(shape, Raw):
            schema = {"type": "string", "description": shape.description}
            return {shape.content_type: {"schema": schema}}
        return {"application/json": {"schema": self.of(shape)}}


def _types(surfaces: list[Surface]) -> list[object]:
    """Return the types that msgspec describes, each once."""
    found: list[object] = []
    for surface in surfaces:
        shapes = [surface.refusal]
        for each in surface.operations.values():
            shapes += [*each.answers.values(), each.body]
            shapes += [parameter.shape for parameter in each.query]
        for shape in shapes:
            for one in shape.shapes if isinstance(shape, Either) else (shape,):
                if not isinstance(one, Mapping | Raw) and one not in (None, *found):
                    found.append(one)
    return found


def _operation(
    schemas: _Schemas, surface: Surface, method: str, path: str, said: Operation
) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, shape in said.answers.items():
        responses[str(status)] = {"description": _STATUSES[status]}
        if shape is not None:
            responses[str(status)]["content"] = schemas.content(shape)
    for status in sorted(_refuses(surface, method, path, said)):
        responses.setdefault(
            str(status),
            {
                "description": _STATUSES[status],
                "content": schemas.content(surface.refusal),
            },
        )
    described: dict[str, Any] = {
        "operationId": _identifier(method, path),
        "tags": [surface.tag],
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in _NAME.findall(path)
        ]
        + [
            {
                "name": each.name,
                "in": "query",
                "required": each.required,
                "description": each.description,
                "schema": schemas.of(each.shape),
            }
            for each in said.query
        ],
        "responses": dict(sorted(responses.items())),
    }
    if said.body is not None:
        content = schemas.content(said.body)
        if (method, path) in BODIES:
            content["application/json"]["example"] = BODIES[method, path]
        described["requestBody"] = {"required": True, "content": content}
    if (method, path) not in surface.open:
        described["security"] = [{"token": []}]
    return described


def _refuses(surface: Surface, method: str, path: str, said: Operation) -> set[int]:
    refuses = set(said.refuses)
    if 501 in refuses:
        return refuses
    if (method, path) not in surface.open:
        refuses.update(surface.guarded_refuses)
    if "{" in path and surface is not DEVICES:
        refuses.add(404)
    if said.query:
        refuses.update(surface.query_refuses)
    if said.body is not None:
        refuses.update(surface.body_refuses)
    if method != "GET":
        refuses.add(503)
    return refuses


def _ecma(schema: Any) -> Any:
    """Return a schema whose patterns end as JSON Schema's do; Python's `$` would let a newline follow."""
    if isinstance(schema, list):
        return [_ecma(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: value.replace(r"\Z", "$")
        if key == "pattern" and isinstance(value, str)
        else _ecma(value)
        for key, value in schema.items()
    }


def _identifier(method: str, path: str) -> str:
    words = re.sub(r"[^A-Za-z0-9]+", "_", path).strip("_")
    slash = "_slash" if path.endswith("/") and path != "/" else ""
    return f"{method.lower()}_{words or 'root'}{slash}"


def _first_line(handler: object) -> str:
    return (getattr(handler, "__doc__", None) or "").strip().partition("\n")[0]
