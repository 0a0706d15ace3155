"""What the integration's tests share."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

from aiohttp import ClientSession
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.syrupy import HomeAssistantSnapshotExtension
from syrupy.assertion import SnapshotAssertion
from syrupy.filters import props

from custom_components.kickwatt import live
from custom_components.kickwatt.const import DOMAIN
from tests.integration.scripted_hub import HUB_ID, TOKEN, ScriptedHub
from tests.support.hub_process import RunningHub, running_hub
from tests.support.s1_device import S1Device


@pytest.fixture(autouse=True)
def kickwatt_everywhere(enable_custom_integrations: None, socket_enabled: None) -> None:
    """Let Home Assistant see the integration, and everything talk to 127.0.0.1."""


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Return the snapshot of Home Assistant's things, the same for all versions."""
    return snapshot.use_extension(HomeAssistantSnapshotExtension).with_defaults(
        exclude=props("compat_name")
    )


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reconnect at once, and part at once, where a test is about what comes after."""
    monkeypatch.setattr(live, "FIRST_DELAY_S", 0.02)
    monkeypatch.setattr(live, "LONGEST_DELAY_S", 0.1)
    monkeypatch.setattr(live, "CLOSE_TIMEOUT_S", 0.05)


@pytest.fixture
async def session() -> AsyncGenerator[ClientSession]:
    """Return a session as Home Assistant would lend it."""
    async with ClientSession() as session:
        yield session


@pytest.fixture
async def scripted() -> AsyncGenerator[ScriptedHub]:
    """Return a hub that says what the test tells it."""
    async with ScriptedHub() as hub:
        yield hub


@pytest.fixture
def scripted_entry(hass: HomeAssistant, scripted: ScriptedHub) -> MockConfigEntry:
    """Return a config entry for the scripted hub."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Kickwatt",
        unique_id=HUB_ID,
        data={"url": str(scripted.url), "token": TOKEN},
    )
    entry.add_to_hass(hass)
    return entry


async def until(condition: Callable[[], bool], seconds: float = 5) -> None:
    """Wait until something is so; what is pushed is nowhere to be waited for."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncGenerator[RunningHub]:
    """Return the real hub, with an order time that a test can wait for."""
    async with running_hub(tmp_path / "hub", order_s=1.0) as hub:
        yield hub


@pytest.fixture
async def board(hub: RunningHub) -> AsyncGenerator[S1Device]:
    """Return a board that the hub knows but has not heard of."""
    key = await hub.add_charger("scooter", name="Garage scooter")
    async with S1Device(hub.device_url, "scooter", key) as board:
        yield board


@pytest.fixture
async def entry(hass: HomeAssistant, hub: RunningHub) -> MockConfigEntry:
    """Return a config entry for the real hub, not yet set up."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Kickwatt",
        unique_id=hub.hub_id,
        data={"url": hub.url, "token": await hub.add_token()},
    )
    entry.add_to_hass(hass)
    return entry
