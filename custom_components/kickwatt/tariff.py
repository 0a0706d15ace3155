"""The tariff that was chosen in Home Assistant is the hub's: a fixed price, or an entity's.

The hub is asked what it has before anything is sent, so that nothing is repeated, and what
it has lost, or somebody else has changed, is put right after the next connection.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
import logging
from typing import Any, Final

from homeassistant.const import CONF_ENTITY_ID, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import (
    CoreState,
    Event,
    EventStateChangedData,
    HomeAssistant,
    callback,
)
from homeassistant.helpers.event import (
    async_track_state_change_event,
    async_track_time_change,
)
from homeassistant.util import dt as dt_util

from .client import CannotConnectError, KickwattError
from .coordinator import KickwattCoordinator
from .jsonvalues import Json, number_or_none, time_or_none
from .prices import PriceInterval, currency_of, not_known, prices_told

_LOGGER = logging.getLogger(__name__)

CONF_TARIFF: Final = "tariff"
CONF_KIND: Final = "kind"
CONF_PER_KWH: Final = "per_kwh"
CONF_CURRENCY: Final = "currency"

KIND_NONE: Final = "none"
KIND_FIXED: Final = "fixed"
KIND_ENTITY: Final = "entity"

# When the hub could not take it although the connection stands.
RETRY_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """The tariff that the hub shall have, and for a feed its prices from now on."""

    tariff: Json
    prices: tuple[PriceInterval, ...] = ()


@callback
def async_keep_tariff(hass: HomeAssistant, coordinator: KickwattCoordinator) -> None:
    """Have the hub use the tariff of the entry's options; without one its own stays."""
    options = coordinator.config_entry.options.get(CONF_TARIFF)
    if options is not None:
        TariffKeeper(hass, coordinator, options).async_start()


class TariffKeeper:
    """Holds what the hub has against what was chosen, whenever one of them may be new."""

    def __init__(
        self,
        hass: HomeAssistant,
        coordinator: KickwattCoordinator,
        options: Mapping[str, Any],
    ) -> None:
        """Prepare for one hub; `options` are those of the tariff."""
        self._hass = hass
        self._coordinator = coordinator
        self._options = options
        self._news = asyncio.Event()
        self._connected = True
        self._settled: Wanted | None = None
        self._complaint: str | None = None

    @callback
    def async_start(self) -> None:
        """Begin, until the entry is unloaded."""
        entry = self._coordinator.config_entry
        if self._options[CONF_KIND] == KIND_ENTITY:
            entry.async_on_unload(
                async_track_state_change_event(
                    self._hass, self._options[CONF_ENTITY_ID], self._async_told
                )
            )
            entry.async_on_unload(
                async_track_time_change(
                    self._hass, self._async_hour, minute=0, second=0
                )
            )
        entry.async_on_unload(
            self._coordinator.async_add_listener(self._async_notice_connection)
        )
        self._news.set()
        entry.async_create_background_task(
            self._hass, self._async_follow(), f"{self._coordinator.name} tariff"
        )

    @callback
    def _async_told(self, event: Event[EventStateChangedData]) -> None:
        self._news.set()

    @callback
    def _async_hour(self, now: datetime) -> None:
        self._news.set()

    @callback
    def _async_notice_connection(self) -> None:
        """Look again after a new connection: it may be to a hub that was restored."""
        before, self._connected = self._connected, self._coordinator.live.connected
        if self._connected and not before:
            self._settled = None
            self._news.set()

    async def _async_follow(self) -> None:
        """Bring the hub up to date with each news, again and again where that fails."""
        delay: float | None = None
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(delay):
                    await self._news.wait()
            self._news.clear()
            delay = None
            try:
                await self._async_settle()
            except CannotConnectError:
                # The coordinator has said so, or it is over before anybody misses it.
                delay = RETRY_S
            except KickwattError as err:
                self._complain(f"The hub does not take the tariff: {err}")
                delay = RETRY_S

    async def _async_settle(self) -> None:
        """Send what the hub does not have. Raises KickwattError."""
        wanted = self._wanted()
        if wanted is None:
            return
        if wanted == self._settled:
            self._be_content()
            return
        live, rest = self._coordinator.live, self._coordinator.rest
        if not _same_tariff(wanted.tariff, await rest.tariff()):
            await live.set_tariff(wanted.tariff)
        if wanted.prices:
            known = _known(
                await rest.prices(wanted.prices[0].start, wanted.prices[-1].end)
            )
            if missing := not_known(wanted.prices, known):
                await live.post_prices([each.as_json() for each in missing])
        self._settled = wanted
        self._be_content()

    def _wanted(self) -> Wanted | None:
        """Return what the hub shall have now, None where nobody knows."""
        kind = self._options[CONF_KIND]
        currency = self._options.get(CONF_CURRENCY) or self._hass.config.currency
        if kind == KIND_NONE:
            return Wanted({"kind": "none"})
        if kind == KIND_FIXED:
            price = self._options[CONF_PER_KWH]
            return Wanted({"kind": "fixed", "currency": currency, "per_kwh": price})
        return self._wanted_of_entity(self._options[CONF_ENTITY_ID], currency)

    def _wanted_of_entity(self, entity_id: str, currency: str) -> Wanted | None:
        state = self._hass.states.get(entity_id)
        if state is None or state.state == STATE_UNAVAILABLE:
            # While Home Assistant starts, others may not have come to it yet.
            if self._hass.state is CoreState.running:
                self._complain(f"The price entity {entity_id} is not available")
            return None
        unit = state.attributes.get("unit_of_measurement")
        prices = prices_told(
            state.state,
            state.attributes,
            state.last_changed,
            dt_util.utcnow(),
            dt_util.get_default_time_zone(),
        )
        if not prices:
            # An integration that has just started knows nothing yet.
            if state.state != STATE_UNKNOWN:
                self._complain(
                    f"The price entity {entity_id} says no price that can be read:"
                    f" {state.state} {unit or ''}".rstrip()
                )
            return None
        feed = {"kind": "feed", "currency": currency_of(unit) or currency}
        return Wanted(feed, prices)

    def _complain(self, complaint: str) -> None:
        """Log what is wrong, once until something else is, or nothing any more."""
        if complaint != self._complaint:
            _LOGGER.warning("%s", complaint)
        self._complaint = complaint

    def _be_content(self) -> None:
        if self._complaint is not None:
            _LOGGER.info("The hub has the tariff again")
        self._complaint = None


def _same_tariff(wanted: Json, found: Json) -> bool:
    """Whether the hub has this tariff; one that never had any has none."""
    if wanted["kind"] == "none":
        return bool(found.get("kind", "none") == "none")
    return all(found.get(name) == value for name, value in wanted.items())


def _known(prices: list[Json]) -> list[PriceInterval]:
    """Read the prices that the hub has."""
    return [
        PriceInterval(start, end, per_kwh)
        for each in prices
        if (start := time_or_none(each.get("start"))) is not None
        and (end := time_or_none(each.get("end"))) is not None
        and (per_kwh := number_or_none(each.get("per_kwh"))) is not None
    ]
