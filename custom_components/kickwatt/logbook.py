"""What Home Assistant's activity says of an ended charge and a safety stop: how much, and why.

The event entity shows there only which of them it was.
"""

from collections.abc import Callable, Mapping
from typing import Any

from homeassistant.components.logbook import (
    LOGBOOK_ENTRY_ENTITY_ID,
    LOGBOOK_ENTRY_MESSAGE,
    LOGBOOK_ENTRY_NAME,
)
from homeassistant.const import ATTR_DEVICE_ID, ATTR_ENTITY_ID
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from .const import DOMAIN, EVENT_CHARGE
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
        return {
            LOGBOOK_ENTRY_NAME: name or "Kickwatt",
            LOGBOOK_ENTRY_MESSAGE: _message(
                words_of(hass, "event.charge.state_attributes"), told
            ),
            LOGBOOK_ENTRY_ENTITY_ID: told[ATTR_ENTITY_ID],
        }

    async_describe_event(DOMAIN, EVENT_CHARGE, describe)


def _message(words: Mapping[str, str], told: Mapping[str, Any]) -> str:
    """Say what happened, and all that there is to say of it."""

    def word(attribute: str, value: str) -> str:
        return words.get(f"{attribute}.state.{value}", value)

    what = word("event_type", told["event_type"])
    details = [word("reasons", each) for each in told.get("reasons") or ()]
    if (energy_wh := told.get("energy_wh")) is not None:
        details.append(f"{energy_wh:.0f} Wh")
    if (duration_s := told.get("duration_s")) is not None:
        details.append(_duration(duration_s))
    if reason := told.get("reason"):
        details.append(word("reason", reason))
    # An end that is named after its reason says it once.
    details = [each for each in details if each != what]
    return f"{what}: {', '.join(details)}" if details else what


def _duration(seconds: float) -> str:
    """Say how long, in hours and minutes."""
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
