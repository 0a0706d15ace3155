"""How a hub gets into Home Assistant.

What only a hub gone wrong can show is tested with a scripted one here; the same flows with the real hub are in
test_adding.py.
"""

from collections.abc import Callable, Generator
from ipaddress import ip_address
from typing import Any
from unittest.mock import AsyncMock, patch

from homeassistant.config_entries import (
    SOURCE_HASSIO,
    SOURCE_USER,
    SOURCE_ZEROCONF,
    ConfigEntryState,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.service_info.hassio import HassioServiceInfo
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.kickwatt.client import KickwattClient
from custom_components.kickwatt.const import DOMAIN
from tests.integration.scripted_hub import HUB_ID, TOKEN, ScriptedHub

OTHER_TOKEN = "0ddba11" * 9 + "f"


@pytest.fixture(autouse=True)
def setup_entry() -> Generator[AsyncMock]:
    """Leave out the set-up of entries: it is not what these tests are about."""
    with patch(
        "custom_components.kickwatt.async_setup_entry", return_value=True
    ) as setup:
        yield setup


@pytest.fixture
def from_app(scripted: ScriptedHub) -> HassioServiceInfo:
    """Return the app's message to Supervisor."""
    return HassioServiceInfo(
        config={
            "host": "127.0.0.1",
            "port": scripted.port,
            "hub_id": HUB_ID,
            "token": TOKEN,
            "addon": "Kickwatt",
        },
        name="Kickwatt",
        slug="1a2b3c4d_kickwatt",
        uuid="d3b07384d113edec49eaa6238ad5ff00",
    )


@pytest.fixture
def announced(scripted: ScriptedHub) -> ZeroconfServiceInfo:
    """Return the hub's announcement on the network."""
    return ZeroconfServiceInfo(
        ip_address=ip_address("127.0.0.1"),
        ip_addresses=[ip_address("127.0.0.1")],
        port=scripted.port,
        hostname="kickwatt.local.",
        type="_kickwatt._tcp.local.",
        name="Kickwatt._kickwatt._tcp.local.",
        properties={"id": HUB_ID},
    )


def _answers(**attributes: Any) -> Callable[[ScriptedHub], None]:
    """Return how to spoil a hub's answers."""

    def spoil(hub: ScriptedHub) -> None:
        for name, value in attributes.items():
            setattr(hub, name, value)

    return spoil


def _says(**fields: Any) -> Callable[[ScriptedHub], None]:
    """Return how to spoil what a hub says about itself."""

    def spoil(hub: ScriptedHub) -> None:
        hub.info = hub.info | fields

    return spoil


# How a hub can be wrong; the field that is marked when it is in the form; the error.
WRONG = [
    (_answers(info_status=503), "url", "cannot_connect"),
    (_answers(info="<html>"), "url", "not_a_hub"),
    (_says(product="toaster"), "url", "not_a_hub"),
    (_says(api=0), "base", "hub_too_old"),
    (_says(api=2), "base", "hub_too_new"),
    (_answers(me_status=401), "token", "invalid_auth"),
    (_answers(me={"scope": "read"}), "token", "scope_too_small"),
    (_answers(me_status=429), "base", "too_many_attempts"),
    (_answers(me_status=500), "url", "cannot_connect"),
]
WRONG_HUB = (_says(hub_id="f" * 32), "url", "wrong_hub")


def _right(hub: ScriptedHub) -> None:
    """Let a hub answer rightly again."""
    good = ScriptedHub()
    hub.info, hub.info_status = good.info, good.info_status
    hub.me, hub.me_status = good.me, good.me_status


async def test_a_hub_is_added_by_hand(
    hass: HomeAssistant, scripted: ScriptedHub, setup_entry: AsyncMock
) -> None:
    form = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == "user"
    assert form["errors"] == {}

    entry = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"url": f" {scripted.url} ", "token": TOKEN}
    )
    assert entry["type"] is FlowResultType.CREATE_ENTRY
    assert entry["title"] == "Kickwatt"
    assert entry["result"].unique_id == HUB_ID
    assert entry["data"] == {
        "url": f"http://127.0.0.1:{scripted.port}",
        "token": TOKEN,
    }
    assert setup_entry.call_count == 1


async def test_host_and_port_are_enough(
    hass: HomeAssistant, scripted: ScriptedHub
) -> None:
    form = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    entry = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"url": f"127.0.0.1:{scripted.port}", "token": TOKEN}
    )
    assert entry["type"] is FlowResultType.CREATE_ENTRY
    assert entry["data"]["url"] == f"http://127.0.0.1:{scripted.port}"


@pytest.mark.parametrize(("spoil", "field", "error"), WRONG)
async def test_by_hand_every_error_is_shown_at_its_field_and_recovered_from(
    hass: HomeAssistant,
    scripted: ScriptedHub,
    spoil: Callable[[ScriptedHub], None],
    field: str,
    error: str,
) -> None:
    typed = {"url": str(scripted.url), "token": TOKEN}
    form = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    spoil(scripted)
    form = await hass.config_entries.flow.async_configure(form["flow_id"], typed)
    assert form["type"] is FlowResultType.FORM
    assert form["errors"] == {field: error}

    _right(scripted)
    entry = await hass.config_entries.flow.async_configure(form["flow_id"], typed)
    assert entry["type"] is FlowResultType.CREATE_ENTRY


async def test_by_hand_what_is_no_address_is_said_so(
    hass: HomeAssistant, scripted: ScriptedHub
) -> None:
    form = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    form = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"url": "the garage", "token": TOKEN}
    )
    assert form["errors"] == {"url": "invalid_address"}
    entry = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"url": str(scripted.url), "token": TOKEN}
    )
    assert entry["type"] is FlowResultType.CREATE_ENTRY


async def test_by_hand_what_nobody_expected_is_logged_and_recovered_from(
    hass: HomeAssistant, scripted: ScriptedHub, caplog: pytest.LogCaptureFixture
) -> None:
    typed = {"url": str(scripted.url), "token": TOKEN}
    form = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    with patch.object(KickwattClient, "info", side_effect=RuntimeError("A bug")):
        form = await hass.config_entries.flow.async_configure(form["flow_id"], typed)
    assert form["errors"] == {"base": "unknown"}
    assert "A bug" in caplog.text
    assert TOKEN not in caplog.text
    entry = await hass.config_entries.flow.async_configure(form["flow_id"], typed)
    assert entry["type"] is FlowResultType.CREATE_ENTRY


async def test_the_same_hub_is_not_added_twice(
    hass: HomeAssistant, scripted: ScriptedHub, scripted_entry: MockConfigEntry
) -> None:
    form = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    abort = await hass.config_entries.flow.async_configure(
        form["flow_id"],
        {"url": f"127.0.0.1:{scripted.port}", "token": OTHER_TOKEN},
    )
    assert abort["type"] is FlowResultType.ABORT
    assert abort["reason"] == "already_configured"
    assert scripted_entry.data["token"] == TOKEN


async def test_a_second_hub_is_added(
    hass: HomeAssistant, scripted: ScriptedHub, scripted_entry: MockConfigEntry
) -> None:
    async with ScriptedHub() as second:
        second.info["hub_id"] = "f" * 32
        form = await hass.config_entries.flow.async_init(
            DOMAIN, context={"source": SOURCE_USER}
        )
        entry = await hass.config_entries.flow.async_configure(
            form["flow_id"], {"url": str(second.url), "token": TOKEN}
        )
    assert entry["type"] is FlowResultType.CREATE_ENTRY
    assert len(hass.config_entries.async_entries(DOMAIN)) == 2


async def test_the_apps_hub_is_only_confirmed(
    hass: HomeAssistant, scripted: ScriptedHub, from_app: HassioServiceInfo
) -> None:
    form = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_HASSIO}, data=from_app
    )
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == "hassio_confirm"
    assert form["description_placeholders"]["name"] == "Kickwatt"
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["title_placeholders"] == {"name": "Kickwatt"}
    assert (
        flow["context"]["configuration_url"]
        == "homeassistant://config/app/1a2b3c4d_kickwatt/info"
    )

    entry = await hass.config_entries.flow.async_configure(form["flow_id"], {})
    assert entry["type"] is FlowResultType.CREATE_ENTRY
    assert entry["result"].unique_id == HUB_ID
    assert entry["data"] == {
        "url": f"http://127.0.0.1:{scripted.port}",
        "token": TOKEN,
    }


@pytest.mark.parametrize(("spoil", "field", "error"), [*WRONG, WRONG_HUB])
async def test_the_apps_hub_is_tried_again_after_every_error(
    hass: HomeAssistant,
    scripted: ScriptedHub,
    from_app: HassioServiceInfo,
    spoil: Callable[[ScriptedHub], None],
    field: str,
    error: str,
) -> None:
    form = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_HASSIO}, data=from_app
    )
    spoil(scripted)
    form = await hass.config_entries.flow.async_configure(form["flow_id"], {})
    assert form["type"] is FlowResultType.FORM
    assert form["errors"] == {"base": error}

    _right(scripted)
    entry = await hass.config_entries.flow.async_configure(form["flow_id"], {})
    assert entry["type"] is FlowResultType.CREATE_ENTRY


async def test_the_app_says_where_its_hub_is_now(
    hass: HomeAssistant,
    scripted: ScriptedHub,
    scripted_entry: MockConfigEntry,
    from_app: HassioServiceInfo,
) -> None:
    from_app.config |= {"port": 9000, "token": OTHER_TOKEN}
    abort = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_HASSIO}, data=from_app
    )
    assert abort["type"] is FlowResultType.ABORT
    assert abort["reason"] == "already_configured"
    assert scripted_entry.data == {
        "url": "http://127.0.0.1:9000",
        "token": OTHER_TOKEN,
    }


async def test_a_hub_on_the_network_needs_only_a_token(
    hass: HomeAssistant, scripted: ScriptedHub, announced: ZeroconfServiceInfo
) -> None:
    scripted.info["name"] = "Cellar"
    form = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_ZEROCONF}, data=announced
    )
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == "zeroconf_confirm"
    assert form["description_placeholders"]["name"] == "Cellar"
    assert form["description_placeholders"]["url"] == str(scripted.url)
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["title_placeholders"] == {"name": "Cellar"}

    entry = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"token": TOKEN}
    )
    assert entry["type"] is FlowResultType.CREATE_ENTRY
    assert entry["title"] == "Cellar"
    assert entry["result"].unique_id == HUB_ID
    assert entry["data"] == {
        "url": f"http://127.0.0.1:{scripted.port}",
        "token": TOKEN,
    }


@pytest.mark.parametrize(("spoil", "field", "error"), [*WRONG, WRONG_HUB])
async def test_on_the_network_every_error_is_shown_and_recovered_from(
    hass: HomeAssistant,
    scripted: ScriptedHub,
    announced: ZeroconfServiceInfo,
    spoil: Callable[[ScriptedHub], None],
    field: str,
    error: str,
) -> None:
    form = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_ZEROCONF}, data=announced
    )
    spoil(scripted)
    form = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"token": TOKEN}
    )
    assert form["type"] is FlowResultType.FORM
    assert form["errors"] == {field if field == "token" else "base": error}

    _right(scripted)
    entry = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"token": TOKEN}
    )
    assert entry["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (_answers(info_status=503), "cannot_connect"),
        (_answers(info="<html>"), "not_a_hub"),
        (_says(api=0), "hub_too_old"),
        (_says(api=2), "hub_too_new"),
        (_says(hub_id="f" * 32), "wrong_hub"),
    ],
)
async def test_an_announcement_that_does_not_hold_bothers_nobody(
    hass: HomeAssistant,
    scripted: ScriptedHub,
    announced: ZeroconfServiceInfo,
    spoil: Callable[[ScriptedHub], None],
    reason: str,
) -> None:
    spoil(scripted)
    abort = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_ZEROCONF}, data=announced
    )
    assert abort["type"] is FlowResultType.ABORT
    assert abort["reason"] == reason


async def test_an_announcement_without_an_id_is_no_hubs(
    hass: HomeAssistant, announced: ZeroconfServiceInfo
) -> None:
    announced.properties = {}
    abort = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_ZEROCONF}, data=announced
    )
    assert abort["type"] is FlowResultType.ABORT
    assert abort["reason"] == "not_a_hub"


async def test_the_network_says_where_a_lost_hub_is_now(
    hass: HomeAssistant,
    scripted: ScriptedHub,
    scripted_entry: MockConfigEntry,
    announced: ZeroconfServiceInfo,
) -> None:
    hass.config_entries.async_update_entry(
        scripted_entry, data={"url": "http://127.0.0.2:8421", "token": TOKEN}
    )
    abort = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_ZEROCONF}, data=announced
    )
    assert abort["type"] is FlowResultType.ABORT
    assert abort["reason"] == "already_configured"
    assert scripted_entry.data == {
        "url": f"http://127.0.0.1:{scripted.port}",
        "token": TOKEN,
    }


@pytest.mark.parametrize("connected", [True, False])
async def test_the_network_does_not_move_a_hub_that_is_reached(
    hass: HomeAssistant,
    scripted_entry: MockConfigEntry,
    announced: ZeroconfServiceInfo,
    connected: bool,
) -> None:
    scripted_entry.mock_state(hass, ConfigEntryState.LOADED)
    scripted_entry.runtime_data = AsyncMock()
    scripted_entry.runtime_data.live.connected = connected
    announced.port = 9000
    before = scripted_entry.data["url"]
    with patch.object(hass.config_entries, "async_schedule_reload"):
        await hass.config_entries.flow.async_init(
            DOMAIN, context={"source": SOURCE_ZEROCONF}, data=announced
        )
    assert scripted_entry.data["url"] == (
        before if connected else "http://127.0.0.1:9000"
    )


async def test_the_network_does_not_move_an_apps_hub(
    hass: HomeAssistant, scripted: ScriptedHub, announced: ZeroconfServiceInfo
) -> None:
    entry = MockConfigEntry(
        domain=DOMAIN,
        source=SOURCE_HASSIO,
        unique_id=HUB_ID,
        data={"url": "http://local-kickwatt:8421", "token": TOKEN},
    )
    entry.add_to_hass(hass)
    abort = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_ZEROCONF}, data=announced
    )
    assert abort["reason"] == "already_configured"
    assert entry.data["url"] == "http://local-kickwatt:8421"


async def test_adding_by_hand_settles_what_was_discovered(
    hass: HomeAssistant, scripted: ScriptedHub, announced: ZeroconfServiceInfo
) -> None:
    await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_ZEROCONF}, data=announced
    )
    form = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    entry = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"url": str(scripted.url), "token": TOKEN}
    )
    assert entry["type"] is FlowResultType.CREATE_ENTRY
    assert hass.config_entries.flow.async_progress() == []


async def test_a_refused_token_is_replaced(
    hass: HomeAssistant, scripted: ScriptedHub, scripted_entry: MockConfigEntry
) -> None:
    form = await scripted_entry.start_reauth_flow(hass)
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == "reauth_confirm"
    assert form["description_placeholders"]["name"] == "Kickwatt"
    assert form["description_placeholders"]["url"] == str(scripted.url)

    abort = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"token": OTHER_TOKEN}
    )
    assert abort["type"] is FlowResultType.ABORT
    assert abort["reason"] == "reauth_successful"
    assert scripted_entry.data["token"] == OTHER_TOKEN


@pytest.mark.parametrize(("spoil", "field", "error"), [*WRONG, WRONG_HUB])
async def test_with_a_new_token_every_error_is_shown_and_recovered_from(
    hass: HomeAssistant,
    scripted: ScriptedHub,
    scripted_entry: MockConfigEntry,
    spoil: Callable[[ScriptedHub], None],
    field: str,
    error: str,
) -> None:
    form = await scripted_entry.start_reauth_flow(hass)
    spoil(scripted)
    form = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"token": OTHER_TOKEN}
    )
    assert form["type"] is FlowResultType.FORM
    assert form["errors"] == {field if field == "token" else "base": error}
    assert scripted_entry.data["token"] == TOKEN

    _right(scripted)
    abort = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"token": OTHER_TOKEN}
    )
    assert abort["reason"] == "reauth_successful"


async def test_another_hub_never_sees_the_token(
    hass: HomeAssistant, scripted: ScriptedHub, scripted_entry: MockConfigEntry
) -> None:
    form = await scripted_entry.start_reauth_flow(hass)
    scripted.info["hub_id"] = "f" * 32
    await hass.config_entries.flow.async_configure(
        form["flow_id"], {"token": OTHER_TOKEN}
    )
    assert scripted.tokens_seen == []


@pytest.mark.parametrize(
    ("typed", "token"), [({}, TOKEN), ({"token": OTHER_TOKEN}, OTHER_TOKEN)]
)
async def test_a_hub_that_moved_is_reconfigured(
    hass: HomeAssistant,
    scripted: ScriptedHub,
    scripted_entry: MockConfigEntry,
    typed: dict[str, str],
    token: str,
) -> None:
    hass.config_entries.async_update_entry(
        scripted_entry, data={"url": "http://127.0.0.2:8421", "token": TOKEN}
    )
    form = await scripted_entry.start_reconfigure_flow(hass)
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == "reconfigure"
    assert form["data_schema"] is not None
    suggested = {
        str(marker): marker.description and marker.description.get("suggested_value")
        for marker in form["data_schema"].schema
    }
    assert suggested["url"] == "http://127.0.0.2:8421"
    assert not suggested["token"]

    abort = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"url": str(scripted.url), **typed}
    )
    assert abort["type"] is FlowResultType.ABORT
    assert abort["reason"] == "reconfigure_successful"
    assert scripted_entry.data == {
        "url": f"http://127.0.0.1:{scripted.port}",
        "token": token,
    }


@pytest.mark.parametrize(("spoil", "field", "error"), [*WRONG, WRONG_HUB])
async def test_when_reconfiguring_every_error_is_shown_and_recovered_from(
    hass: HomeAssistant,
    scripted: ScriptedHub,
    scripted_entry: MockConfigEntry,
    spoil: Callable[[ScriptedHub], None],
    field: str,
    error: str,
) -> None:
    form = await scripted_entry.start_reconfigure_flow(hass)
    spoil(scripted)
    form = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"url": str(scripted.url)}
    )
    assert form["type"] is FlowResultType.FORM
    assert form["errors"] == {field: error}

    _right(scripted)
    abort = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"url": str(scripted.url)}
    )
    assert abort["reason"] == "reconfigure_successful"
