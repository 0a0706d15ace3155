"""Actions that answer: what was charged, when it would be, and start and stop."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import VolDictType, VolSchemaType
from homeassistant.util import dt as dt_util
import probatio

from .const import DOMAIN
from .coordinator import KickwattCoordinator
from .helpers import translated_errors
from .targets import Target, async_chargers_of

_MONTH: Final = timedelta(days=30)


class Field(StrEnum):
    """What the actions take beside their target."""

    START = "start"
    END = "end"
    READY_BY = "ready_by"
    TARGET_WH = "target_wh"
    TARGET_PERCENT = "target_percent"
    HOURS = "hours"
    PREFER = "prefer"


_SESSIONS: Final[VolDictType] = {
    probatio.Optional(Field.START): cv.datetime,
    probatio.Optional(Field.END): cv.datetime,
}
_PLAN: Final[VolDictType] = {
    probatio.Optional(Field.READY_BY): cv.time,
    probatio.Exclusive(Field.TARGET_WH, "target"): probatio.All(
        probatio.Coerce(float), probatio.Range(min=1, max=20_000)
    ),
    probatio.Exclusive(Field.TARGET_PERCENT, "target"): probatio.All(
        probatio.Coerce(float), probatio.Range(min=1, max=100)
    ),
    probatio.Optional(Field.HOURS): probatio.All(
        probatio.Coerce(float), probatio.Range(min=0.25, max=24)
    ),
    probatio.Optional(Field.PREFER): probatio.In(["cheap", "late"]),
}

type Act = Callable[[KickwattCoordinator, str, ServiceCall], Awaitable[dict[str, Any]]]


@callback
def async_register_actions(hass: HomeAssistant) -> None:
    """Offer the actions, whether a hub is there or not."""

    def register(name: str, act: Act, fields: VolDictType, answers: str) -> None:
        schema: VolSchemaType = cv.make_entity_service_schema(fields)

        async def run(call: ServiceCall) -> ServiceResponse:
            return await _on_all(act, async_chargers_of(hass, call), call)

        hass.services.async_register(
            DOMAIN, name, run, schema, SupportsResponse(answers)
        )

    register("get_sessions", _get_sessions, _SESSIONS, "only")
    register("plan_charge", _plan_charge, _PLAN, "only")
    register("start_charge", _start_charge, {}, "optional")
    register("stop_charge", _stop_charge, {}, "optional")


async def _on_all(
    act: Act, chargers: list[Target], call: ServiceCall
) -> dict[str, Any]:
    """Do it with every charger, whatever becomes of the others, and return what came of it.

    One charger's answer stands alone; several are in `chargers`, by their ids. Raises what was the first to fail.
    """
    answers = await asyncio.gather(
        *(act(coordinator, charger_id, call) for coordinator, charger_id in chargers),
        return_exceptions=True,
    )
    done: dict[str, Any] = {}
    for (_, charger_id), answer in zip(chargers, answers, strict=True):
        if isinstance(answer, BaseException):
            raise answer
        done[charger_id] = answer
    return {"chargers": done} if len(chargers) > 1 else done[chargers[0][1]]


async def _get_sessions(
    coordinator: KickwattCoordinator, charger_id: str, call: ServiceCall
) -> dict[str, Any]:
    """Return the charges of a time, newest first; by default of the last 30 days."""
    end: datetime = dt_util.as_utc(call.data.get(Field.END) or dt_util.now())
    start: datetime = dt_util.as_utc(call.data.get(Field.START) or end - _MONTH)
    with translated_errors(coordinator.data[charger_id], "read"):
        found = await coordinator.rest.sessions(charger_id, start, end, 1000)
    return {"sessions": [dict(each) for each in found]}


async def _plan_charge(
    coordinator: KickwattCoordinator, charger_id: str, call: ServiceCall
) -> dict[str, Any]:
    """Return when it would charge, and what that would cost. Nothing is changed."""
    wanted = {key: value for key, value in call.data.items() if key in set(Field)}
    if Field.READY_BY in wanted:
        wanted[Field.READY_BY] = wanted[Field.READY_BY].strftime("%H:%M")
        wanted["zone"] = coordinator.hass.config.time_zone
    with translated_errors(coordinator.data[charger_id], "read"):
        return dict(await coordinator.rest.plan(charger_id, wanted))


async def _start_charge(
    coordinator: KickwattCoordinator, charger_id: str, call: ServiceCall
) -> dict[str, Any]:
    """Charge until full, now, whatever the mode."""
    with translated_errors(coordinator.data[charger_id], "on"):
        await coordinator.live.charge_once(charger_id)
    return _now(coordinator, charger_id)


async def _stop_charge(
    coordinator: KickwattCoordinator, charger_id: str, call: ServiceCall
) -> dict[str, Any]:
    """Switch off, and wait until the device says so."""
    with translated_errors(coordinator.data[charger_id], "off"):
        await coordinator.live.set_relay(charger_id, on=False)
    return _now(coordinator, charger_id)


def _now(coordinator: KickwattCoordinator, charger_id: str) -> dict[str, Any]:
    """Return where the charge stands."""
    charger = coordinator.data[charger_id]
    session = charger.session
    return {
        "charger": charger.id,
        "state": charger.state,
        "session": session.id,
        "energy_wh": session.energy_wh,
        "cost": session.cost,
        "currency": session.currency,
    }
