"""What the owner does to a charger's device reaches the hub: its name, and its end."""

import logging

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_URL
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr

from .client import CannotConnectError, CommandError, KickwattError
from .const import DOMAIN
from .coordinator import KickwattConfigEntry
from .models import Charger

_LOGGER = logging.getLogger(__name__)


@callback
def async_follow_names(hass: HomeAssistant, entry: KickwattConfigEntry) -> None:
    """Give the hub the names that the owner gives to devices here.

    The name is the hub's then, so that another one given there shows here as well. One that
    was given while the hub was away is sent when it is back, and wins over the hub's.
    """
    registry = dr.async_get(hass)
    coordinator = entry.runtime_data
    refused: dict[str, str] = {}
    connected = True

    async def rename(device: dr.DeviceEntry, charger: Charger, name: str) -> None:
        try:
            await coordinator.live.rename(charger.id, name)
        except CannotConnectError:
            # Sent again when the hub is back.
            return
        except KickwattError as err:
            refused[device.id] = name
            _LOGGER.warning(
                "%s keeps the name %r at the hub, which did not take %r: %s",
                charger.id,
                charger.name,
                name,
                err,
            )
            return
        now = registry.async_get(device.id)
        if now is not None and now.name_by_user == name:
            registry.async_update_device(device.id, name=name, name_by_user=None)

    @callback
    def follow(device: dr.DeviceEntry) -> None:
        charger = charger_of(entry, device)
        if charger is not None and device.name_by_user:
            entry.async_create_task(
                hass, rename(device, charger, device.name_by_user), "rename a charger"
            )

    @callback
    def follow_all() -> None:
        for device in dr.async_entries_for_config_entry(registry, entry.entry_id):
            if device.name_by_user != refused.get(device.id):
                follow(device)

    @callback
    def changed(event: Event[dr.EventDeviceRegistryUpdatedData]) -> None:
        data = event.data
        if data["action"] == "update" and "name_by_user" in data["changes"]:
            device = registry.async_get(data["device_id"])
            if isinstance(device, dr.DeviceEntry):
                follow(device)

    @callback
    def notice_connection() -> None:
        nonlocal connected
        before, connected = connected, coordinator.last_update_success
        if connected and not before:
            follow_all()

    follow_all()
    entry.async_on_unload(coordinator.async_add_listener(notice_connection))
    entry.async_on_unload(
        hass.bus.async_listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, changed)
    )


async def async_remove_config_entry_device(
    hass: HomeAssistant, entry: KickwattConfigEntry, device: dr.DeviceEntry
) -> bool:
    """Let the owner remove a charger, at the hub too; what it measured stays there."""
    # Without the hub nobody knows what it has.
    if entry.state is not ConfigEntryState.LOADED:
        raise _refused("hub_not_connected")
    charger = charger_of(entry, device)
    if charger is None:
        if entry.runtime_data.has_device(device):
            raise _refused("still_there")
        return True
    try:
        await entry.runtime_data.rest.remove_charger(charger.id, keep_history=True)
    except CommandError as err:
        if err.code == "not_found":
            return True
        key = "may_not_remove" if err.code == "forbidden" else "not_removed"
        raise _refused(key, charger=charger.name, message=str(err)) from err
    except CannotConnectError as err:
        raise _refused("cannot_connect", url=entry.data[CONF_URL]) from err
    return True


def charger_of(entry: KickwattConfigEntry, device: dr.DeviceEntry) -> Charger | None:
    """Return the charger of a hub that a device is."""
    coordinator = entry.runtime_data
    return next(
        (
            charger
            for charger in coordinator.data.values()
            if coordinator.device_identifier(charger.id) in device.identifiers
        ),
        None,
    )


def _refused(key: str, **placeholders: str) -> HomeAssistantError:
    """Return why nothing was removed, in the owner's language."""
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders=placeholders,
    )
