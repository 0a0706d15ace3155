"""The button of a Kickwatt charger."""

from dataclasses import dataclass
from typing import override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import KickwattConfigEntry
from .entity import KickwattEntity, KickwattEntityDescription, async_add_for_chargers
from .helpers import translated_errors

PARALLEL_UPDATES = 1


@dataclass(frozen=True, kw_only=True)
class KickwattButtonDescription(KickwattEntityDescription, ButtonEntityDescription):
    """Describes a button of a charger."""


CHARGE_ONCE = KickwattButtonDescription(
    key="charge_once",
    translation_key="charge_once",
    exists_fn=lambda charger: charger.has_modes,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: KickwattConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the buttons of all chargers."""
    async_add_for_chargers(
        entry, async_add_entities, Platform.BUTTON, (CHARGE_ONCE,), KickwattChargeOnce
    )


class KickwattChargeOnce(KickwattEntity, ButtonEntity):
    """Charge until full, now, whatever the mode; then go on with the mode."""

    entity_description: KickwattButtonDescription

    @override
    async def async_press(self) -> None:
        """Begin; the switch shows when the relay has closed."""
        with translated_errors(self.charger, "on"):
            await self.coordinator.live.charge_once(self.charger_id)
