"""The coordinator of a Kickwatt hub: pushed to, never polling."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import reduce
import logging
from typing import Any, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_TOKEN, CONF_URL
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util import dt as dt_util
from yarl import URL

from .client import (
    AuthenticationError,
    HubTooNewError,
    HubTooOldError,
    KickwattError,
    NotAHubError,
    ScopeTooSmallError,
    WrongHubError,
)
from .const import DOMAIN, MANUFACTURER
from .happenings import Happening, recovery
from .live import (
    ChargerChanged,
    ChargerRemoved,
    KickwattLive,
    Lost,
    Message,
    News,
    Resumed,
    SessionCorrected,
    Snapshot,
)
from .meters import Key, Meter, Metering, MeteringNews, ThingChanged, ThingRemoved
from .models import Charger, Health
from .recent import Recent
from .rest import KickwattRest

_LOGGER = logging.getLogger(__name__)

type KickwattConfigEntry = ConfigEntry[KickwattCoordinator]

# What a person has to know about a hub that cannot be used just now. All of it may mend
# itself (a hub is updated, an address returns to its owner), so set-up is tried again.
_NOT_READY: dict[type[KickwattError], str] = {
    HubTooNewError: "hub_too_new",
    HubTooOldError: "hub_too_old",
    NotAHubError: "not_a_hub",
    WrongHubError: "wrong_hub",
}

_MODELS = {
    "s1": "Charger",
    "legacy": "GSM tracker",
    "vecharge": "veCharge charger",
}


class KickwattCoordinator(DataUpdateCoordinator[dict[str, Charger]]):
    """Keep the chargers of one hub, by id, as the hub tells of them."""

    config_entry: KickwattConfigEntry

    def __init__(self, hass: HomeAssistant, entry: KickwattConfigEntry) -> None:
        """Initialize the coordinator."""
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=entry.title,
            update_interval=None,
        )
        # The flow makes no entry without one.
        assert entry.unique_id is not None
        self.hub_id = entry.unique_id
        session, url = async_get_clientsession(hass), URL(entry.data[CONF_URL])
        self.live = KickwattLive(session, url, entry.data[CONF_TOKEN], self.hub_id)
        self.rest = KickwattRest(session, url, entry.data[CONF_TOKEN])
        self._one_at_a_time = asyncio.Lock()
        self.data = {}
        self.metering = Metering()
        self.recent = Recent()
        self._registered: dict[str, tuple[str, str | None]] = {}
        self.metering.listen_to_all(self._async_register_thing)
        self.changed: tuple[Charger, ...] = ()
        """The chargers about which the last news were, all of them at first."""
        self.gone: frozenset[str] = frozenset()
        """The ids of those that the last news took away."""
        self.misfit: str | None = None
        """Why this integration cannot use the hub at all."""
        self._tell: defaultdict[str, list[Callable[[Happening], None]]] = defaultdict(
            list
        )
        self._tell_corrected: list[Callable[[str, datetime], None]] = []
        self._listeners_of: defaultdict[str, list[CALLBACK_TYPE]] = defaultdict(list)
        self._told_connected = True
        self._concerned: set[str] = set()
        self._hub_device_id: str | None = None

    @override
    async def _async_setup(self) -> None:
        """Connect for the first time."""
        try:
            start = await self.live.connect()
        except AuthenticationError as err:
            raise ConfigEntryAuthFailed(
                translation_domain=DOMAIN,
                translation_key=(
                    "scope_too_small"
                    if isinstance(err, ScopeTooSmallError)
                    else "invalid_auth"
                ),
            ) from err
        except KickwattError as err:
            self.misfit = _NOT_READY.get(type(err))
            raise UpdateFailed(
                translation_domain=DOMAIN,
                translation_key=_NOT_READY.get(type(err), "cannot_connect"),
                translation_placeholders={"url": self.config_entry.data[CONF_URL]},
            ) from err
        # A first connection has nothing to resume.
        assert isinstance(start, Snapshot)
        self.recent.take(start, dt_util.utcnow())
        self._async_register_hub()
        self._async_take(start.chargers)
        self.metering.replace(start.things)
        self._async_remove_stale_devices()

    @override
    async def _async_update_data(self) -> dict[str, Charger]:
        """Return what was pushed; asking the hub again would not make it newer."""
        if not self.live.connected:
            raise UpdateFailed(
                translation_domain=DOMAIN,
                translation_key="cannot_connect",
                translation_placeholders={"url": self.config_entry.data[CONF_URL]},
            )
        return self.data

    @callback
    def async_start(self) -> None:
        """Start to listen, until the entry is unloaded."""
        task = self.config_entry.async_create_background_task(
            self.hass, self._async_listen(), f"{self.name} live connection"
        )

        async def stop() -> None:
            """Stop listening before closing, else the end looks like a loss."""
            task.cancel()
            await self.live.close()

        self.config_entry.async_on_unload(stop)

    async def _async_listen(self) -> None:
        """Follow the live connection."""
        try:
            async for message in self.live.messages():
                self._async_handle(message)
        except KickwattError as err:
            # Waiting does not mend it. Set-up meets the same and tells the owner.
            self.async_set_update_error(err)
            self.hass.config_entries.async_schedule_reload(self.config_entry.entry_id)

    @callback
    def _async_handle(self, message: Message) -> None:
        """Take one message in."""
        self.recent.take(message, dt_util.utcnow())
        if isinstance(message, Lost):
            self.async_set_update_error(message.error)
            return
        if isinstance(message, (ThingChanged, ThingRemoved)):
            self._async_take_metering(message)
            return
        if not self.last_update_success:
            _LOGGER.info("The connection to %s is back", self.name)
            self._async_register_hub()
        happened = list(_happened(self.data, message))
        self._async_take(_after(self.data, message))
        self.async_set_updated_data(self.data)
        if isinstance(message, Snapshot):
            self.metering.replace(message.things)
            self._async_remove_stale_devices()
        elif isinstance(message, Resumed):
            for missed in message.missed:
                if isinstance(missed, (ThingChanged, ThingRemoved)):
                    self._async_take_metering(missed)
        for happening in happened:
            for tell in self._tell.get(happening.charger_id, ()):
                tell(happening)
        for corrected in _corrected(message):
            for tell_corrected in self._tell_corrected:
                tell_corrected(corrected.charger_id, corrected.start)

    @callback
    @override
    def async_add_listener(
        self, update_callback: CALLBACK_TYPE, context: Any = None
    ) -> CALLBACK_TYPE:
        """Listen to all news; with an id as context, to those about that charger, meter or site.

        A fleet has thousands of entities, and most news are about thirty of them. All hear
        it when the connection is lost and when it is back.
        """
        if context is None:
            return super().async_add_listener(update_callback)
        listeners = self._listeners_of[context]
        listeners.append(update_callback)
        return lambda: listeners.remove(update_callback)

    @callback
    @override
    def async_update_listeners(self) -> None:
        """Tell everybody whom the last news concern."""
        super().async_update_listeners()
        concerned: Iterable[str] = self._concerned
        if self._told_connected != self.last_update_success:
            self._told_connected = self.last_update_success
            concerned = list(self._listeners_of)
        self._concerned = set()
        for key in concerned:
            for update_callback in list(self._listeners_of.get(key, ())):
                try:
                    update_callback()
                except Exception:
                    # One entity that cannot show its news keeps nobody else from theirs.
                    _LOGGER.exception("Unexpected error at news about %s", key)

    @callback
    def async_listen(
        self, charger_id: str, tell: Callable[[Happening], None]
    ) -> Callable[[], None]:
        """Have what happens to a charger told, until the function returned is called."""
        self._tell[charger_id].append(tell)
        return lambda: self._tell[charger_id].remove(tell)

    @callback
    def async_listen_corrected(
        self, tell: Callable[[str, datetime], None]
    ) -> Callable[[], None]:
        """Have it told that a charger's past is another than was told, and since when."""
        self._tell_corrected.append(tell)
        return lambda: self._tell_corrected.remove(tell)

    @callback
    def _async_take(self, chargers: dict[str, Charger]) -> None:
        """Take over the chargers, and see what is different about them.

        A charger without news is the same object still. A fleet has many chargers, and
        most news are about one.
        """
        before, self.data = self.data, chargers
        self.changed = tuple(
            charger
            for charger in chargers.values()
            if charger is not before.get(charger.id)
        )
        for charger in self.changed:
            self._async_register_charger(charger, before.get(charger.id))
        self._concerned.update(charger.id for charger in self.changed)
        self.gone = frozenset(before.keys() - chargers.keys())
        if self.gone:
            self._concerned.update(self.gone)
            self._async_remove_stale_devices()

    @callback
    def _async_take_metering(self, news: MeteringNews) -> None:
        """Take in what is new about a meter or a site."""
        self.metering.take(news)
        if isinstance(news, ThingRemoved):
            self._async_remove_stale_devices()

    async def health(self, charger_id: str) -> Health:
        """Ask how a charger's battery ages. Raises KickwattError.

        A hub that has just started is not asked for all chargers of a fleet at once.
        """
        async with self._one_at_a_time:
            return await self.rest.health(charger_id)

    def has_device(self, device: dr.DeviceEntry) -> bool:
        """Whether a device is the hub, or a charger, meter or site that it still has."""
        keys = (*self.data, *self.metering.things)
        known = {(DOMAIN, self.hub_id), *map(self.device_identifier, keys)}
        return not device.identifiers.isdisjoint(known)

    def device_identifier(self, charger_id: str) -> tuple[str, str]:
        """Return the identifier of a charger, meter or site: ids are unique within a hub only."""
        return (DOMAIN, f"{self.hub_id}-{charger_id}")

    @callback
    def _async_register_hub(self) -> None:
        """Tell the device registry about the hub, which may have been updated."""
        device = dr.async_get(self.hass).async_get_or_create(
            config_entry_id=self.config_entry.entry_id,
            entry_type=dr.DeviceEntryType.SERVICE,
            identifiers={(DOMAIN, self.hub_id)},
            manufacturer=MANUFACTURER,
            model="Hub",
            name=self.config_entry.title,
            sw_version=self.live.version,
        )
        self._hub_device_id = device.id

    @callback
    def _async_register_charger(self, charger: Charger, before: Charger | None) -> None:
        """Tell the device registry about a charger, which may have a new name."""
        if before is not None and _described(charger) == _described(before):
            return
        model = _MODELS.get(charger.kind or "", "Charger")
        dr.async_get(self.hass).async_get_or_create(
            config_entry_id=self.config_entry.entry_id,
            identifiers={self.device_identifier(charger.id)},
            manufacturer=MANUFACTURER,
            model=f"{model} (simulated)" if charger.simulated else model,
            name=charger.name,
            serial_number=charger.id,
            sw_version=charger.firmware,
            via_device_id=self._hub_device_id,
        )

    @callback
    def _async_register_thing(self, key: Key) -> None:
        """Tell the device registry about a meter or a site, which may have a new name."""
        thing = self.metering.things.get(key)
        if thing is None:
            self._registered.pop(key, None)
            return
        # Who made a meter is part of its model's title.
        model, maker = (
            (thing.model, None) if isinstance(thing, Meter) else ("Site", MANUFACTURER)
        )
        if self._registered.get(key) == (thing.name, model):
            return
        self._registered[key] = (thing.name, model)
        dr.async_get(self.hass).async_get_or_create(
            config_entry_id=self.config_entry.entry_id,
            identifiers={self.device_identifier(key)},
            manufacturer=maker,
            model=model,
            name=thing.name,
            via_device_id=self._hub_device_id,
        )

    @callback
    def _async_remove_stale_devices(self) -> None:
        """Remove chargers, meters and sites that the hub no longer has. One that is silent stays."""
        registry = dr.async_get(self.hass)
        for device in dr.async_entries_for_config_entry(
            registry, self.config_entry.entry_id
        ):
            if not self.has_device(device):
                registry.async_remove_device(device.id)


def _described(charger: Charger) -> tuple[object, ...]:
    """Return what the device registry is told of a charger."""
    return charger.name, charger.kind, charger.simulated, charger.firmware


def _after(chargers: dict[str, Charger], news: News) -> dict[str, Charger]:
    """Return the chargers as they are after the news."""
    if isinstance(news, Snapshot):
        return news.chargers
    if isinstance(news, Resumed):
        return reduce(_after, news.missed, chargers)
    if isinstance(news, ChargerChanged):
        return {**chargers, news.charger.id: news.charger}
    if isinstance(news, ChargerRemoved):
        return {key: chargers[key] for key in chargers if key != news.charger_id}
    return chargers


def _happened(chargers: dict[str, Charger], news: News) -> Iterator[Happening]:
    """Say what happened to chargers, in its order.

    A snapshot tells only how things are: what happened before it is not guessed at.
    """
    if isinstance(news, Resumed):
        for missed in news.missed:
            yield from _happened(chargers, missed)
            chargers = _after(chargers, missed)
    elif isinstance(news, Happening):
        yield news
    elif isinstance(news, ChargerChanged) and (before := chargers.get(news.charger.id)):
        if recovered := recovery(before, news.charger):
            yield recovered


def _corrected(news: News) -> Iterator[SessionCorrected]:
    """Return the sessions of the past that are others than was told."""
    if isinstance(news, Resumed):
        for missed in news.missed:
            yield from _corrected(missed)
    elif isinstance(news, SessionCorrected):
        yield news
