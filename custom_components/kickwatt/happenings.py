"""What happens to a charger at one instant, as opposed to what it is."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .jsonvalues import Json, list_or_empty, object_or_empty, text_or_none
from .models import Charger, Session


class HappeningType(StrEnum):
    """What may happen. Every charge that starts ends as one of the next three."""

    STARTED = "started"
    FINISHED = "finished"
    CUT_OFF = "cut_off"
    UNPLUGGED = "unplugged"
    TRIPPED = "tripped"
    RECOVERED = "recovered"


@dataclass(frozen=True, kw_only=True)
class Happening:
    """Something that has happened to a charger."""

    charger_id: str
    type: HappeningType
    data: dict[str, Any]


# The board's own end and an unplugged battery have a name of their own; whatever else
# ended a charge is told as its reason.
_ENDS = {
    "cut_off": HappeningType.CUT_OFF,
    "unplugged": HappeningType.UNPLUGGED,
}


def happening_from_json(data: Json) -> Happening | None:
    """Read an event of the live API, None for one that tells only of states."""
    charger_id = text_or_none(data.get("charger_id"))
    if charger_id is None:
        return None
    time = {"time": text_or_none(data.get("time"))}
    session = Session.from_json(object_or_empty(data.get("session")))
    match data.get("event"):
        case "session_started":
            return Happening(
                charger_id=charger_id,
                type=HappeningType.STARTED,
                data=time | {"session": session.id},
            )
        case "session_ended":
            return Happening(
                charger_id=charger_id,
                type=_ENDS.get(session.end_reason or "", HappeningType.FINISHED),
                data=time | _ended(session),
            )
        case "tripped":
            reasons = [trip for trip in list_or_empty(data.get("trips")) if trip]
            return _tripped(charger_id, time, "board", reasons)
        case "guard":
            reasons = [f"guard_{data.get('reason')}"]
            return _tripped(charger_id, time, "hub", reasons)
    return None


def _ended(session: Session) -> dict[str, Any]:
    """Return what there is to say of a charge that is over."""
    duration_s = None
    if session.start is not None and session.end is not None:
        duration_s = round((session.end - session.start).total_seconds())
    return {
        "session": session.id,
        "reason": session.end_reason,
        "energy_wh": session.energy_wh,
        "peak_power_w": session.peak_power_w,
        "duration_s": duration_s,
    }


def _tripped(
    charger_id: str, time: dict[str, Any], by: str, reasons: list[str]
) -> Happening:
    """Return a safety stop, of the board or the hub."""
    return Happening(
        charger_id=charger_id,
        type=HappeningType.TRIPPED,
        data=time | {"by": by, "reasons": reasons},
    )


def recovery(before: Charger, after: Charger) -> Happening | None:
    """Return that nothing keeps a charger any more from giving power, if so."""
    if not before.problems or after.problems:
        return None
    return Happening(
        charger_id=after.id,
        type=HappeningType.RECOVERED,
        data={"reasons": list(before.problems)},
    )
