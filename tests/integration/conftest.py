"""What the integration's tests share."""

from collections.abc import AsyncGenerator

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
