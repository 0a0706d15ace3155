"""The words of this integration's entities, in Home Assistant's own language."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations

from .const import DOMAIN


@callback
def words_of(hass: HomeAssistant, what: str) -> dict[str, str]:
    """Return the words below a path of `entity` in the translations, such as `event.charge.state_attributes`."""
    path = f"component.{DOMAIN}.entity.{what}."
    texts = async_get_cached_translations(hass, hass.config.language, "entity", DOMAIN)
    return {
        key.removeprefix(path): text
        for key, text in texts.items()
        if key.startswith(path)
    }
