"""What is set up at a hub from Home Assistant: a charger is added, a tariff chosen."""

import asyncio
import re
from typing import Any, Final

from homeassistant.config_entries import (
    ConfigEntryState,
    ConfigFlowResult,
    OptionsFlowWithReload,
)
from homeassistant.const import CONF_ENTITY_ID, CONF_NAME, CONF_URL, Platform
from homeassistant.core import State
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    QrCodeSelector,
    QrCodeSelectorConfig,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from homeassistant.util import dt as dt_util
import probatio

from .client import CommandError, KickwattError
from .coordinator import KickwattConfigEntry, KickwattCoordinator
from .prices import prices_told
from .rest import KickwattRest
from .tariff import (
    CONF_CURRENCY,
    CONF_KIND,
    CONF_PER_KWH,
    CONF_TARIFF,
    KIND_ENTITY,
    KIND_FIXED,
    KIND_NONE,
)

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

PRICE_SCHEMA: Final = probatio.Schema(
    {
        # Without a suggestion the frontend begins with the least that is allowed.
        probatio.Required(CONF_PER_KWH): NumberSelector(
            NumberSelectorConfig(
                min=0, max=1000, step="any", mode=NumberSelectorMode.BOX
            )
        ),
        probatio.Required(CONF_CURRENCY): TextSelector(),
    }
)
PRICE_ENTITY_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_ENTITY_ID): EntitySelector(
            EntitySelectorConfig(domain=Platform.SENSOR)
        ),
    }
)

# What the hub may find wrong with what was typed, by the field that it names.
FIELD_ERRORS: Final = {CONF_NAME: "invalid_name", CONF_URL: "invalid_url"}


class KickwattOptionsFlow(OptionsFlowWithReload):
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
        return self.async_show_menu(
            step_id="init", menu_options=["add_charger", "tariff"]
        )

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

    async def async_step_tariff(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask where the price of a kilowatt-hour comes from."""
        return self.async_show_menu(
            step_id="tariff",
            menu_options=["fixed_price", "price_entity", "no_price"],
        )

    async def async_step_fixed_price(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Take one price for all times."""
        errors: dict[str, str] = {}
        if user_input is not None:
            currency = user_input[CONF_CURRENCY].strip().upper()
            if re.fullmatch("[A-Z]{3}", currency):
                price = {CONF_PER_KWH: user_input[CONF_PER_KWH]}
                return self._keep(KIND_FIXED, **price, **{CONF_CURRENCY: currency})
            errors[CONF_CURRENCY] = "invalid_currency"
        suggested = {CONF_CURRENCY: self.hass.config.currency, **self._tariff}
        return self.async_show_form(
            step_id="fixed_price",
            data_schema=self.add_suggested_values_to_schema(
                PRICE_SCHEMA, user_input or suggested
            ),
            errors=errors,
        )

    async def async_step_price_entity(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Take an entity that knows the price."""
        errors: dict[str, str] = {}
        if user_input is not None:
            state = self.hass.states.get(user_input[CONF_ENTITY_ID])
            if state is not None and _tells_prices(state):
                return self._keep(KIND_ENTITY, **user_input)
            errors[CONF_ENTITY_ID] = "no_price_told"
        return self.async_show_form(
            step_id="price_entity",
            data_schema=self.add_suggested_values_to_schema(
                PRICE_ENTITY_SCHEMA, user_input or self._tariff
            ),
            errors=errors,
        )

    async def async_step_no_price(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Let nothing be priced any more."""
        return self._keep(KIND_NONE)

    def _keep(self, kind: str, **more: Any) -> ConfigFlowResult:
        """Keep the tariff; the entry is loaded again and brings it to the hub."""
        options = {**self.config_entry.options, CONF_TARIFF: {CONF_KIND: kind, **more}}
        return self.async_create_entry(data=options)

    @property
    def _tariff(self) -> dict[str, Any]:
        """What was chosen before."""
        tariff: dict[str, Any] = self.config_entry.options.get(CONF_TARIFF, {})
        return tariff

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


def _tells_prices(state: State) -> bool:
    """Whether a price can be read from an entity now."""
    zone = dt_util.get_default_time_zone()
    now = dt_util.utcnow()
    return bool(
        prices_told(state.state, state.attributes, state.last_changed, now, zone)
    )


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
