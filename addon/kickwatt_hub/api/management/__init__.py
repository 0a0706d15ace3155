"""The energy monitoring API: users, locations, hosts, meters, registers, measurements. Its contract: docs/management.md."""

from aiohttp import web

from . import admin, own, people, readings
from .refusals import answer, refusals

__all__ = ["refusals", "routes"]


def routes() -> list[web.RouteDef]:
    """Return every call."""
    return [
        *people.routes(),
        *own.routes(),
        *admin.routes(),
        *readings.routes(),
        web.get("/influx_api/hello", hello),
    ]


async def hello(_request: web.Request) -> web.Response:
    """Answer, as clients of old expect, to whoever asks whether anybody is there."""
    return answer(200, {"message": "Hello from influx API!"})
