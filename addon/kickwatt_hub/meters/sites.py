"""All sites: worked out anew whenever a meter or a charger of theirs says something."""

import asyncio
from collections import defaultdict
import logging

from ..bus import (
    Bus,
    ChargerChanged,
    ChargerRemoved,
    Happening,
    MeterChanged,
    MeterRemoved,
    SiteChanged,
    SiteRemoved,
)
from ..fleet import Fleet
from ..store import Store, UnavailableError
from .model import Meter
from .polling import Meters
from .site import Place, Site, site

_LOGGER = logging.getLogger(__name__)

REST_S = (
    0.5  # between two times: a thousand meters say something two hundred times a second
)
_CAUSES = (ChargerChanged, ChargerRemoved, MeterChanged, MeterRemoved)


def _is_cause(what: Happening) -> bool:
    return isinstance(what, _CAUSES)


class Sites:
    """The locations that have a site meter or chargers."""

    def __init__(self, store: Store, bus: Bus, fleet: Fleet, meters: Meters) -> None:
        """All belong to this hub."""
        self._store = store
        self._bus = bus
        self._fleet = fleet
        self._meters = meters
        self._places: dict[int, Place] = {}
        self._sites: dict[int, Site] = {}
        self._stale = False

    def snapshot(self) -> list[Site]:
        """Return every site as it is now."""
        return list(self._sites.values())

    def find(self, site_id: int) -> Site | None:
        """Return a site as it is now."""
        return self._sites.get(site_id)

    def wake(self) -> None:
        """Look soon what is stored about locations: it has changed."""
        self._stale = True

    async def refresh(self) -> None:
        """Take over what is stored now. Raises UnavailableError."""
        self._stale = False
        self._places = {each.id: each for each in await self._store.sites.all()}
        self._work_out()

    async def run(self) -> None:
        """Work out for ever."""
        # How many there were does not matter.
        listener = self._bus.listen(asyncio.Event(), 1, concerns=_is_cause)
        try:
            while True:
                await asyncio.sleep(REST_S)
                due = listener.missed or listener.next() is not None
                listener.restart()
                try:
                    if self._stale:
                        await self.refresh()
                    elif due:
                        self._work_out()
                except UnavailableError as error:
                    self._stale = True
                    _LOGGER.warning("What sites there are cannot be read: %s", error)
        finally:
            listener.close()

    def _work_out(self) -> None:
        meters: defaultdict[int, list[Meter]] = defaultdict(list)
        for meter in self._meters.snapshot():
            meters[meter.config.location].append(meter)
        chargers = {each.id: each for each in self._fleet.snapshot()}
        found = [
            site(
                place,
                meters[place.id],
                [chargers[name] for name in place.chargers if name in chargers],
            )
            for place in self._places.values()
        ]
        sites = {each.id: each for each in found if each.meters or each.chargers}
        before, self._sites = self._sites, sites
        for site_id in before.keys() - sites.keys():
            self._bus.publish(SiteRemoved(site_id))
        for each in sites.values():
            if each != before.get(each.id):
                self._bus.publish(SiteChanged(each))
