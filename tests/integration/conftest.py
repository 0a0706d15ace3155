"""What the integration's tests share."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import ClientSession
from homeassistant.const import STATE_ON
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.setup import async_setup_component
from homeassistant.util import slugify
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_mock_service,
)
from pytest_homeassistant_custom_component.syrupy import HomeAssistantSnapshotExtension
from syrupy.assertion import SnapshotAssertion
from syrupy.filters import props

from custom_components.kickwatt import live
from custom_components.kickwatt.const import DOMAIN
from tests.integration.scripted_hub import HUB_ID, TOKEN, Line, ScriptedHub
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


@pytest.fixture
async def line(
    hass: HomeAssistant,
    scripted: ScriptedHub,
    scripted_entry: MockConfigEntry,
    hurried: None,
) -> AsyncGenerator[Line]:
    """Return the line to a hub that answers what the test wants it to."""
    setup = asyncio.create_task(
        hass.config_entries.async_setup(scripted_entry.entry_id)
    )
    line = await scripted.accept()
    await line.welcome()
    await setup
    yield line
    if hass.config_entries.async_get_entry(scripted_entry.entry_id):
        await hass.config_entries.async_unload(scripted_entry.entry_id)


type Load = Callable[[MockConfigEntry], Awaitable[MockConfigEntry]]
type Order = Callable[..., Awaitable[None]]
type Automate = Callable[..., Awaitable[None]]


def states_of(hass: HomeAssistant) -> dict[str, str]:
    """Return the states of all entities."""
    return {state.entity_id: state.state for state in hass.states.async_all()}


def state_of(hass: HomeAssistant, entity_id: str) -> str:
    """Return the state of one entity."""
    return states_of(hass)[entity_id]


async def entry_for(hub: RunningHub, url: str | None = None) -> MockConfigEntry:
    """Return a config entry for a real hub, not yet known to Home Assistant."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="Kickwatt",
        unique_id=hub.hub_id,
        data={"url": url or hub.url, "token": await hub.add_token()},
    )


async def ask(hub: RunningHub, method: str, path: str, json: Any = None) -> Any:
    """Do what an administrator does, over the hub's own API."""
    token = await hub.add_token("admin", user="admin")
    async with (
        ClientSession(headers={"Authorization": f"Bearer {token}"}) as session,
        session.request(method, f"{hub.url}/api/v1/{path}", json=json) as response,
    ):
        assert response.status < 300, await response.text()
        return await response.json() if response.status != 204 else None


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncGenerator[RunningHub]:
    """Return the real hub."""
    async with running_hub(tmp_path / "hub") as hub:
        yield hub


@pytest.fixture
async def board(hub: RunningHub) -> AsyncGenerator[S1Device]:
    """Return a board that the hub knows but has not heard of."""
    key = await hub.add_charger("scooter", name="Garage scooter")
    async with S1Device(hub.device_url, "scooter", key) as board:
        yield board


@pytest.fixture
async def load(hass: HomeAssistant) -> AsyncGenerator[Load]:
    """Return how to set up an entry; each is unloaded in the end."""
    entries: list[MockConfigEntry] = []

    async def load(entry: MockConfigEntry) -> MockConfigEntry:
        entries.append(entry)
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        return entry

    yield load
    for entry in entries:
        await hass.config_entries.async_unload(entry.entry_id)


@pytest.fixture
async def loaded(hub: RunningHub, board: S1Device, load: Load) -> MockConfigEntry:
    """Return the entry, set up, of a hub with a board that has said that it is idle."""
    await board.report(0.4, state="idle", energy_wh=1500)
    return await load(await entry_for(hub))


@pytest.fixture
def order(hass: HomeAssistant) -> Order:
    """Return how a person switches; it takes until the order is done."""

    async def order(
        service: str, entity_id: str = "switch.garage_scooter_relay"
    ) -> None:
        await hass.services.async_call(
            "switch", service, {"entity_id": entity_id}, blocking=True
        )

    return order


@pytest.fixture
async def automate(hass: HomeAssistant) -> AsyncGenerator[Automate]:
    """Return how a person makes automations; they end with the test."""

    async def automate(*configs: dict[str, Any]) -> None:
        named = [
            {"id": str(number), "alias": f"number {number}", **each}
            for number, each in enumerate(configs)
        ]
        assert await async_setup_component(hass, "automation", {"automation": named})
        await hass.async_block_till_done()
        for each in named:
            entity_id = f"automation.{slugify(each['alias'])}"
            assert state_of(hass, entity_id) == STATE_ON, "it is not valid"

    yield automate
    everything = {"entity_id": "all"}
    await hass.services.async_call("automation", "turn_off", everything, blocking=True)


@pytest.fixture
def messages(hass: HomeAssistant) -> list[ServiceCall]:
    """Return what the phone was told."""
    return async_mock_service(hass, "notify", "send_message")
