"""What the brain has found out about a charger: its decisions and why, what its charges taught, and how its battery ages."""

import asyncio

from aiohttp import web

from ..brain import decode_lesson
from ..charging.health import health
from ..model import Scope
from . import shapes
from .context import CONTEXT
from .errors import answer
from .history import find_history, find_session
from .requests import limit, named_entry, needs, span

DECISIONS = (1, 1_000, 100)
"""Least, most and usual number in one answer."""
MOST_LESSONS = 400  # charges from which health is told; a year and more of daily ones
EVER_MS = 2**62


def routes() -> list[web.RouteDef]:
    """Return the calls with the scope that each needs."""
    charger, read = "/api/v1/chargers/{id}", Scope.read
    return [
        web.get(f"{charger}/decisions", needs(read, list_decisions)),
        web.get(f"{charger}/learned", needs(read, show_learned)),
        web.get(f"{charger}/health", needs(read, show_health)),
        web.get(
            f"{charger}/sessions/{{session}}/decisions", needs(read, session_decisions)
        ),
    ]


async def list_decisions(request: web.Request) -> web.Response:
    """What hub and board decided about a charger, newest first."""
    store, pk = request.app[CONTEXT].store, await find_history(request)
    start_ms, end_ms = span(request)
    most = limit(request, *DECISIONS)
    found = await store.insights.decisions(pk, start_ms, end_ms, most)
    return answer(200, {"decisions": [shapes.decision(each) for each in found]})


async def session_decisions(request: web.Request) -> web.Response:
    """What was decided about one session, oldest first."""
    store, pk = request.app[CONTEXT].store, await find_history(request)
    session = await find_session(request, pk)
    found = await store.insights.of_session(pk, session.id)
    return answer(200, {"decisions": [shapes.decision(each) for each in found]})


async def show_learned(request: web.Request) -> web.Response:
    """What the charges of a charger have taught, their curves included."""
    return answer(200, shapes.learned(named_entry(request).brain.profile))


async def show_health(request: web.Request) -> web.Response:
    """How the battery ages, by all charges that became full."""
    hub, entry = request.app[CONTEXT], named_entry(request)
    lessons = await hub.store.insights.lessons(entry.pk, EVER_MS, MOST_LESSONS)
    taught = [decode_lesson(each) for each in lessons]
    charges = [each for each in taught if each is not None]
    found = await asyncio.to_thread(health, charges)
    return answer(200, shapes.health(found, len(charges)))
