"""The base of all Kickwatt entities."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, override

from homeassistant.const import Platform
from homeassistant.core import callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import DOMAIN
from .coordinator import KickwattConfigEntry, KickwattCoordinator
from .models import Charger


@dataclass(frozen=True, kw_only=True)
class KickwattEntityDescription(EntityDescription):
    """Describes one thing about a charger."""

    exists_fn: Callable[[Charger], bool] = lambda _: True
    """Whether a charger has it, which may show only with its first reading."""

    known_when_silent: bool = False
    """What the hub itself keeps, and what was counted, is true of a silent charger too."""

    attributes_fn: Callable[[Charger], dict[str, Any]] | None = None
    """What else there is to say."""


class KickwattEntity(CoordinatorEntity[KickwattCoordinator]):
    """One thing about one charger."""

    _attr_has_entity_name = True
    entity_description: KickwattEntityDescription

    shows: ClassVar[tuple[str, ...]] = ()
    """The properties that its state is made of, as far as news can change them."""

    def __init__(
        self,
        coordinator: KickwattCoordinator,
        charger_id: str,
        description: KickwattEntityDescription,
    ) -> None:
        """Initialize the entity."""
        super().__init__(coordinator, context=charger_id)
        self.entity_description = description
        self.charger_id = charger_id
        self._attr_unique_id = _unique_id(coordinator, charger_id, description)
        self._shown: object = None
        # The coordinator keeps the rest of the device up to date.
        self._attr_device_info = DeviceInfo(
            identifiers={coordinator.device_identifier(charger_id)}
        )

    @property
    def charger(self) -> Charger:
        """The charger as the hub last told of it."""
        return self.coordinator.data[self.charger_id]

    @property
    def known(self) -> bool:
        """Whether the hub is there and has the charger, be it silent."""
        return super().available and self.charger_id in self.coordinator.data

    @property
    @override
    def available(self) -> bool:
        """Whether the hub is there and the value is still true.

        A silent charger's volts and amperes are anybody's guess. Its energy counts are
        not: they stay, so that statistics have no hole where the modem had no coverage,
        and what it counted meanwhile is added when it is heard again.
        """
        return self.known and (
            self.entity_description.known_when_silent or self.charger.online
        )

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any] | None:
        """Return what else there is to say."""
        describe = self.entity_description.attributes_fn
        return None if describe is None else describe(self.charger)

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Show what is new, if it is new here.

        Of a charger's many entities most show after a reading what they showed before it,
        and to write that down again takes far longer than to see that it is the same.
        """
        shown = self.available and (
            self.extra_state_attributes,
            [getattr(self, each) for each in self.shows],
        )
        if shown != self._shown:
            self._shown = shown
            super()._handle_coordinator_update()


def _unique_id(
    coordinator: KickwattCoordinator,
    charger_id: str,
    description: KickwattEntityDescription,
) -> str:
    """Return an entity's id. Keys have no hyphen, so no two entities share one."""
    return f"{coordinator.hub_id}-{charger_id}-{description.key}"


@callback
def async_add_for_chargers[DescriptionT: KickwattEntityDescription](
    entry: KickwattConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    platform: Platform,
    descriptions: Sequence[DescriptionT],
    entity_class: Callable[[KickwattCoordinator, str, DescriptionT], KickwattEntity],
) -> None:
    """Add the entities of all chargers, also of those that appear later.

    What a charger once had it keeps: after a restart its entities are there before its
    first reading is.
    """
    coordinator = entry.runtime_data
    registry = er.async_get(coordinator.hass)
    added: defaultdict[str, set[str]] = defaultdict(set)

    def is_new(charger: Charger, description: DescriptionT) -> bool:
        """Whether an entity is to be added now."""
        if description.key in added[charger.id]:
            return False
        return description.exists_fn(charger) or bool(
            registry.async_get_entity_id(
                platform, DOMAIN, _unique_id(coordinator, charger.id, description)
            )
        )

    @callback
    def add_new(chargers: Iterable[Charger]) -> None:
        """Add what is new, and forget what is gone: it may come back."""
        for charger_id in coordinator.gone:
            added.pop(charger_id, None)
        new = [
            (charger.id, description)
            for charger in chargers
            for description in descriptions
            if is_new(charger, description)
        ]
        for charger_id, description in new:
            added[charger_id].add(description.key)
        # Most news bring nothing, and to add nothing is a task of its own.
        if new:
            async_add_entities(
                entity_class(coordinator, charger_id, description)
                for charger_id, description in new
            )

    add_new(coordinator.data.values())
    entry.async_on_unload(
        coordinator.async_add_listener(lambda: add_new(coordinator.changed))
    )
