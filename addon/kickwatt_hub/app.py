"""Wires the parts of a hub together; says in which order they start and stop."""

import asyncio
from contextlib import AsyncExitStack, suppress
import fcntl
import logging
from pathlib import Path
import socket
import time
from typing import TextIO

from aiohttp import web

from .across import Across
from .announce import SupervisorAnnouncement, ZeroconfAnnouncement
from .api import devices, live, management, native, openapi, page, vecharge
from .api.context import CONTEXT, Context
from .api.errors import errors, leave
from .api.idle import Idlers
from .bus import Bus
from .control import Control
from .costing import Costing
from .fleet import Fleet
from .forecast import Forecasts
from .ingest import Ingest
from .late import Corrections
from .meters.polling import Meters
from .meters.sites import Sites
from .model import Scope, Token, User
from .plans import Plans
from .ports import STOP_S, listen, serve, watch
from .pricing import find_zone, own_zone
from .relay.client import RelayClient
from .scheduler import Scheduler
from .security import tokens
from .security.access import Access
from .security.limits import FailureLimit
from .security.passwords import Passwords
from .security.secret import HubSecret, load_secret
from .settings import Settings
from .simulator import Simulator
from .sources.vecharge.links import Links
from .store import AlreadyThereError, Store, UnavailableError, UnusableError
from .tariffs import Tariffs
from .upkeep import Upkeep

_LOGGER = logging.getLogger(__name__)

LOOK_S = 1.0  # how often to look for what the command line has changed, for chargers that fell silent and tokens that ended
LOGINS = 4  # passwords that are checked at once
SUPERVISOR_USER = "home-assistant"


class InUseError(UnusableError):
    """Another hub runs on this data folder."""


class Hub:
    """A hub. `start` and `stop` it once."""

    def __init__(self, settings: Settings) -> None:
        """Nothing happens before `start`."""
        self.settings = settings
        self.main_port = 0
        self.device_port = 0
        self._stack = AsyncExitStack()
        self._looking = asyncio.Lock()
        self.context: Context
        self.corrections: Corrections

    async def start(self) -> None:
        """Open the store, then the doors, then tell the world.

        Raises PortError and store.UnusableError; what was begun is undone then.
        """
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Close everything in the opposite order; takes at most 5 s."""
        await self._stack.aclose()

    @property
    def hub_id(self) -> str:
        """The hub's own id, 32 hexadecimal digits."""
        return self.context.store.hub_id

    async def _start(self) -> None:
        folder = self.settings.data
        store = await Store.open(folder, self.settings.database)
        self._stack.push_async_callback(store.close)
        self._stack.enter_context(_claim(folder))
        secret = await asyncio.to_thread(load_secret, folder)
        sockets = [
            self._stack.enter_context(listen(self.settings.host, port))
            for port in (self.settings.port, self.settings.device_port)
        ]
        self.main_port, self.device_port = (each.getsockname()[1] for each in sockets)
        await store.peers.start()
        self._stack.push_async_callback(store.peers.stop)
        if store.peers.leads:
            await store.packer.pack()
            await store.meter_packer.pack()
        self.context = await self._parts(store, secret)
        await self._open(_main_app(self.context, self.settings), sockets[0])
        await devices.server(self.context).serve(self._stack, sockets[1], STOP_S)
        if self.context.relay is not None:
            self.context.relay.start()
            self._stack.push_async_callback(self.context.relay.stop)
        watch(self._stack, self.context.links.run())
        watch(self._stack, self._look())
        watch(self._stack, Upkeep(store, now_ms).run())
        if self.settings.database is not None:
            across = Across(
                self.context.fleet, self.context.meters, self.context.bus, store
            )
            watch(self._stack, across.run())
        await self._announce(secret)

    async def _parts(self, store: Store, secret: HubSecret) -> Context:
        bus = Bus()
        settings = self.settings
        fleet = Fleet(store, bus, secret, now_ms)
        await fleet.load()
        forecasts = Forecasts(fleet)
        self.corrections = Corrections(fleet, store, bus, now_ms)
        access = Access(store, refresh=self.refresh, now_ms=now_ms)
        await access.load()
        control = Control(fleet, store, now_ms=now_ms, answer_s=settings.order_s)
        ingest = Ingest(
            fleet,
            store,
            bus,
            refresh=self.refresh,
            now_ms=now_ms,
            interval_s=settings.interval_s,
            lease_s=settings.lease_s,
            due=forecasts.look,
        )
        for entry in fleet.entries():
            forecasts.look(entry)
        if store.peers.leads:
            await self.corrections.catch_up()
        watch(self._stack, forecasts.run())
        control.take_up()
        self._stack.push_async_callback(control.stop)
        zone = (find_zone(settings.zone) if settings.zone else None) or own_zone()
        tariffs = Tariffs(store, zone, now_ms)
        await tariffs.load()
        plans = Plans(tariffs, zone, now_ms)
        scheduler = Scheduler(fleet, store, control, plans, now_ms=now_ms)
        await scheduler.load()
        watch(self._stack, scheduler.run())
        watch(self._stack, Costing(fleet, store, tariffs, now_ms).run())
        meters, sites = await self._metering(store, bus, fleet)
        simulator = Simulator.of(settings.simulator_control)
        if simulator is not None:
            self._stack.push_async_callback(simulator.close)
        return Context(
            name=settings.name,
            store=store,
            secret=secret,
            bus=bus,
            fleet=fleet,
            meters=meters,
            sites=sites,
            ingest=ingest,
            control=control,
            scheduler=scheduler,
            plans=plans,
            tariffs=tariffs,
            zone=zone,
            access=access,
            passwords=Passwords(),
            login_turn=asyncio.Semaphore(LOGINS),
            logins=FailureLimit("10/minute"),
            registrations=FailureLimit("10/hour"),
            open_registration=settings.open_registration,
            strangers=FailureLimit("60/minute"),
            device_port=self.device_port,
            ingress_from=settings.ingress_from,
            ingress_scope=Scope[settings.ingress_scope],
            relay=RelayClient.of(settings, ingest),
            simulator=simulator,
            links=Links(
                fleet,
                store,
                bus,
                ingest,
                secret,
                lease_s=settings.lease_s,
                now_ms=now_ms,
            ),
        )

    async def _metering(
        self, store: Store, bus: Bus, fleet: Fleet
    ) -> tuple[Meters, Sites]:
        meters = Meters(store, bus, now_ms)
        sites = Sites(store, bus, fleet, meters)
        await meters.refresh()
        await sites.refresh()
        store.management.on_change += [meters.wake, sites.wake]
        self._stack.push_async_callback(meters.stop)
        watch(self._stack, meters.run())
        watch(self._stack, sites.run())
        return meters, sites

    async def _open(self, app: web.Application, listening: socket.socket) -> None:
        idlers = Idlers()
        app.middlewares.append(idlers.middleware())
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=STOP_S)
        await serve(self._stack, runner, idlers, listening)

    async def _announce(self, secret: HubSecret) -> None:
        settings, hub_id = self.settings, self.context.store.hub_id
        if settings.supervisor_token is not None:
            config = {
                "host": socket.gethostname(),
                "port": self.main_port,
                "hub_id": hub_id,
                "token": await self._supervisor_token(secret),
            }
            supervisor = SupervisorAnnouncement(
                settings.supervisor_url, settings.supervisor_token, config
            )
            supervisor.start()
            self._stack.push_async_callback(supervisor.stop)
        if settings.zeroconf:
            local = ZeroconfAnnouncement(hub_id, settings.name, self.main_port)
            self._stack.push_async_callback(local.stop)
            watch(self._stack, local.start())

    async def _supervisor_token(self, secret: HubSecret) -> str:
        """Return the token that Home Assistant gets; derived, so that it is the same after every start."""
        accounts = self.context.store.accounts
        token = secret.derive("supervisor token").hex()
        with suppress(AlreadyThereError):
            await accounts.add_user(
                User(
                    name=SUPERVISOR_USER,
                    email=None,
                    scope=Scope.admin,
                    created_ms=now_ms(),
                ),
                None,
            )
        await accounts.add_token(
            SUPERVISOR_USER,
            tokens.digest(token),
            Token(
                id=0,
                user=SUPERVISOR_USER,
                name="Home Assistant, by discovery",
                scope=Scope.admin,
                created_ms=now_ms(),
                expires_ms=None,
            ),
        )
        await self.context.access.load()
        return token

    async def refresh(self) -> None:
        """Notice what another process has stored: a charger, token or user from the command line."""
        async with self._looking:
            if await self.context.store.others_wrote():
                for entry in await self.context.fleet.refresh():
                    await self.context.control.forget_order(entry)
                self.context.links.look()
                if self.context.store.peers.leads:
                    await self.corrections.catch_up()
                await self.context.access.load()
                await self.context.tariffs.load()
                await self.context.scheduler.load()
                self.context.meters.wake()
                self.context.sites.wake()

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            self.context.fleet.watch()
            self.context.access.watch()
            with suppress(UnavailableError):
                await self.refresh()


def now_ms() -> int:
    """Return the wall clock in Unix milliseconds."""
    return time.time_ns() // 1_000_000


def _claim(folder: Path) -> TextIO:
    """Two hubs on one database would contradict each other: the second one does not start."""
    claim = (folder / ".hub.lock").open("w")
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        claim.close()
        raise InUseError(
            f"Another hub is running on the data folder {folder}."
        ) from None
    return claim


def _main_app(context: Context, settings: Settings) -> web.Application:
    app = web.Application(
        middlewares=[errors, management.refusals], client_max_size=native.MAX_BODY
    )
    app[CONTEXT] = context
    app[live.CONNECTIONS] = set()
    app.on_shutdown.append(live.close_all)
    app.on_response_prepare.append(leave)
    app.add_routes(native.routes())
    app.add_routes(management.routes())
    app.add_routes(openapi.routes())
    app.add_routes(page.routes())
    app.router.add_get("/api/v1/live", live.live)
    vecharge.attach(app, get_disconnects=settings.vecharge_get_disconnect)
    return app
