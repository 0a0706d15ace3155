"""What Home Assistant's activity says of a safety stop: why.

All else that happens to a charger the event entity says there, in a line of its own.
"""

from collections.abc import Callable
from typing import Any

from homeassistant.components.logbook import (
    LOGBOOK_ENTRY_ENTITY_ID,
    LOGBOOK_ENTRY_MESSAGE,
    LOGBOOK_ENTRY_NAME,
)
from homeassistant.const import ATTR_DEVICE_ID, ATTR_ENTITY_ID
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from .const import DOMAIN, EVENT_SAFETY_STOP
from .words import words_of

type Describe = Callable[[Event], dict[str, Any]]


@callback
def async_describe_events(
    hass: HomeAssistant,
    async_describe_event: Callable[[str, str, Describe], None],
) -> None:
    """Say how our events are described."""

    @callback
    def describe(event: Event) -> dict[str, Any]:
        """Return one entry, in Home Assistant's own language."""
        told = event.data
        device = dr.async_get(hass).async_get(told[ATTR_DEVICE_ID])
        name = device and (device.name_by_user or device.name)
        words = words_of(hass, "event.charge.state_attributes")
        stop = words.get("reason.state.trip", "Safety stop")
        reasons = [words.get(f"reasons.state.{each}", each) for each in told["reasons"]]
        return {
            LOGBOOK_ENTRY_NAME: name or "Kickwatt",
            LOGBOOK_ENTRY_MESSAGE: f"{stop}: {', '.join(reasons)}",
            LOGBOOK_ENTRY_ENTITY_ID: told[ATTR_ENTITY_ID],
        }

    async_describe_event(DOMAIN, EVENT_SAFETY_STOP, describe)
