"""veCharge's REST calls: docs/vecharge.md."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from ..vecharge import rest
from .operations import Operation, Parameter, Surface


class VeChargeRefusal(Struct):
    """veCharge's envelope of a refusal."""

    status: Literal["fail"]
    message: str


def _enveloped(data: object) -> dict[str, object]:
    return {
        "type": "object",
        "properties": {"status": {"const": "success"}, "data": data},
        "required": ["status", "data"],
    }


def _object(**properties: object) -> dict[str, object]:
    return {"type": "object", "properties": properties, "required": list(properties)}


_TEXT = {"type": "string"}
_ON_OFF = {"enum": ["ON", "OFF"]}
_IDENTIFIED = _object(_id=_TEXT)
_NEAREST = _object(
    _id=_TEXT,
    address=_TEXT,
    distance={"type": "number", "description": "Metres."},
    location=_object(
        type={"const": "Point"},
        coordinates={
            "type": "array",
            "items": {"type": "number"},
            "description": "Longitude and latitude.",
        },
    ),
)
_PAGE = tuple(
    Parameter(name, Annotated[int, Meta(ge=1, le=1000)], what)
    for name, what in (
        ("page", "Which page; the first unless it is said."),
        ("limit", "How many on a page; 10 unless it is said."),
    )
)
_RELEASE = "/api/v1/charger/removeChargerFromUser/{id}"
_FOUND = _enveloped(_object(nearestChargers={"type": "array", "items": _NEAREST}))
_NEAR = Operation({200: _FOUND}, rest.Near, query=_PAGE)
OPERATIONS: dict[tuple[str, str], Operation] = {
    ("PATCH", "/api/v1/charger/chargerDesiredState"): Operation(
        {
            200: _enveloped(
                _object(
                    chargerId=_TEXT,
                    desiredState=_ON_OFF,
                    reportedState=_ON_OFF,
                    order={"type": "integer"},
                )
            )
        },
        rest.DesiredState,
        refuses=(404, 409),
    ),
    ("GET", "/api/v1/charger/check/{id}"): Operation({200: _enveloped(_IDENTIFIED)}),
    ("POST", _RELEASE): Operation({200: _enveloped(_IDENTIFIED)}, refuses=(409,)),
    ("GET", _RELEASE): Operation(
        {200: _enveloped(_IDENTIFIED)}, refuses=(405, 409, 503)
    ),
    ("POST", "/api/v1/charger/nearestChargers"): _NEAR,
    ("POST", "/api/v1/charger/nearestChargers/"): _NEAR,
    ("GET", "/api/v1/users/me"): Operation(
        {
            200: _enveloped(
                _object(
                    _id=_TEXT,
                    username=_TEXT,
                    connectedCharger={"type": "array", "items": _IDENTIFIED},
                )
            )
        }
    ),
    **{
        (method, path.replace(rest.ANYTHING, "{call}")): Operation(
            {}, refuses=(501,), summary=sentence
        )
        for method, path, sentence in rest.ELSEWHERE
    },
}

VECHARGE = Surface(
    "vecharge",
    "For veCharge's clients, in their spelling; its live events are on Socket.IO.",
    OPERATIONS,
    refusal=VeChargeRefusal,
    body_refuses=(400, 408, 413, 422, 503),
    query_refuses=(422,),
    open=frozenset(
        (method, path.replace(rest.ANYTHING, "{call}"))
        for method, path, _ in rest.ELSEWHERE
    ),
)
