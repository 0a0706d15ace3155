"""The demo itself: put the parts together, look at a charge, take everything down again."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import aiohttp

from . import dashboard, faults, homeassistant, page
from .charge import Charge, Entities, snapshot
from .extras import EXTRAS
from .homeassistant import PASSWORD, USER, HomeAssistant, HomeAssistantError
from .parts import CHARGER_ID, CHARGER_NAME, CURRENCY, PRICE_PER_KWH, Hub, Scooter
from .process import Process, free_ports
from .progress import Progress
from .screenshots import HubPage, Picture, photograph
from .supervisor import Supervisor, pretend_supervisor
from .tour import DISCOVERED, INTEGRATION_PATH, Tour

CUSTOM_COMPONENTS: Final = Path(__file__).resolve().parents[2] / "custom_components"

INFO: Final = "text=Device info"
START_LIMIT_S: Final = 120
"""For what does not run faster with the scooter's clock: programs that start."""

CHARGE_H: Final = 4.5
"""What a charge of the default scenario takes at most, in the scooter's time."""

LAG_H: Final = 1 / 60
"""From the end of a charge to a photograph of it, in our time."""


class NotSeenError(Exception):
    """Something did not happen in time."""


@dataclass(frozen=True)
class Options:
    """What to show, and how fast."""

    port: int
    """Where Home Assistant listens, on the loopback address."""

    speed: float
    """How many seconds pass for the scooter in one of ours."""

    scenario: str | None
    once: bool
    """End when a whole charge was seen, and report it."""

    screenshots: Path | None
    beside: tuple[str, ...] = ()
    """What to show beside the scooter: names of extras.EXTRAS."""


@dataclass
class Demo:
    """One run, in a folder that belongs to it."""

    options: Options
    folder: Path
    progress: Progress
    processes: dict[str, Process] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Find ports and a place for the logs."""
        self.logs = self.folder / "logs"
        self.logs.mkdir()
        self._beside: list[Picture] = []
        self._page_token = ""
        self._photographs: list[str] = []
        self._supervisor: Supervisor | None = None
        port, device_port, control_port = free_ports(3)
        self.hub = Hub(self.folder / "hub", port, device_port, control_port)
        self.url = f"http://127.0.0.1:{self.options.port}"

    async def run(self) -> dict[str, Any]:
        """Run until a whole charge was seen and return the report; without `once`, until cancelled.

        Raises:
            ExceptionGroup: of PartDiedError, when a part ended by itself; else of NotSeenError, CommandError or
                HomeAssistantError, when something did not happen.

        """
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as self._watchers:
            if self.options.screenshots:
                (port,) = free_ports(1)
                self._supervisor = await stack.enter_async_context(
                    pretend_supervisor(port)
                )
            try:
                async with aiohttp.ClientSession() as session:
                    return await self._story(session)
            except NotSeenError, HomeAssistantError, aiohttp.ClientError:
                # If it did not happen because a part has died, that is the better explanation.
                await asyncio.sleep(0.5)
                raise
            finally:
                await self._stop()

    async def _story(self, session: aiohttp.ClientSession) -> dict[str, Any]:
        if self._supervisor is None:
            hass = await self._start_home_assistant(session)
            token, scooter = await self._start_hub(session)
        else:  # the pretended one does not tell Home Assistant of an app that comes later
            token, scooter = await self._start_hub(session)
            await self._announced(self._supervisor)
            hass = await self._start_home_assistant(session)
        await self._live_through_yesterday(session, token, scooter)
        await self._onboard(hass)
        try:
            await self._connect_integration(hass, token)
            await self._start_scooter(scooter)
            await self._start_extras(session)
            charge = await self._find_charger(hass)
            await self._show_extras(hass)
            self._tell_address()
            await self._switch_on(hass, charge)
            return await self._look(session, hass, charge, token)
        finally:
            await hass.close()

    async def _start_home_assistant(
        self, session: aiohttp.ClientSession
    ) -> HomeAssistant:
        """Start the slowest part; whether it is ready is asked later."""
        self.progress.say(f"Starting Home Assistant, logs in {self.logs}")
        config = self.folder / "home-assistant"
        homeassistant.seed(config, self.options.port, CUSTOM_COMPONENTS)
        self._add(
            "home_assistant",
            await homeassistant.start(
                config, self.logs / "home-assistant.log", self._surroundings
            ),
        )
        return HomeAssistant(session, self.url)

    async def _start_hub(self, session: aiohttp.ClientSession) -> tuple[str, Scooter]:
        """Make a user, a token and a charger; start the hub. Returns the token, and the charger's scooter."""
        self.progress.show("starting the hub")
        async with self._within(START_LIMIT_S, "the hub did not start"):
            token = await self.hub.add_user(USER, PASSWORD)
            key = await self.hub.add_charger(CHARGER_ID, CHARGER_NAME)
            await self.hub.set_price(PRICE_PER_KWH, CURRENCY)
            log = self.logs / "hub.log"
            self._add("hub", await self.hub.start(log, self._surroundings))
            await self.hub.is_healthy(session)
        self._mark("hub")
        self.progress.say(
            f"The hub is up: {self.hub.url}, for boards {self.hub.device_url}"
        )
        return token, Scooter(self.hub, key, self.folder / "board.nvm")

    @property
    def _surroundings(self) -> dict[str, str]:
        """By what hub and Home Assistant find the Supervisor of an app, for the pictures of it."""
        return {} if self._supervisor is None else self._supervisor.environment

    async def _live_through_yesterday(
        self, session: aiohttp.ClientSession, token: str, scooter: Scooter
    ) -> None:
        """Give the history something to show, while Home Assistant starts."""
        self.progress.show("charging the scooter yesterday")
        async with self._within(START_LIMIT_S, "the scooter did not charge yesterday"):
            await self.hub.switch_on(session, token, CHARGER_ID)
            await scooter.charge_yesterday(self.logs / "yesterday.log")
        self._mark("yesterday")
        self.progress.say("The scooter was charged yesterday")

    async def _start_scooter(self, scooter: Scooter) -> None:
        running = await scooter.start(
            self.logs / "simulator.log",
            speed=self.options.speed,
            scenario=self.options.scenario,
        )
        self._add("simulator", running)
        self._watchers.create_task(
            faults.hear(running, lambda text: self.progress.say(text, "yellow"))
        )

    async def _onboard(self, hass: HomeAssistant) -> None:
        self.progress.show("waiting for Home Assistant")
        async with self._within(START_LIMIT_S, "Home Assistant did not start"):
            await hass.answers()
            await hass.onboard()
            await hass.is_running()
            await hass.connect()
        self._mark("home_assistant")
        self.progress.say("Home Assistant is up and onboarded")

    async def _connect_integration(self, hass: HomeAssistant, token: str) -> None:
        """Walk through the integration's config flow, as its owner does."""
        async with self._within(START_LIMIT_S, "the integration was not set up"):
            if self._supervisor is None:
                form = await hass.start_flow("kickwatt")
                answers = {"url": self.hub.url, "token": token}
            else:
                form, answers = await self._discovered(hass), {}
            entry = await hass.continue_flow(form["flow_id"], answers)
        if entry["type"] != "create_entry":
            raise HomeAssistantError(
                f"the integration refused the hub: {entry.get('errors')}"
            )
        self._mark("integration")
        self.progress.say("The Kickwatt integration is connected to the hub")

    async def _announced(self, supervisor: Supervisor) -> None:
        """Wait until the hub has said that it is there."""
        async with self._within(START_LIMIT_S, "the hub did not announce itself"):
            await supervisor.told()

    async def _discovered(self, hass: HomeAssistant) -> dict[str, Any]:
        """Wait for what an app's owner needs only agree to, and photograph it."""
        while not (found := await hass.flows("kickwatt")):
            await asyncio.sleep(0.2)
        # Of the pretended one it wants more than there is, and says so on this page.
        await hass.forget("hassio")
        self._photographs += await self._photograph(hass, DISCOVERED)
        return found[0]

    async def _find_charger(self, hass: HomeAssistant) -> Charge:
        """Wait for the charger's entities, and make a dashboard of them."""
        self.progress.show("waiting for the scooter's first words")
        entities = await Entities.find(hass, CHARGER_ID, START_LIMIT_S)
        charge = Charge(entities)
        for state in list(hass.states.values()):
            charge.see(state)
        hass.listen(charge.see)
        await hass.until(
            "the scooter's state is known",
            lambda: charge.stage != "unknown",
            START_LIMIT_S,
        )
        await dashboard.make(
            hass,
            CHARGER_NAME,
            entities,
            hours_shown=round(CHARGE_H / self.options.speed + LAG_H, 3),
        )
        self._mark("scooter")
        return charge

    async def _start_extras(self, session: aiohttp.ClientSession) -> None:
        for name in self.options.beside:
            log = self.logs / f"{name}.log"
            self._add(name, await EXTRAS[name].start(self.hub, session, log))

    async def _show_extras(self, hass: HomeAssistant) -> None:
        for name in self.options.beside:
            self.progress.show(f"waiting for {name}")
            self._beside.append(await EXTRAS[name].show(hass))
            self._mark(name)
            self.progress.say(
                f"{EXTRAS[name].title}: {self.url}{self._beside[-1].path}"
            )

    def _tell_address(self) -> None:
        self.progress.say(f"{self.url}{dashboard.PATH}", style="bold")
        self.progress.say(f"The hub's own page: {self.hub.url}/", style="bold")
        self.progress.say(f"user {USER}, password {PASSWORD}", style="bold")

    async def _switch_on(self, hass: HomeAssistant, charge: Charge) -> None:
        self.progress.show("switching the charger on")
        await hass.act("switch.turn_on", charge.entities["relay"])
        self._mark("switched_on")
        self.progress.say("Home Assistant has switched the charger on")

    async def _look(
        self,
        session: aiohttp.ClientSession,
        hass: HomeAssistant,
        charge: Charge,
        token: str,
    ) -> dict[str, Any]:
        """Look at the charge, with photographs at its best moments."""
        device_id = charge.entities.device_id
        limit_s = START_LIMIT_S + 2 * CHARGE_H * 3600 / self.options.speed
        try:
            async with asyncio.timeout(limit_s if self.options.once else None):
                await self._until(charge, lambda: charge.is_tapering or charge.is_whole)
                while_charging = snapshot(hass.states, charge.entities.ids.values())
                self._photographs += await self._photograph(
                    hass,
                    Picture("page-charging", f"{self.hub.url}/#/now", "article canvas"),
                    Picture("dashboard-charging", dashboard.PATH, dashboard.SHOWS),
                    Picture("device", f"/config/devices/device/{device_id}", INFO),
                )
                await self._until(charge, lambda: charge.is_whole)
        except TimeoutError:
            raise NotSeenError(
                f"not within {limit_s:.0f} s: {charge.missing}"
            ) from None
        self.progress.say(
            f"A whole charge: {charge.energy_kwh:.3f} kWh, and the relay is off"
        )
        self._photographs += await self._photograph(
            hass,
            *page.views(self.hub.url),
            Picture("dashboard-full", dashboard.PATH, dashboard.SHOWS),
            Picture("integration", INTEGRATION_PATH, f"text={CHARGER_NAME}"),
            *self._beside,
        )
        report = {
            "home_assistant": (await hass.rest("GET", "/api/config"))["version"],
            "speed": self.options.speed,
            "stages": [stage for stage, _ in charge.stages],
            "relay": charge.relay,
            "energy_kwh": round(charge.energy_kwh, 3),
            "peak_power_w": charge.peak_power_w,
            "session": (await self.hub.charger(session, token, CHARGER_ID))["session"],
            "entities": snapshot(hass.states, charge.entities.ids.values()),
            "entities_while_charging": while_charging,
            "seconds": {**self.seconds, "stages": charge.seconds(datetime.now(UTC))},
            "peak_memory_mib": {
                name: process.peak_memory_mib()
                for name, process in self.processes.items()
            },
            "screenshots": self._photographs,
        }
        if self.options.screenshots:
            await self._tour(session, hass, charge)
        if not self.options.once:
            self.progress.say("Switch it on again, or end the demo with Ctrl-C")
            await self._until(charge, lambda: False)
        return report

    async def _tour(
        self, session: aiohttp.ClientSession, hass: HomeAssistant, charge: Charge
    ) -> None:
        """Photograph what is not part of a charge."""
        self.progress.show("another charge, a safety stop")

        async def take(*pictures: Picture) -> list[str]:
            return await self._photograph(hass, *pictures)

        tour = Tour(hass, self.hub, session, charge, take)
        self._photographs += await tour.go()

    async def _until(self, charge: Charge, test: Callable[[], bool]) -> None:
        """Show the charge until `test` holds."""
        while not test():
            self.progress.show(
                f"{charge.stage}  {charge.power_w or 0:.1f} W  "
                f"{charge.energy_kwh:.3f} kWh  relay {charge.relay}"
            )
            await asyncio.sleep(0.5)

    async def _photograph(self, hass: HomeAssistant, *pictures: Picture) -> list[str]:
        """Photograph pages, in the order in which they change. Returns the files."""
        if not self.options.screenshots:
            return []
        self.progress.say("Taking photographs")
        if not self._page_token:
            self._page_token = await self.hub.add_token(USER, "admin")
        return await photograph(
            hass,
            HubPage(self.hub.url, self._page_token),
            pictures,
            self.options.screenshots,
            self.logs / "camera.log",
        )

    def _add(self, name: str, process: Process) -> None:
        """Have a part watched, and stopped at the end."""
        self.processes[name] = process
        self._watchers.create_task(process.watch())

    async def _stop(self) -> None:
        self.progress.show("stopping")
        await asyncio.gather(*(process.stop() for process in self.processes.values()))

    def _mark(self, what: str) -> None:
        """Note when something was there, in seconds since the demo's start."""
        self.seconds[what] = round(self.progress.seconds, 1)

    @asynccontextmanager
    async def _within(self, limit_s: float, otherwise: str) -> AsyncIterator[None]:
        """Say what did not happen when this takes too long."""
        try:
            async with asyncio.timeout(limit_s):
                yield
        except TimeoutError:
            raise NotSeenError(f"{otherwise} within {limit_s:.0f} s") from None
