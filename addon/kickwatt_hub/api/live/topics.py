"""What a client is told: a table with the name and the fields of every event, and one of what a snapshot holds."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec

from ... import bus
from ...bus import Event
from .. import metershapes, shapes
from ..context import Context

type Fields = dict[str, Any]


def _of_session(
    what: bus.SessionStarted | bus.SessionEnded | bus.SessionCorrected,
) -> Fields:
    return _about(what.charger_id, what.time_ms) | {
        "session": shapes.session(what.session)
    }


def _of_guard(what: bus.Guarded) -> Fields:
    return _about(what.charger_id, what.time_ms) | {
        "reason": what.reason,
        "energy_wh": what.energy_wh,
        "closed_s": what.closed_s,
    }


TOPICS: dict[type, tuple[str, Callable[[Any], Fields]]] = {
    bus.ChargerChanged: (
        "charger",
        lambda what: {"charger": shapes.charger(what.charger)},
    ),
    bus.ChargerRemoved: (
        "charger_removed",
        lambda what: {"charger_id": what.charger_id},
    ),
    bus.SessionStarted: ("session_started", _of_session),
    bus.SessionEnded: ("session_ended", _of_session),
    bus.SessionCorrected: (
        "session_corrected",
        lambda what: _of_session(what) | {"removed": what.removed},
    ),
    bus.Tripped: (
        "tripped",
        lambda what: _about(what.charger_id, what.time_ms) | {"trips": what.trips},
    ),
    bus.Guarded: ("guard", _of_guard),
    bus.MeterChanged: ("meter", lambda what: {"meter": metershapes.meter(what.meter)}),
    bus.MeterRemoved: ("meter_removed", lambda what: {"meter_id": what.meter_id}),
    bus.SiteChanged: ("site", lambda what: {"site": metershapes.site(what.site)}),
    bus.SiteRemoved: ("site_removed", lambda what: {"site_id": what.site_id}),
}

SNAPSHOT: dict[str, Callable[[Context], Any]] = {
    "chargers": lambda hub: [shapes.charger(each) for each in hub.fleet.snapshot()],
    "meters": lambda hub: [metershapes.meter(each) for each in hub.meters.snapshot()],
    "sites": lambda hub: [metershapes.site(each) for each in hub.sites.snapshot()],
}


@lru_cache(maxsize=512)
def frame(event: Event) -> str:
    """Return an event as text; all clients get the same."""
    name, fields = TOPICS[type(event.what)]
    return encode(
        {
            "type": "event",
            "number": event.number,
            "event": name,
            **fields(event.what),
        }
    )


def snapshot(hub: Context, subscribe_id: int | None) -> Fields:
    """Return everything as it is now: the answer to the subscription with this id, or instead of events that were missed."""
    answers = {} if subscribe_id is None else {"id": subscribe_id}
    return {
        "type": "snapshot",
        **answers,
        "run": hub.bus.run,
        "number": hub.bus.number,
        **{name: now(hub) for name, now in SNAPSHOT.items()},
    }


def encode(message: Fields) -> str:
    """Return a message as text."""
    return msgspec.json.encode(message).decode()


def _about(charger_id: str, time_ms: int) -> Fields:
    return {"charger_id": charger_id, "time": shapes.when(time_ms)}
