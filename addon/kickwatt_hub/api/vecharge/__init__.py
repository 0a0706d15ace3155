"""veCharge: live charger events over Socket.IO, and switching over REST. Its contract: docs/vecharge.md."""

from aiohttp import web

from . import events, rest

__all__ = ["attach"]


def attach(app: web.Application, *, get_disconnects: bool) -> None:
    """Serve veCharge's clients on an application that has its context."""
    events.attach(app)
    app.add_routes(rest.routes(get_disconnects=get_disconnects))
