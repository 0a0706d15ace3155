"""What is set up at a hub from Home Assistant: a charger is added."""

import asyncio
from typing import Any, Final

from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult, OptionsFlow
from homeassistant.const import CONF_NAME, CONF_URL
from homeassistant.helpers.selector import (
    BooleanSelector,
    QrCodeSelector,
    QrCodeSelectorConfig,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import probatio

from .client import CommandError, KickwattError
from .coordinator import KickwattConfigEntry, KickwattCoordinator
from .rest import KickwattRest

CONF_QR_CODE: Final = "qr_code"
CONF_SIMULATED: Final = "simulated"

_EXAMPLE_URL: Final = "http://home.example:8422"

CHARGER_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_NAME): TextSelector(),
        probatio.Optional(CONF_URL): TextSelector(
            TextSelectorConfig(type=TextSelectorType.URL)
        ),
        probatio.Optional(CONF_SIMULATED, default=False): BooleanSelector(),
    }
)

# What the hub may find wrong with what was typed, by the field that it names.
FIELD_ERRORS: Final = {CONF_NAME: "invalid_name", CONF_URL: "invalid_url"}


class KickwattOptionsFlow(OptionsFlow):
    """Handle what the owner sets up at a hub."""

    config_entry: KickwattConfigEntry

    def __init__(self) -> None:
        """Initialize the flow."""
        self._name = ""
        self._charger_id = ""
        self._settings_toml = ""
        self._contact: asyncio.Task[None] | None = None

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask what is to be set up."""
        if self.config_entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="hub_away")
        return self.async_show_menu(step_id="init", menu_options=["add_charger"])

    async def async_step_add_charger(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Take a name for a new charger."""
        errors: dict[str, str] = {}
        message = ""
        if user_input is not None:
            self._name = user_input[CONF_NAME].strip()
            try:
                self._charger_id, self._settings_toml = await self._rest.add_charger(
                    self._name,
                    user_input.get(CONF_URL, "").strip() or None,
                    simulated=user_input[CONF_SIMULATED],
                )
            except KickwattError as err:
                errors, message = _errors_of(err), str(err)
            else:
                return await self.async_step_board()
        return self.async_show_form(
            step_id="add_charger",
            data_schema=self.add_suggested_values_to_schema(CHARGER_SCHEMA, user_input),
            errors=errors,
            description_placeholders={"example": _EXAMPLE_URL, "message": message},
        )

    async def async_step_board(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Hand out the lines for the board. The hub tells its key this once."""
        if user_input is not None:
            return await self.async_step_contact()
        code = QrCodeSelector(QrCodeSelectorConfig(data=self._settings_toml, scale=4))
        return self.async_show_form(
            step_id="board",
            data_schema=probatio.Schema({probatio.Optional(CONF_QR_CODE): code}),
            description_placeholders={
                "charger": self._name,
                "settings": self._settings_toml.rstrip(),
            },
        )

    async def async_step_contact(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Wait until the board is heard; whoever closes the dialog ends the wait."""
        if self._contact is None:
            self._contact = self.hass.async_create_task(
                _heard(self._coordinator, self._charger_id), eager_start=False
            )
        if not self._contact.done():
            return self.async_show_progress(
                step_id="contact",
                progress_action="contact",
                progress_task=self._contact,
                description_placeholders={"charger": self._name},
            )
        return self.async_show_progress_done(next_step_id="done")

    async def async_step_done(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Say that the board is there. Nothing is kept in the entry."""
        return self.async_abort(
            reason="charger_heard", description_placeholders={"charger": self._name}
        )

    @property
    def _coordinator(self) -> KickwattCoordinator:
        """The hub, as it is connected now."""
        return self.config_entry.runtime_data

    @property
    def _rest(self) -> KickwattRest:
        """What the hub does for this entry's token."""
        return self._coordinator.rest


def _errors_of(err: KickwattError) -> dict[str, str]:
    """Return the field that is wrong, and what is wrong with it."""
    if not isinstance(err, CommandError):
        return {"base": "hub_away"}
    if err.code == "invalid" and err.field in FIELD_ERRORS:
        return {err.field: FIELD_ERRORS[err.field]}
    return {"base": "may_not_add" if err.code == "forbidden" else "failed"}


async def _heard(coordinator: KickwattCoordinator, charger_id: str) -> None:
    """Wait for the first contact of a charger."""
    heard = asyncio.Event()

    def look() -> None:
        charger = coordinator.data.get(charger_id)
        if charger is not None and charger.last_seen is not None:
            heard.set()

    stop = coordinator.async_add_listener(look)
    try:
        look()
        await heard.wait()
    finally:
        stop()
