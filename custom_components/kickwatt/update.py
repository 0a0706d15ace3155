"""Whether a board runs the newest firmware."""

from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.update import (
    UpdateDeviceClass,
    UpdateEntity,
    UpdateEntityDescription,
    UpdateEntityFeature,
)
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.translation import async_get_translations

from .const import DOMAIN
from .coordinator import KickwattConfigEntry
from .entity import KickwattEntity, KickwattEntityDescription, async_add_for_chargers

PARALLEL_UPDATES = 0

CHANGES: Final = "https://github.com/kickwatt/kickwatt/blob/main/CHANGELOG.md"


@dataclass(frozen=True, kw_only=True)
class KickwattUpdateDescription(KickwattEntityDescription, UpdateEntityDescription):
    """Describes what of a charger can be newer."""


FIRMWARE = KickwattUpdateDescription(
    key="firmware",
    device_class=UpdateDeviceClass.FIRMWARE,
    entity_category=EntityCategory.DIAGNOSTIC,
    known_when_silent=True,
    exists_fn=lambda charger: charger.is_board and charger.firmware is not None,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: KickwattConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the firmware of all chargers."""
    async_add_for_chargers(
        entry, async_add_entities, Platform.UPDATE, (FIRMWARE,), KickwattFirmware
    )


class KickwattFirmware(KickwattEntity, UpdateEntity):
    """The firmware of a board.

    It is copied to the board by hand: over GSM an update would cost more than it is
    worth, and a board that holds a mains relay is not changed from afar.
    """

    _attr_release_url = CHANGES
    _attr_supported_features = UpdateEntityFeature.RELEASE_NOTES
    entity_description: KickwattUpdateDescription
    shows = ("installed_version", "latest_version")

    @property
    @override
    def installed_version(self) -> str | None:
        """Return what the board says it runs."""
        return self.charger.firmware

    @property
    @override
    def latest_version(self) -> str | None:
        """Return the newest that the hub knows; an older hub knows none."""
        return self.coordinator.live.firmware or self.charger.firmware

    @override
    async def async_release_notes(self) -> str | None:
        """Say how to install it, in Home Assistant's own language."""
        texts = await async_get_translations(
            self.hass, self.hass.config.language, "common", [DOMAIN]
        )
        return texts.get(f"component.{DOMAIN}.common.install_firmware")
