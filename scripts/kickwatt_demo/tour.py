"""What an owner meets beside a charge, for the pictures: another charger, switching off, a safety stop and the way out of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import aiohttp

from . import dashboard
from .charge import Charge
from .homeassistant import HomeAssistant, HomeAssistantError
from .parts import CHARGER_NAME, Hub
from .screenshots import Picture, Step

OTHER_NAME: Final = "Moped"
OTHER_ID: Final = "moped"
SOME_WH: Final = 25
LIMIT_S: Final = 120
INTEGRATION_PATH: Final = "/config/integrations/integration/kickwatt"

_SUBMIT: Final = Step("role=button[name='Submit']")
_STOP: Final = f"text={CHARGER_NAME} was switched off for safety"

DISCOVERED: Final = Picture(
    "discovered", "/config/integrations/dashboard", "role=button[name='Add'i]"
)
ADDING: Final = Picture(
    "add-charger",
    INTEGRATION_PATH,
    "ha-qr-code canvas",
    (
        Step("role=button[name='Configure']"),
        Step("text=Add a charger"),
        Step("role=textbox[name=/^Name/]", OTHER_NAME),
        _SUBMIT,
    ),
)
OFF: Final = Picture("dashboard-off", dashboard.PATH, dashboard.SHOWS)
STOPPED: Final = (
    Picture("repairs", "/config/repairs", _STOP),
    Picture("repair", "", "text=Too much current", (Step(_STOP),)),
)
CLEARED: Final = Picture(
    "repair-cleared", "", "text=The issue is repaired!", (_SUBMIT,)
)

type Take = Callable[..., Awaitable[list[str]]]


@dataclass(frozen=True)
class Tour:
    """Goes through it in a demo whose scooter is full."""

    hass: HomeAssistant
    hub: Hub
    session: aiohttp.ClientSession
    charge: Charge
    take: Take

    async def go(self) -> list[str]:
        """Do all of it. Returns the pictures.

        Raises:
            HomeAssistantError: something did not happen.

        """
        relay = self.charge.entities["relay"]
        pictures = await self._add_another()
        await self._world(do="unplug")
        await self._world(do="plug_in", charge=0.3)

        await self._charge_again(relay)
        await self._until("some energy has flowed", self._has_some)
        await self.hass.act("switch.turn_off", relay)
        await self._until("the charge has ended", lambda: self._state == "off")
        pictures += await self.take(OFF)

        await self._charge_again(relay)
        await self._world(do="fault", fault="runaway_current")
        await self._until("the board has tripped", lambda: self._state == "tripped")
        await self._world(do="mend", fault="runaway_current")
        return pictures + await self.take(*STOPPED, CLEARED)

    async def _add_another(self) -> list[str]:
        """Add a charger as its owner would, and take it away again: nobody reports for it."""
        pictures = await self.take(ADDING)
        token = await self.hub.add_token("demo", "admin")
        await self.hub.call(self.session, token, "DELETE", f"chargers/{OTHER_ID}")
        return pictures

    async def _charge_again(self, relay: str) -> None:
        await self.hass.act("switch.turn_on", relay)
        await self._until("it charges again", lambda: self._state == "charging")

    @property
    def _state(self) -> str:
        state = self.hass.states.get(self.charge.entities["charging_state"])
        return "unknown" if state is None else state.state

    def _has_some(self) -> bool:
        """Whether there is something to see of this charge; the one before it took ten times as much."""
        state = self.hass.states.get(self.charge.entities["session_energy"])
        return SOME_WH <= ((state and state.number) or 0.0) < 2 * SOME_WH

    async def _until(self, what: str, test: Callable[[], bool]) -> None:
        await self.hass.until(what, test, LIMIT_S)

    async def _world(self, **wish: Any) -> None:
        """Let something happen around the simulated board."""
        url = f"http://127.0.0.1:{self.hub.control_port}/do"
        async with self.session.post(url, json=wish) as response:
            if response.status != 200:
                raise HomeAssistantError(f"the simulator: {await response.text()}")
