"""The way out of a latched safety stop, step by step."""

from typing import Any

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import probatio

from .client import CommandError, KickwattError
from .coordinator import KickwattCoordinator
from .helpers import translation_key_of
from .issues import reasons_in_words
from .models import Charger

# What keeps a stop latched although somebody asked to clear it.
ERRORS = {"failed", "hub_away", "offline_do", "refused_firmware", "refused_remote"}


class ClearTripFlow(RepairsFlow):
    """Say what stopped a charger, and clear it once the cause is gone."""

    def __init__(self, entry_id: str, charger_id: str) -> None:
        """Begin for one charger."""
        self._entry_id = entry_id
        self._charger_id = charger_id

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Begin with what there is to know."""
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Clear it when a person says that the cause is gone."""
        entry = self.hass.config_entries.async_get_entry(self._entry_id)
        if entry is None or entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="hub_away")
        coordinator: KickwattCoordinator = entry.runtime_data
        charger = coordinator.data.get(self._charger_id)
        # It may have been cleared at the board meanwhile.
        if charger is None or not charger.problems:
            return self.async_create_entry(data={})
        errors: dict[str, str] = {}
        if user_input is not None:
            if (error := await self._async_clear(coordinator)) is None:
                return self.async_create_entry(data={})
            errors["base"] = error
        return self.async_show_form(
            step_id="confirm",
            data_schema=probatio.Schema({}),
            errors=errors,
            description_placeholders=self._words(charger),
        )

    async def _async_clear(self, coordinator: KickwattCoordinator) -> str | None:
        """Clear the stop; return what kept it latched."""
        try:
            await coordinator.live.clear_trip(self._charger_id)
        except CommandError as err:
            key = translation_key_of(err, "do")
            return key if key in ERRORS else "failed"
        except KickwattError:
            return "hub_away"
        return None

    def _words(self, charger: Charger) -> dict[str, str]:
        """Return what there is to say about the stop."""
        words = reasons_in_words(self.hass)
        reasons = ", ".join(words.get(each, each) for each in charger.problems)
        return {"charger": charger.name, "reasons": reasons}


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the way out of an issue; only safety stops have one."""
    assert data is not None
    return ClearTripFlow(str(data["entry_id"]), str(data["charger_id"]))
