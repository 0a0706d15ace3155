"""The buttons of a Kickwatt charger."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, override

from homeassistant.components.button import (
    ButtonDeviceClass,
    ButtonEntity,
    ButtonEntityDescription,
)
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .coordinator import KickwattConfigEntry
from .entity import KickwattEntity, KickwattEntityDescription, async_add_for_chargers
from .helpers import translated_errors
from .live import KickwattLive
from .models import Charger

PARALLEL_UPDATES = 1


@dataclass(frozen=True, kw_only=True)
class KickwattButtonDescription(KickwattEntityDescription, ButtonEntityDescription):
    """Describes a button of a charger."""

    press_fn: Callable[[KickwattLive, Charger], Awaitable[None]]
    order: Literal["on", "do"]
    """What it comes to, for the words when it fails."""


async def _clear_trip(live: KickwattLive, charger: Charger) -> None:
    """Clear what stopped a charger.

    It is an order for off: without a stop it would end a charge.
    """
    if not charger.problems:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="nothing_to_clear",
            translation_placeholders={"charger": charger.name},
        )
    await live.clear_trip(charger.id)


BUTTONS: tuple[KickwattButtonDescription, ...] = (
    # Charge until full, now, whatever the mode; the switch shows when the relay closes.
    KickwattButtonDescription(
        key="charge_once",
        translation_key="charge_once",
        exists_fn=lambda charger: charger.has_modes,
        press_fn=lambda live, charger: live.charge_once(charger.id),
        order="on",
    ),
    # There also while there is nothing to clear: a button that comes and goes would fill the
    # activity. The board refuses unless its owner allowed it, and power stays off in any case.
    KickwattButtonDescription(
        key="clear_trip",
        translation_key="clear_trip",
        exists_fn=lambda charger: charger.is_board,
        press_fn=_clear_trip,
        order="do",
    ),
    KickwattButtonDescription(
        key="restart",
        device_class=ButtonDeviceClass.RESTART,
        entity_category=EntityCategory.CONFIG,
        exists_fn=lambda charger: charger.is_board,
        press_fn=lambda live, charger: live.restart(charger.id),
        order="do",
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: KickwattConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the buttons of all chargers."""
    async_add_for_chargers(
        entry, async_add_entities, Platform.BUTTON, BUTTONS, KickwattButton
    )


class KickwattButton(KickwattEntity, ButtonEntity):
    """Something that a person wants done once."""

    entity_description: KickwattButtonDescription

    @override
    async def async_press(self) -> None:
        """Have it done."""
        with translated_errors(self.charger, self.entity_description.order):
            await self.entity_description.press_fn(self.coordinator.live, self.charger)
