"""What was told of each charger last, for a report of a problem."""

from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from .happenings import Happening
from .live import (
    ChargerChanged,
    ChargerRemoved,
    Message,
    Resumed,
    SessionCorrected,
    Snapshot,
)
from .models import Charger

# Ten messages are the last minutes of a charge, or the last hour of a quiet board.
KEPT: Final = 10

type About = Charger | Happening | SessionCorrected


class Recent:
    """Keep the last messages about each charger, with the time when each came."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._kept: defaultdict[str, deque[tuple[datetime, About]]] = defaultdict(
            lambda: deque(maxlen=KEPT)
        )

    def take(self, message: Message, now: datetime) -> None:
        """Take a message in; what it says of no charger is left out."""
        match message:
            case Snapshot():
                for gone in self._kept.keys() - message.chargers.keys():
                    del self._kept[gone]
                for charger in message.chargers.values():
                    self._kept[charger.id].append((now, charger))
            case Resumed():
                for missed in message.missed:
                    self.take(missed, now)
            case ChargerChanged():
                self._kept[message.charger.id].append((now, message.charger))
            case ChargerRemoved():
                self._kept.pop(message.charger_id, None)
            case Happening() | SessionCorrected():
                self._kept[message.charger_id].append((now, message))

    def about(self, charger_id: str) -> list[dict[str, Any]]:
        """Return what was told of a charger, oldest first.

        Of its states only what is new against the one before, by the path to it.
        """
        told: list[dict[str, Any]] = []
        before: Charger | None = None
        for came, about in self._kept.get(charger_id, ()):
            told.append({"received": came.isoformat(), **_told(about, before)})
            if isinstance(about, Charger):
                before = about
        return told


def _told(about: About, before: Charger | None) -> dict[str, Any]:
    """Return what one message told."""
    if isinstance(about, Happening):
        return {"event": about.type.value, **about.data}
    if isinstance(about, SessionCorrected):
        return {"event": "session_corrected", "start": about.start.isoformat()}
    if before is None:
        return {"event": "state"}
    known = dict(_flat(asdict(before)))
    changed = {key: value for key, value in _flat(asdict(about)) if known[key] != value}
    # A name is nobody's business; that there is another one may be.
    if "name" in changed:
        changed["name"] = "changed"
    return {"event": "state", "changed": changed}


def _flat(tree: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Return the leaves of a state by the path to each, such as `reading.power_w`."""
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value
