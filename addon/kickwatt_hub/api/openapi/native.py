"""The native API: docs/api.md."""

from typing import Annotated

from msgspec import Meta

from ...charging.periods import Period
from ...pricing import Definition
from .. import answers, bodies, history, insights, simulatoranswers
from .meters import NATIVE_METERS
from .operations import Either, Operation, Parameter, Raw, Surface

_WHEN = "RFC 3339, such as 2026-11-21T07:45:00Z"
_SPAN = (
    Parameter("start", bodies.Time, f"Not before this time; {_WHEN}."),
    Parameter("end", bodies.Time, f"Before this time; {_WHEN}."),
)


def _limit(least: int, most: int, usual: int) -> Parameter:
    return Parameter(
        "limit",
        Annotated[int, Meta(ge=least, le=most)],
        f"At most so many; {usual} unless it is said.",
    )


_ZONE = Parameter("zone", str, "IANA name of a time zone; the hub's unless it is said.")
_CSV = Raw("text/csv", "Rows under a header (RFC 4180).")
_CHARGER = "/api/v1/chargers/{id}"
_SIMULATOR = "/api/v1/simulator"
_PLAYED = Parameter(
    "charger",
    str,
    "Whose world; that of the simulator's first board unless it is said.",
)

OPERATIONS: dict[tuple[str, str], Operation] = {
    ("GET", "/healthz"): Operation({200: answers.Healthy}, refuses=(503,)),
    ("GET", "/api/v1/info"): Operation({200: answers.Info}),
    ("GET", "/api/v1/openapi.json"): Operation({200: {"type": "object"}}),
    ("GET", "/api/v1/asyncapi.json"): Operation({200: {"type": "object"}}),
    ("GET", "/api/docs"): Operation({200: Raw("text/html", "A page.")}),
    ("GET", "/api/v1/relay"): Operation({200: answers.RelayStatus}),
    # a simulation beside the hub
    ("GET", _SIMULATOR): Operation(
        {200: simulatoranswers.Simulation}, query=(_PLAYED,), refuses=(404, 503)
    ),
    ("GET", f"{_SIMULATOR}/catalog"): Operation(
        {200: simulatoranswers.SimulatorCatalog}, refuses=(404, 503)
    ),
    ("GET", f"{_SIMULATOR}/dialogue"): Operation(
        {200: simulatoranswers.SimulatorDialogue},
        query=(
            _PLAYED,
            Parameter(
                "after",
                Annotated[int, Meta(ge=0)],
                "Only lines with a higher number than this.",
            ),
        ),
        refuses=(404, 503),
    ),
    ("POST", f"{_SIMULATOR}/do"): Operation(
        {200: simulatoranswers.Simulation},
        {"type": "object"},
        query=(_PLAYED,),
        refuses=(404, 409, 503),
    ),
    ("GET", f"{_SIMULATOR}/boards"): Operation(
        {200: simulatoranswers.SimulatedBoards}, refuses=(404, 503)
    ),
    ("PUT", f"{_SIMULATOR}/boards/{{id}}"): Operation(
        {200: simulatoranswers.SimulatedBoards}, refuses=(404, 409, 503)
    ),
    ("DELETE", f"{_SIMULATOR}/boards/{{id}}"): Operation(
        {200: simulatoranswers.SimulatedBoards}, refuses=(404, 409, 503)
    ),
    # oneself
    ("POST", "/api/v1/login"): Operation(
        {200: answers.LoggedIn}, bodies.Login, refuses=(401, 429)
    ),
    ("POST", "/api/v1/logout"): Operation({204: None}),
    ("GET", "/api/v1/me"): Operation({200: answers.Me}),
    ("PUT", "/api/v1/me/password"): Operation(
        {200: answers.LoggedIn}, bodies.NewPassword
    ),
    # chargers
    ("GET", "/api/v1/chargers"): Operation({200: list[answers.Charger]}),
    ("POST", "/api/v1/chargers"): Operation(
        {201: answers.ChargerWithKey}, bodies.NewCharger, refuses=(409,)
    ),
    ("GET", _CHARGER): Operation({200: answers.Charger}),
    ("POST", f"{_CHARGER}/release"): Operation({202: answers.Charger}),
    ("POST", f"{_CHARGER}/claim"): Operation({202: answers.Charger}),
    ("PATCH", _CHARGER): Operation(
        {200: answers.Charger}, bodies.ChargerChange, refuses=(409,)
    ),
    ("DELETE", _CHARGER): Operation(
        {204: None},
        query=(
            Parameter(
                "history",
                {"enum": ["keep", "remove"]},
                "Whether what it measured stays; it goes unless it is said.",
            ),
        ),
    ),
    ("PUT", f"{_CHARGER}/desired"): Operation(
        {202: answers.Order}, bodies.Desired, refuses=(409,)
    ),
    ("POST", f"{_CHARGER}/charge"): Operation({202: answers.Charger}, refuses=(409,)),
    ("POST", f"{_CHARGER}/plan"): Operation(
        {200: answers.PlanAnswer}, bodies.PlanQuestion
    ),
    ("POST", f"{_CHARGER}/key"): Operation(
        {200: answers.ChargerWithKey}, bodies.NewKey
    ),
    ("GET", f"{_CHARGER}/keep"): Operation({200: answers.Kept}),
    ("PUT", f"{_CHARGER}/keep"): Operation({200: answers.Kept}, bodies.Keep),
    ("GET", f"{_CHARGER}/place"): Operation({200: answers.Place}),
    ("PUT", f"{_CHARGER}/place"): Operation({200: answers.Place}, bodies.NewPlace),
    ("DELETE", f"{_CHARGER}/place"): Operation({204: None}),
    ("GET", "/api/v1/removed"): Operation({200: list[answers.RemovedCharger]}),
    ("POST", "/api/v1/removed/{id}/restore"): Operation(
        {200: answers.ChargerWithKey}, bodies.NewKey
    ),
    ("DELETE", "/api/v1/removed/{id}"): Operation({204: None}),
    # history
    ("GET", f"{_CHARGER}/readings"): Operation(
        {200: Either((answers.Readings, answers.Points))},
        query=(
            *_SPAN,
            _limit(*history.READINGS),
            Parameter(
                "points",
                Annotated[int, Meta(ge=history.POINTS[0], le=history.POINTS[1])],
                "Reduce them to at most so many spans of equal length.",
            ),
        ),
    ),
    ("GET", f"{_CHARGER}/readings.csv"): Operation({200: _CSV}, query=_SPAN),
    ("GET", f"{_CHARGER}/sessions"): Operation(
        {200: answers.Sessions}, query=(*_SPAN, _limit(*history.SESSIONS))
    ),
    ("GET", f"{_CHARGER}/sessions.csv"): Operation({200: _CSV}, query=_SPAN),
    ("GET", f"{_CHARGER}/sessions/{{session}}/decisions"): Operation(
        {200: answers.Decisions}
    ),
    ("GET", f"{_CHARGER}/sessions/{{session}}/cost"): Operation(
        {200: answers.SessionCost}
    ),
    ("GET", f"{_CHARGER}/energy"): Operation(
        {200: answers.Totals},
        query=(
            *_SPAN,
            Parameter("by", Period, "How long a period is; a week unless it is said."),
            _ZONE,
        ),
    ),
    ("POST", f"{_CHARGER}/cost"): Operation(
        {200: answers.Comparison}, bodies.Otherwise
    ),
    ("GET", f"{_CHARGER}/decisions"): Operation(
        {200: answers.Decisions}, query=(*_SPAN, _limit(*insights.DECISIONS))
    ),
    ("GET", f"{_CHARGER}/learned"): Operation({200: answers.Learned}),
    ("GET", f"{_CHARGER}/health"): Operation({200: answers.Health}),
    # prices
    ("GET", "/api/v1/tariff"): Operation({200: answers.Tariffs}),
    ("PUT", "/api/v1/tariff"): Operation(
        {200: answers.Tariffs},
        Definition,
        query=(Parameter("from", bodies.Time, f"From when on it holds; {_WHEN}."),),
    ),
    ("GET", "/api/v1/tariff/prices"): Operation(
        {200: answers.KnownPrices}, query=_SPAN
    ),
    ("POST", "/api/v1/tariff/prices"): Operation({200: answers.Stored}, bodies.Prices),
    # people
    ("GET", "/api/v1/users"): Operation({200: list[answers.User]}),
    ("POST", "/api/v1/users"): Operation(
        {201: answers.User}, bodies.NewUser, refuses=(409,)
    ),
    ("PATCH", "/api/v1/users/{name}"): Operation(
        {200: answers.User}, bodies.UserChange, refuses=(409,)
    ),
    ("DELETE", "/api/v1/users/{name}"): Operation({204: None}),
    ("GET", "/api/v1/tokens"): Operation({200: list[answers.Token]}),
    ("POST", "/api/v1/tokens"): Operation(
        {201: answers.TokenWithSecret}, bodies.NewToken, refuses=(404,)
    ),
    ("DELETE", "/api/v1/tokens/{id}"): Operation({204: None}),
    **NATIVE_METERS,
}

NATIVE = Surface(
    "native",
    "For the page, the Home Assistant integration and scripts.",
    OPERATIONS,
    refusal=answers.Error,
    body_refuses=(400, 408, 413, 415, 422, 503),
    query_refuses=(422,),
    open=frozenset(
        {
            ("GET", "/healthz"),
            ("GET", "/api/v1/info"),
            ("GET", "/api/v1/openapi.json"),
            ("GET", "/api/v1/asyncapi.json"),
            ("GET", "/api/docs"),
            ("POST", "/api/v1/login"),
        }
    ),
)
