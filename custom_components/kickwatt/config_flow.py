"""How a hub gets into Home Assistant: by hand, by its app, or found on the network."""

from collections.abc import Mapping
import logging
from typing import Any, override

from homeassistant.config_entries import (
    SOURCE_HASSIO,
    ConfigEntryState,
    ConfigFlow,
    ConfigFlowResult,
    OptionsFlow,
)
from homeassistant.const import CONF_HOST, CONF_PORT, CONF_TOKEN, CONF_URL
from homeassistant.core import callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import (
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from homeassistant.helpers.service_info.hassio import HassioServiceInfo
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
import probatio
from yarl import URL

from .client import (
    DEFAULT_PORT,
    AuthenticationError,
    CannotConnectError,
    HubTooNewError,
    HubTooOldError,
    KickwattClient,
    KickwattError,
    NotAHubError,
    ScopeTooSmallError,
    TooManyAttemptsError,
    WrongHubError,
    check_hub_id,
    parse_address,
)
from .const import DOMAIN
from .coordinator import KickwattConfigEntry
from .models import HubInfo
from .options_flow import KickwattOptionsFlow

_LOGGER = logging.getLogger(__name__)

_EXAMPLE_URL = "http://192.168.1.5:8421"

_TOKEN_SELECTOR = TextSelector(
    TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="current-password")
)
_USER_SCHEMA = probatio.Schema(
    {
        probatio.Required(CONF_URL): TextSelector(),
        probatio.Required(probatio.Secret(CONF_TOKEN)): _TOKEN_SELECTOR,
    }
)
_TOKEN_SCHEMA = probatio.Schema(
    {probatio.Required(probatio.Secret(CONF_TOKEN)): _TOKEN_SELECTOR}
)
# A stored token is not shown again; left empty it stays.
_RECONFIGURE_SCHEMA = probatio.Schema(
    {
        probatio.Required(CONF_URL): TextSelector(),
        probatio.Optional(probatio.Secret(CONF_TOKEN)): _TOKEN_SELECTOR,
    }
)

# The field that is wrong, and what is wrong with it.
_ERRORS: dict[type[KickwattError], tuple[str, str]] = {
    AuthenticationError: (CONF_TOKEN, "invalid_auth"),
    CannotConnectError: (CONF_URL, "cannot_connect"),
    HubTooNewError: ("base", "hub_too_new"),
    HubTooOldError: ("base", "hub_too_old"),
    NotAHubError: (CONF_URL, "not_a_hub"),
    ScopeTooSmallError: (CONF_TOKEN, "scope_too_small"),
    TooManyAttemptsError: ("base", "too_many_attempts"),
    WrongHubError: (CONF_URL, "wrong_hub"),
}


class KickwattConfigFlow(ConfigFlow, domain=DOMAIN):
    """Handle a config flow for a Kickwatt hub."""

    VERSION = 1
    MINOR_VERSION = 1

    def __init__(self) -> None:
        """Initialize the flow."""
        self._errors: dict[str, str] = {}
        self._data: dict[str, str] = {}
        self._name = "Kickwatt"

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: KickwattConfigEntry) -> OptionsFlow:
        """Return what is behind Configure."""
        return KickwattOptionsFlow()

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Take an address and a token from the owner."""
        if user_input is not None:
            info = await self._async_check(user_input[CONF_URL], user_input[CONF_TOKEN])
            if info is not None:
                await self.async_set_unique_id(info.hub_id, raise_on_progress=False)
                self._abort_if_unique_id_configured()
                return self.async_create_entry(title=info.name, data=self._data)
        return self._show("user", _USER_SCHEMA, user_input)

    @override
    async def async_step_hassio(
        self, discovery_info: HassioServiceInfo
    ) -> ConfigFlowResult:
        """Take address and token from the app that runs the hub."""
        config = discovery_info.config
        url = URL.build(scheme="http", host=config[CONF_HOST], port=config[CONF_PORT])
        self._data = {CONF_URL: str(url), CONF_TOKEN: config[CONF_TOKEN]}
        self._name = discovery_info.name
        await self.async_set_unique_id(config["hub_id"])
        self._abort_if_unique_id_configured(updates=self._data)
        self.context.update(
            {
                "title_placeholders": {"name": self._name},
                "configuration_url": f"homeassistant://config/app/{discovery_info.slug}/info",
            }
        )
        return await self.async_step_hassio_confirm()

    async def async_step_hassio_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Let the owner confirm the app's hub."""
        if user_input is not None:
            info = await self._async_check(
                self._data[CONF_URL], self._data[CONF_TOKEN], self.unique_id
            )
            if info is not None:
                return self.async_create_entry(title=info.name, data=self._data)
        return self._show("hassio_confirm", probatio.Schema({}))

    @override
    async def async_step_zeroconf(
        self, discovery_info: ZeroconfServiceInfo
    ) -> ConfigFlowResult:
        """Take an address from a hub's announcement on the network."""
        if not (hub_id := discovery_info.properties.get("id")):
            return self.async_abort(reason="not_a_hub")
        url = URL.build(
            scheme="http",
            host=discovery_info.host,
            port=discovery_info.port or DEFAULT_PORT,
        )
        self._data = {CONF_URL: str(url)}
        entry = await self.async_set_unique_id(hub_id)
        self._abort_if_unique_id_configured(
            updates=None if entry is None or _knows_better(entry) else self._data
        )
        try:
            info = await KickwattClient(async_get_clientsession(self.hass), url).info()
            check_hub_id(info.hub_id, hub_id)
        except KickwattError as err:
            return self.async_abort(reason=_ERRORS[type(err)][1])
        self._name = info.name
        self.context["title_placeholders"] = {"name": self._name}
        return await self.async_step_zeroconf_confirm()

    async def async_step_zeroconf_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a token to the hub that was found."""
        if user_input is not None:
            info = await self._async_check(
                self._data[CONF_URL], user_input[CONF_TOKEN], self.unique_id
            )
            if info is not None:
                return self.async_create_entry(title=info.name, data=self._data)
        return self._show("zeroconf_confirm", _TOKEN_SCHEMA)

    async def async_step_reauth(
        self, entry_data: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Notice that the hub no longer takes the token."""
        self._data = {CONF_URL: entry_data[CONF_URL]}
        self._name = self._get_reauth_entry().title
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for another token."""
        entry = self._get_reauth_entry()
        if user_input is not None:
            info = await self._async_check(
                self._data[CONF_URL], user_input[CONF_TOKEN], entry.unique_id
            )
            if info is not None:
                return self.async_update_reload_and_abort(
                    entry, data_updates=self._data
                )
        return self._show("reauth_confirm", _TOKEN_SCHEMA)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Take another address of the same hub, or another token."""
        entry = self._get_reconfigure_entry()
        if user_input is not None:
            info = await self._async_check(
                user_input[CONF_URL],
                user_input.get(CONF_TOKEN) or entry.data[CONF_TOKEN],
                entry.unique_id,
            )
            if info is not None:
                return self.async_update_reload_and_abort(
                    entry, data_updates=self._data
                )
        return self._show(
            "reconfigure",
            _RECONFIGURE_SCHEMA,
            user_input or {CONF_URL: entry.data[CONF_URL]},
        )

    async def _async_check(
        self, address: str, token: str, hub_id: str | None = None
    ) -> HubInfo | None:
        """Return the hub at an address when it takes the token, and keep both.

        Otherwise what is wrong is in the errors of the next form. Where the hub is known
        already no other one gets to see the token.
        """
        try:
            url = parse_address(address)
        except ValueError:
            self._errors = {CONF_URL: "invalid_address"}
            return None
        client = KickwattClient(async_get_clientsession(self.hass), url)
        try:
            info = await client.info()
            check_hub_id(info.hub_id, hub_id)
            await client.authenticate(token)
        except KickwattError as err:
            field, error = _ERRORS[type(err)]
            self._errors = {field: error}
            return None
        except Exception:
            _LOGGER.exception("Unexpected error at %s", url)
            self._errors = {"base": "unknown"}
            return None
        self._data = {CONF_URL: str(url).rstrip("/"), CONF_TOKEN: token}
        return info

    def _show(
        self,
        step_id: str,
        schema: probatio.Schema,
        suggested: Mapping[str, Any] | None = None,
    ) -> ConfigFlowResult:
        """Show a form, with what was wrong in the last one."""
        fields = {str(marker) for marker in schema.schema}
        errors = {
            field if field in fields else "base": error
            for field, error in self._errors.items()
        }
        self._errors = {}
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, suggested),
            errors=errors,
            description_placeholders={
                "name": self._name,
                "example": _EXAMPLE_URL,
                "url": self._data.get(CONF_URL, ""),
            },
        )


def _knows_better(entry: KickwattConfigEntry) -> bool:
    """Whether an entry's address is better than one announced on the network.

    A hub has several addresses. One that works is not given up for another, and an
    app's is told by Supervisor; else the entry would be reloaded at each announcement.
    """
    return entry.source == SOURCE_HASSIO or (
        entry.state is ConfigEntryState.LOADED and entry.runtime_data.live.connected
    )
