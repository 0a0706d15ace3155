"""Actions answer with what was charged, and when it would be."""

import asyncio
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.kickwatt.const import DOMAIN
from tests.integration.conftest import ask
from tests.support.hub_process import RunningHub
from tests.support.s1_device import S1Device


async def act(
    hass: HomeAssistant, entry: MockConfigEntry, action: str, **data: Any
) -> Any:
    """Run an action on the charger, as a script does."""
    device = next(
        device
        for device in dr.async_entries_for_config_entry(
            dr.async_get(hass), entry.entry_id
        )
        if device.serial_number == "scooter"
    )
    return await hass.services.async_call(
        DOMAIN,
        action,
        {"device_id": device.id, **data},
        blocking=True,
        return_response=True,
    )


async def test_the_charges_of_a_time_are_returned(
    hass: HomeAssistant, hub: RunningHub, board: S1Device, loaded: MockConfigEntry
) -> None:
    board.relay = 1
    for age_s in range(3600, 0, -60):
        board.measure(90, age_s=age_s, energy_wh=1500 + (3600 - age_s) // 40)
    await board.send()
    await board.report(90, state="charging", energy_wh=1590)
    told = await ask(hub, "GET", "chargers/scooter/sessions")
    answer = await act(hass, loaded, "get_sessions")
    assert [each["id"] for each in answer["sessions"]] == [
        each["id"] for each in told["sessions"]
    ]
    early = await act(
        hass, loaded, "get_sessions", start="2020-01-01 00:00", end="2020-02-01 00:00"
    )
    assert early == {"sessions": []}


async def test_a_plan_is_only_a_plan(
    hass: HomeAssistant, board: S1Device, loaded: MockConfigEntry
) -> None:
    plan = await act(
        hass, loaded, "plan_charge", ready_by="07:00", hours=2, prefer="late"
    )
    assert plan["runs"]
    assert plan["ready"]
    # This charger's mode has no time to be ready by either.
    with pytest.raises(ServiceValidationError, match=r"needs a time such as 07:00"):
        await act(hass, loaded, "plan_charge", target_wh=100)
    assert loaded.runtime_data.data["scooter"].mode.name == "manual"


async def test_a_charge_is_started_and_stopped(
    hass: HomeAssistant, board: S1Device, loaded: MockConfigEntry
) -> None:
    answer = await act(hass, loaded, "start_charge")
    assert answer["charger"] == "scooter"
    await board.report()
    await board.report()
    assert board.relay == 1
    stopping = asyncio.create_task(act(hass, loaded, "stop_charge"))
    async with asyncio.timeout(10):
        while not stopping.done():
            await board.report()
            await asyncio.sleep(0.02)
    assert (await stopping)["charger"] == "scooter"
    assert board.relay == 0


async def test_what_is_not_a_charger_is_said_so(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    with pytest.raises(ServiceValidationError, match="charger"):
        await hass.services.async_call(
            DOMAIN, "start_charge", {"device_id": "moon"}, blocking=True
        )


async def test_what_the_hub_refuses_is_told(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    with pytest.raises(HomeAssistantError):
        await act(hass, loaded, "plan_charge", target_percent=80, ready_by="07:00")
    with pytest.raises(probatio.Invalid):
        await act(hass, loaded, "plan_charge", hours=99)
