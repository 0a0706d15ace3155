"""What a charger has measured and charged, over any time: docs/api.md, "REST"."""

import asyncio
import csv
import io
from typing import Any

from aiohttp import web
from msgspec.structs import replace

from .. import tables
from ..entry import Entry
from ..model import Reading, Scope, Session
from ..store.rollups import Bucket
from . import shapes
from .context import CONTEXT
from .errors import ApiError, answer
from .requests import limit, needs, points, span

READINGS = (1, 10_000, 1_000)
"""Least, most and usual number in one answer."""
SESSIONS = (1, 1_000, 100)
POINTS = (2, 10_000)


def routes() -> list[web.RouteDef]:
    """Return the calls with the scope that each needs."""
    charger, read = "/api/v1/chargers/{id}", Scope.read
    return [
        web.get(f"{charger}/readings", needs(read, list_readings)),
        web.get(f"{charger}/readings.csv", needs(read, download_readings)),
        web.get(f"{charger}/sessions", needs(read, list_sessions)),
        web.get(f"{charger}/sessions.csv", needs(read, download_sessions)),
    ]


async def find_history(request: web.Request) -> int:
    """Return the key of the charger that the path names, also of one that was removed while its history was kept.

    Raises ApiError.
    """
    hub, charger_id = request.app[CONTEXT], request.match_info["id"]
    if (entry := hub.fleet.find(charger_id)) is not None:
        return entry.pk
    if (retired := await hub.store.retired.find(charger_id)) is not None:
        return retired.pk
    raise ApiError(404, "There is no such charger.")


async def find_session(request: web.Request, charger_pk: int) -> Session:
    """Return the session that the path names. Raises ApiError."""
    text, found = request.match_info["session"], None
    if text.isascii() and text.isdecimal() and len(text) <= 18:
        history = request.app[CONTEXT].store.history
        found = await history.session(charger_pk, int(text))
    if found is None:
        raise ApiError(404, "There is no such session.")
    return found


async def list_readings(request: web.Request) -> web.Response:
    """What a charger measured."""
    hub, pk = request.app[CONTEXT], await find_history(request)
    start_ms, end_ms = span(request)
    wanted = points(request, *POINTS)
    if wanted is not None:
        buckets, step_ms = await hub.store.history.points(pk, start_ms, end_ms, wanted)
        return await asyncio.to_thread(_points_page, buckets, step_ms)
    most = limit(request, *READINGS)
    readings, rest_ms = await hub.store.history.readings(pk, start_ms, end_ms, most)
    # Ten thousand readings are two megabytes: too long a piece of work for the event loop.
    return await asyncio.to_thread(_readings_page, readings, rest_ms)


def _points_page(buckets: list[Bucket], step_ms: int) -> web.Response:
    shown = [shapes.point(each) for each in buckets]
    return answer(200, {"points": shown, "step_s": step_ms // 1000})


def _readings_page(readings: list[Reading], rest_ms: int | None) -> web.Response:
    highest = 0.0
    shown = []
    for reading in readings:
        if reading.energy_wh is not None:
            # Two samples whose messages took unlike long may be dated the wrong way round, by seconds.
            highest = max(highest, reading.energy_wh)
            reading = replace(reading, energy_wh=highest)
        shown.append(shapes.reading(reading))
    return answer(200, {"readings": shown, "next": shapes.when(rest_ms)})


async def list_sessions(request: web.Request) -> web.Response:
    """The charges of a charger."""
    hub, pk = request.app[CONTEXT], await find_history(request)
    entry = hub.fleet.find(request.match_info["id"])
    start_ms, end_ms = span(request)
    most = limit(request, *SESSIONS)
    found = await hub.store.history.sessions(pk, start_ms, end_ms, most)
    costs = await hub.store.tariffs.costs([each.id for each in found])
    return answer(
        200,
        {
            "sessions": [
                shapes.session(_fresh(entry, each), costs.get(each.id))
                for each in found
            ]
        },
    )


def _fresh(entry: Entry | None, session: Session) -> Session:
    """The running session is stored when it begins and when it ends; what it is at now is in memory."""
    now = None if entry is None else entry.charger.session
    return now if now is not None and now.id == session.id else session


# --- for spreadsheets --------------------------------------------------------------------------------------------------


async def download_readings(request: web.Request) -> web.StreamResponse:
    """All readings of a time, as CSV."""
    pk = await find_history(request)
    store, charger_id = request.app[CONTEXT].store, request.match_info["id"]
    rows = tables.readings(store, charger_id, pk, span(request))
    return await _csv(request, "readings", tables.READING_COLUMNS, rows)


async def download_sessions(request: web.Request) -> web.StreamResponse:
    """All sessions of a time, oldest first, as CSV."""
    pk = await find_history(request)
    store, charger_id = request.app[CONTEXT].store, request.match_info["id"]
    rows = tables.sessions(store, charger_id, pk, span(request))
    return await _csv(request, "sessions", tables.SESSION_COLUMNS, rows)


async def _csv(
    request: web.Request, what: str, columns: tables.Columns, pages: tables.Pages
) -> web.StreamResponse:
    name = f"{request.match_info['id']}-{what}.csv"
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/csv; charset=utf-8; header=present",
            "Content-Disposition": f'attachment; filename="{name}"',
        }
    )
    await response.prepare(request)
    await response.write(_lines([tuple(columns)]))
    async for rows in pages:
        # Ten thousand rows are a megabyte: too long a piece of work for the event loop.
        await response.write(await asyncio.to_thread(_lines, rows))
    await response.write_eof()
    return response


def _lines(rows: list[tuple[Any, ...]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)  # RFC 4180: lines end with CR LF
    writer.writerows([tables.text(value) for value in row] for row in rows)
    return text.getvalue().encode()
