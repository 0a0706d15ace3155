"""Meters and sites, in the native API and, for what its contract lacked, in the energy monitoring API."""

from typing import Annotated

from msgspec import Meta

from ...meters.model import Polling
from .. import meteranswers as answers, meterbodies
from ..bodies import Time
from ..meters import POINTS, READINGS
from .operations import Either, Operation, Parameter, Schema

_METER = "/api/v1/meters/{id}"
_STANDS = "/api/v1/sites/{id}/chargers/{charger}"
_PAST = (
    Parameter("from", Time, "Not before this time."),
    Parameter("to", Time, "Before this time."),
    Parameter(
        "limit",
        Annotated[int, Meta(ge=READINGS[0], le=READINGS[1])],
        f"At most so many; {READINGS[2]} unless it is said.",
    ),
    Parameter(
        "points",
        Annotated[int, Meta(ge=POINTS[0], le=POINTS[1])],
        "Reduce them to at most so many spans of equal length.",
    ),
)
_COURSE = Either((answers.MeterHistory, answers.MeterCourse))

NATIVE_METERS: dict[tuple[str, str], Operation] = {
    ("GET", "/api/v1/meters"): Operation({200: list[answers.Meter]}),
    ("POST", "/api/v1/meters"): Operation(
        {201: answers.Meter}, meterbodies.NewMeter, refuses=(404, 409)
    ),
    ("GET", _METER): Operation({200: answers.Meter}),
    ("PATCH", _METER): Operation(
        {200: answers.Meter}, meterbodies.MeterChange, refuses=(409,)
    ),
    ("DELETE", _METER): Operation({204: None}),
    ("GET", f"{_METER}/history"): Operation(
        {200: _COURSE},
        query=(
            Parameter(
                "measurement",
                Annotated[str, Meta(min_length=1)],
                "Which measurement.",
                required=True,
            ),
            *_PAST,
        ),
    ),
    ("GET", "/api/v1/meter-models"): Operation({200: list[answers.MeterModel]}),
    ("POST", "/api/v1/meter-models/{name}"): Operation(
        {201: answers.MeterModel}, {"type": "object"}, refuses=(409,)
    ),
    ("GET", "/api/v1/sites"): Operation({200: list[answers.Site]}),
    ("GET", "/api/v1/sites/{id}"): Operation({200: answers.Site}),
    ("PUT", _STANDS): Operation({200: answers.Site}),
    ("DELETE", _STANDS): Operation({204: None}),
}


def managed(
    who: str, page: tuple[Parameter, ...], polling: Schema
) -> dict[tuple[str, str], Operation]:
    """Return the calls about a host that `who` has in the energy monitoring API."""
    host = f"/{who}/hosts/{{id}}"
    return {
        ("GET", f"{host}/values"): Operation({200: answers.HostValues}, query=page),
        ("GET", f"{host}/polling"): Operation({200: Polling}),
        ("PATCH", f"{host}/polling"): Operation({200: Polling}, polling),
        ("GET", f"{host}/measurements/{{measurement}}/readings"): Operation(
            {200: _COURSE}, query=_PAST
        ),
    }
