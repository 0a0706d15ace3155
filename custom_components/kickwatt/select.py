"""When a Kickwatt charger gives power by itself."""

from dataclasses import dataclass
from typing import override

from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import KickwattConfigEntry
from .entity import KickwattEntity, KickwattEntityDescription, async_add_for_chargers
from .helpers import translated_errors
from .models import ModeName

PARALLEL_UPDATES = 1


@dataclass(frozen=True, kw_only=True)
class KickwattSelectDescription(KickwattEntityDescription, SelectEntityDescription):
    """Describes a choice for a charger."""


MODE = KickwattSelectDescription(
    key="mode",
    translation_key="mode",
    options=[mode.value for mode in ModeName],
    known_when_silent=True,
    exists_fn=lambda charger: charger.has_modes,
    attributes_fn=lambda charger: {
        "step": charger.progress.step,
        "reason": charger.progress.why,
        "ready": charger.progress.ready,
    },
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: KickwattConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the choices of all chargers."""
    async_add_for_chargers(
        entry, async_add_entities, Platform.SELECT, (MODE,), KickwattMode
    )


class KickwattMode(KickwattEntity, SelectEntity):
    """When a charger gives power by itself. The hub keeps it, so it works in silence."""

    entity_description: KickwattSelectDescription
    shows = ("current_option",)

    @property
    @override
    def current_option(self) -> str | None:
        """Return the mode, None when the hub has one that we do not know."""
        return self.charger.mode.name

    @override
    async def async_select_option(self, option: str) -> None:
        """Choose another mode, which begins at once."""
        with translated_errors(self.charger):
            await self.coordinator.live.set_mode(self.charger_id, name=option)
