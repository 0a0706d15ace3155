"""What the handlers work with."""

import asyncio
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from aiohttp import web

from ..bus import Bus
from ..control import Control
from ..fleet import Fleet
from ..ingest import Ingest
from ..meters.polling import Meters
from ..meters.sites import Sites
from ..model import Scope
from ..plans import Plans
from ..relay.client import RelayClient
from ..scheduler import Scheduler
from ..security.access import Access, Principal
from ..security.limits import FailureLimit
from ..security.passwords import Passwords
from ..security.secret import HubSecret
from ..simulator import Simulator
from ..sources.vecharge.links import Links
from ..store import Store
from ..tariffs import Tariffs


@dataclass(frozen=True, slots=True)
class Context:
    """The parts of a running hub."""

    name: str
    store: Store
    secret: HubSecret
    bus: Bus
    fleet: Fleet
    meters: Meters
    sites: Sites
    ingest: Ingest
    control: Control
    scheduler: Scheduler
    plans: Plans
    tariffs: Tariffs
    zone: ZoneInfo
    access: Access
    passwords: Passwords
    login_turn: asyncio.Semaphore
    logins: FailureLimit
    registrations: FailureLimit
    open_registration: bool
    strangers: FailureLimit
    device_port: int
    ingress_from: str | None
    """The address from which the Supervisor's word counts for who somebody is; None: nobody's does."""
    ingress_scope: Scope
    relay: RelayClient | None
    links: Links
    simulator: Simulator | None


CONTEXT = web.AppKey("context", Context)
PRINCIPAL = web.RequestKey("principal", Principal)
