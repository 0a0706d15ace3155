"""Adding the real hub, each way, up to the entities of its chargers."""

from ipaddress import ip_address
from typing import Any

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
from yarl import URL

from custom_components.kickwatt.const import DOMAIN
from tests.integration.conftest import state_of
from tests.integration.scripted_hub import TOKEN
from tests.support.hub_process import RunningHub
from tests.support.s1_device import S1Device


@pytest.fixture(autouse=True)
async def reporting(board: S1Device) -> None:
    """Let the hub have a charger that it hears."""
    await board.report(91.2, state="charging")


async def _is_set_up(hass: HomeAssistant, hub: RunningHub, result: Any) -> None:
    """Check that the flow made an entry that works."""
    assert result["type"] is FlowResultType.CREATE_ENTRY, result
    await hass.async_block_till_done()
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    assert entry.state is ConfigEntryState.LOADED
    assert entry.unique_id == hub.hub_id
    assert entry.title == "Kickwatt"
    assert state_of(hass, "sensor.garage_scooter_power") == "91.2"
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_by_hand(hass: HomeAssistant, hub: RunningHub) -> None:
    flow = hass.config_entries.flow
    form = await flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    for token, error in (
        (TOKEN, "invalid_auth"),
        ("not hexadecimal", "invalid_auth"),
        (await hub.add_token("read"), "scope_too_small"),
    ):
        form = await flow.async_configure(
            form["flow_id"], {"url": hub.url, "token": token}
        )
        assert form["errors"] == {"token": error}
    # The devices' port is not the one.
    form = await flow.async_configure(
        form["flow_id"], {"url": hub.device_url, "token": TOKEN}
    )
    assert form["errors"] == {"url": "not_a_hub"}
    result = await flow.async_configure(
        form["flow_id"], {"url": hub.url, "token": await hub.add_token()}
    )
    await _is_set_up(hass, hub, result)


async def test_by_its_app(hass: HomeAssistant, hub: RunningHub) -> None:
    flow = hass.config_entries.flow
    message = HassioServiceInfo(
        config={
            "host": "127.0.0.1",
            "port": URL(hub.url).port,
            "hub_id": hub.hub_id,
            "token": await hub.add_token(),
            "addon": "Kickwatt",
        },
        name="Kickwatt",
        slug="1a2b3c4d_kickwatt",
        uuid="d3b07384d113edec49eaa6238ad5ff00",
    )
    form = await flow.async_init(
        DOMAIN, context={"source": SOURCE_HASSIO}, data=message
    )
    result = await flow.async_configure(form["flow_id"], {})
    await _is_set_up(hass, hub, result)


async def test_on_the_network(hass: HomeAssistant, hub: RunningHub) -> None:
    flow = hass.config_entries.flow
    announcement = ZeroconfServiceInfo(
        ip_address=ip_address("127.0.0.1"),
        ip_addresses=[ip_address("127.0.0.1")],
        port=URL(hub.url).port,
        hostname=f"kickwatt-{hub.hub_id[:8]}.local.",
        type="_kickwatt._tcp.local.",
        name=f"Kickwatt {hub.hub_id[:8]}._kickwatt._tcp.local.",
        properties={"id": hub.hub_id, "version": "0.1.0", "api": "1"},
    )
    form = await flow.async_init(
        DOMAIN, context={"source": SOURCE_ZEROCONF}, data=announcement
    )
    form = await flow.async_configure(form["flow_id"], {"token": TOKEN})
    assert form["errors"] == {"token": "invalid_auth"}
    result = await flow.async_configure(
        form["flow_id"], {"token": await hub.add_token()}
    )
    await _is_set_up(hass, hub, result)


async def test_a_moved_hub_is_found_again(hass: HomeAssistant, hub: RunningHub) -> None:
    token = await hub.add_token()
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Kickwatt",
        unique_id=hub.hub_id,
        data={"url": "http://127.0.0.1:1", "token": token},
    )
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY

    form = await entry.start_reconfigure_flow(hass)
    result = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"url": hub.url}
    )
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert entry.data == {"url": hub.url, "token": token}
    assert await hass.config_entries.async_unload(entry.entry_id)
